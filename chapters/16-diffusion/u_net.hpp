// The network that guesses the noise of an image: convolutions at 28, 14 and 7 pixels a side, and
// skip connections that carry each size past the smaller ones. Ronneberger et al., arXiv
// 1505.04597; with normalised groups and a time in each block, Ho et al., arXiv 2006.11239.
#pragma once
#include <vaegrad/autodiff/normalise.hpp>
#include <vaegrad/models/networks/convolution.hpp>

namespace vaegrad {

constexpr Index side = 28, channels = 24, waves = 8, time_units = 64;

// Two convolutions that change an image h by little: h + C_2(silu(norm(C_1(silu(norm(h))) + time)))
class Block {
 public:
  Block(Parameters& p, const std::string& name, ImageShape s, Initial initial)
      : s_(s),
        first_(p, name + ".first", {s, s.channels, 3, 1, 1}, false, initial),
        second_(p, name + ".second", {s, s.channels, 3, 1, 1}, false, initial),
        time_(p, name + ".time", time_units, s.channels, initial),
        scales_{p.add(name + ".first.scale", {1, s.channels}, constant_fill(1)),
                p.add(name + ".second.scale", {1, s.channels}, constant_fill(1))} {}
  Var operator()(Var h, Var time) const {
    const Var a = first_(silu(normalised(h, scales_[0]))) + everywhere(time_(time));
    return h + second_(silu(normalised(a, scales_[1])));
  }

 private:
  Var everywhere(Var channels) const { return tile(channels, s_.height * s_.width); }
  Var normalised(Var h, Param scale) const {
    return normalise_groups(h, s_.channels, 8, 1e-5) * everywhere(h.tape()(scale));
  }

  ImageShape s_;
  ConvolutionLayer first_, second_;
  Linear time_;
  Param scales_[2];
};

class UNet {
  static constexpr Index C = channels;
  static constexpr ImageShape large{side, side, C}, middle{side / 2, side / 2, 2 * C},
      small{side / 4, side / 4, 2 * C};
  ConvolutionLayer in_, to_middle_, to_small_, from_small_, from_middle_, out_;
  Linear time_;
  Block down_large_, down_middle_, small_, small_again_, up_middle_, up_large_;

 public:
  UNet(Parameters& p, Initial i)
      : in_(p, "in", {{side, side, 1}, C, 3, 1, 1}, false, i),
        to_middle_(p, "to_middle", {large, 2 * C, 4, 2, 1}, false, i),
        to_small_(p, "to_small", {middle, 2 * C, 4, 2, 1}, false, i),
        from_small_(p, "from_small", {middle, 2 * C, 4, 2, 1}, true, i),
        from_middle_(p, "from_middle", {large, 2 * C, 4, 2, 1}, true, i),
        out_(p, "out", {large, 1, 3, 1, 1}, false, i),
        time_(p, "time", 2 * waves, time_units, i),
        down_large_(p, "down_large", large, i),
        down_middle_(p, "down_middle", middle, i),
        small_(p, "small", small, i),
        small_again_(p, "small_again", small, i),
        up_middle_(p, "up_middle", middle, i),
        up_large_(p, "up_large", large, i) {}

  // z (B, 784), time (B, 1) from 0 to 1: what it takes for the noise in z, (B, 784)
  Var operator()(Var z, Var time) const {
    const Var angle = M_PI / 2 * time * z.tape().constant({{1, 2, 3, 4, 6, 8, 12, 16}});
    const Var t = silu(time_(concatenate_columns(Var(sin(angle)), Var(cos(angle)))));
    const Var a = down_large_(in_(z), t), b = down_middle_(to_middle_(a), t);
    const Var c = small_again_(small_(to_small_(b), t), t);
    const Var d = up_middle_(from_small_(c) + b, t);  // + b and + a are the skip connections
    return out_(silu(up_large_(from_middle_(d) + a, t)));
  }
};

}  // namespace vaegrad
