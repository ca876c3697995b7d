// q(z|x) = q(z_L|x) Π q(z_l|x, z_{l+1}), from the top downwards, and p(x|z) of all layers. Where x
// and z, or two layers of z, meet, each has been through layers of its own: x and z_{l+1} through
// the network's dense layers but the last (of one, through that), z_l on its way to x through one.
// Tomczak and Welling, VAE with a VampPrior, arXiv 1705.07120, section 3 and the authors' program
#include <vaegrad/models/distributions.hpp>
#include <vaegrad/models/inference/hierarchies/layered.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

// A network's layers before two things meet, and after it.
struct Meeting {
  Network before, after;
};
Meeting meeting(const Network& network) {
  auto [before, last] = at_last_dense(network);
  if (network.dense().size() == 1) before = network;
  return {std::move(before), std::move(last)};
}

class TopDown : public Layered {
 public:
  TopDown(Blocks blocks, const InferenceSpec& s) : Layered(s, Order::down) {
    const auto [before, after] = meeting(s.network);
    const auto body = [&](const std::string& name, const Network& network, ImageShape from,
                          Index conditions) {
      return EncoderBody(blocks, name, network, from, conditions, s.activation, s.initial);
    };
    for (std::size_t l = 0; l + 1 < count(); ++l) {
      of_x_.push_back(body(name_of("features", l), before, s.image, s.conditions));
      of_above_.push_back(
          body(name_of("above", l), flat_part(before), flat_shape(layers()[l + 1]), 0));
      joint_.emplace_back(
          blocks, name_of("encoder", l), after.layers.empty() ? between(s, l) : after,
          flat_shape(of_x_[l].outputs), of_above_[l].outputs, *s.posterior, latents(s, l), s);
    }
    top_.emplace_back(blocks, "encoder", s.network, s.image, s.conditions, *s.posterior,
                      latents(s, count() - 1), s);
    add_below(blocks, s);
    for (std::size_t l = 0; l < count(); ++l)
      to_x_.push_back(body(name_of("decoder", l), after, flat_shape(layers()[l]), 0));
  }

  PosteriorAt top(const Seen& seen) const override { return top_[0](seen.x, seen.y, seen.pass); }

  Index decoded(Index) const override {
    Index numbers = 0;
    for (const EncoderBody& body : to_x_) numbers += body.outputs;
    return numbers;
  }
  Var to_decode(Var z, Pass pass) const override {
    Var h = to_x_[0](columns_of(z, 0), {}, pass);
    for (std::size_t l = 1; l < count(); ++l)
      h = concatenate_columns(h, to_x_[l](columns_of(z, l), {}, pass));
    return h;
  }
  Network decoder(const Network& network) const override { return meeting(network).before; }

 private:
  void infer(const Seen& seen, LayersAt& to, const Taking& taking) const override {
    for (std::size_t l = count(); l-- > 0;) {
      if (l + 1 == count()) {
        to[l].particles = taking.particles, to[l].q = top(seen);
        take(*top_[0].posterior, to[l], taking);
        continue;
      }
      const Var h = repeat_rows(of_x_[l](seen.x, seen.y, seen.pass), taking.particles);
      to[l].p = given_above(l, to[l + 1].z, seen.pass);
      to[l].q = joint_[l](h, of_above_[l](to[l + 1].z, {}, seen.pass), seen.pass);
      take(*joint_[l].posterior, to[l], taking);
    }
  }

  std::vector<EncoderBody> of_x_, of_above_;  // for the layers below the topmost
  std::vector<EncoderBody> to_x_;             // of each layer, before p(x|z)
  std::vector<Step> joint_, top_;
};

}  // namespace

const HierarchyRow top_down_hierarchy{.name = "top-down",
                                      .what = "q(z₂|x) q(z₁|x, z₂), and p(x|z) sees all layers",
                                      .make = make_hierarchy<TopDown>,
                                      .top = true};

}  // namespace vaegrad::inline VAEGRAD_ABI
