// Batch normalisation: h = a(γ x̂ + β) with x̂ = (x − μ) / √(σ² + ε), for each channel; μ and σ² are
// those of the batch (all its pixels), or the running averages in the buffers. Ioffe and Szegedy,
// arXiv 1502.03167. Mirrored it is another of the same shape.
#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/models/networks/layer.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

constexpr double batch_epsilon = 1e-5;

class BatchNormalisation : public Layer {
 public:
  explicit BatchNormalisation(const Placing& p)
      : channels_(p.in.channels), activation_(p.activation), activated_(p.activated) {
    check(p.blocks.buffers, "networks: ", p.name,
          " is a batch normalisation, which keeps running averages in buffers", hint,
          "give the network Blocks of parameters and of buffers");
    const Shape each{1, channels_};
    scale_ = p.blocks.learnt.add(p.name + ".scale", each, constant_fill(1));
    shift_ = p.blocks.learnt.add(p.name + ".shift", each);
    mean_ = p.blocks.buffers->add(p.name + ".mean", each);
    variance_ = p.blocks.buffers->add(p.name + ".variance", each, constant_fill(1));
  }

  Var operator()(Var x, Pass pass) const override {
    check(pass.moments != Pass::Moments::unsaid, "networks: batch normalisation of ", x.shape(),
          ": it is not said whether by the batch or by the buffers", hint,
          "call the network with Pass::batch() in training, Pass::buffers() in evaluation");
    Tape& tape = x.tape();
    const Index rows = x.shape().size() / channels_;
    const Var pixels = is_plain(x) ? x : reshape(x, rows, channels_);
    const Var scale = tape(scale_), shift = tape(shift_);
    Var mean, variance;
    if (pass.moments == Pass::Moments::batch) {
      const double n = double(rows);
      check(rows > 1, "networks: batch normalisation: the variance of one number for each channel ",
            "is 0", hint, "batches of two examples or more");
      mean = (1 / n) * column_sums(pixels);
      variance = (1 / n) * column_sums(square(pixels - mean));
      if (pass.averages) {
        pass.averages->saw(mean_, mean);
        pass.averages->saw(variance_, variance, n / (n - 1));
      }
    } else {
      mean = kept(tape, mean_), variance = kept(tape, variance_);
    }
    const Var slope = scale / sqrt(variance + batch_epsilon);
    const Var normal = (pixels - mean) * slope;
    const Var h = activated_ ? activation_.apply(normal, shift) : Var(normal + shift);
    return is_plain(x) ? h : reshape(h, x.shape().rows, x.shape().cols);
  }

 private:
  bool is_plain(Var x) const { return x.shape().cols == channels_; }
  static Var kept(Tape& tape, const Param& p) {
    const Var copy = tape.constant(p.shape);
    const ConstMatrix from = p.owner->value(p);
    std::copy(from.begin(), from.end(), copy.val().begin());
    return copy;
  }

  Index channels_;
  Activation activation_;
  bool activated_;
  Param scale_, shift_, mean_, variance_;
};

}  // namespace

extern constinit const LayerKind batch_normalisation_kind = {
    .name = "batch",
    .out = [](const LayerRow&, ImageShape in, const Standing&) { return in; },
    .build = [](const LayerRow&, const Placing& p) -> BuiltLayer {
      return std::make_shared<BatchNormalisation>(p);
    },
    .products = [](const LayerRow&, ImageShape) { return 0.0; },
    .normalises = true};

LayerRow batch_normalisation() { return {.kind = &batch_normalisation_kind}; }

}  // namespace vaegrad::inline VAEGRAD_ABI
