// VampPrior: p(z) = 1/K Σ_k q(z|u_k), the posterior at K pseudo-inputs u_k, which are learnt.
// Tomczak and Welling, VAE with a VampPrior, arXiv 1705.07120, eq. 9
//
// Given labels, q sees one of each pseudo-input too: u_k comes with a learnt mixture v_k of labels,
// and p(z) is the same for every y.
#include <algorithm>
#include <cmath>

#include <vaegrad/models/inference/inference.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

class VampPrior : public Prior {
 public:
  // As the authors start for images: U = 0.05 + 0.01 ε; of real numbers U = ε.
  VampPrior(Parameters& p, const PriorSpec& s) : pixels_(s.pixels), seed_(s.initial.seed) {
    inputs_ = p.add("prior.inputs", {s.components, s.inputs}, [&](Matrix u) {
      noise(p.list().size()).normal(u);
      if (pixels_)
        for (Real& x : u) x = Real(0.05) + Real(0.01) * x;
    });
    if (s.conditions)
      labels_ = p.add("prior.labels", {s.components, s.conditions},
                      [&](Matrix v) { noise(p.list().size()).normal(v); });
  }

  // u_k = min(max(U_k, 0), 1) for pixels,  v_k = softmax(V_k)
  //
  // In training too batch normalisation takes pseudo-inputs by the buffers, which are the data's:
  // moments of K pseudo-inputs alone would make another p(z) of them than evaluation does.
  PriorAt given(Tape& tape, Var, const Inference& of) const override {
    const Var U = tape(inputs_), u = pixels_ ? Var(clamp(U, 0, 1)) : U;
    const Var v = labels_.owner ? Var(softmax(tape(labels_))) : Var{};
    const PosteriorAt q = of.top({u, v, Pass::buffers()});
    const Var even = tape.constant(Shape{1, U.shape().rows});  // π_k = 1/K
    std::fill(even.val().begin(), even.val().end(), Real{0});
    return {.prior = this, .mixture = {q.mean, q.log_variance, even}};
  }
  Var log_prob(const PriorAt& p, Var z, Index) const override { return p.mixture.log_prob(z); }
  Var sample(const PriorAt& p, Tape&, Index count, Stream& noise, Index particles) const override {
    return p.mixture.sample(count * particles, noise);
  }

  Index examples() const override { return inputs_.shape.rows; }
  // U_k = x_k + 0.01 ε, folded into the open range: on its edge nothing would move a pixel again.
  void start_at(ConstMatrix x, ConstMatrix y) const override {
    const Matrix u = inputs_.owner->change_value(inputs_);
    check(x.shape() == u.shape(), "vamp: starts at ", u.shape(), ", given are ", x.shape());
    noise(inputs_.number).normal(u);
    for (Index i = 0; i < u.size(); ++i) {
      const Real at = x.data[i] + Real(0.01) * u.data[i];
      u.data[i] = pixels_ ? 1 - std::abs(1 - std::abs(at)) : at;
    }
    if (!labels_.owner) return;
    const Matrix v = labels_.owner->change_value(labels_);
    check(y.shape() == v.shape(), "vamp: starts at labels ", v.shape(), ", given are ", y.shape());
    for (Index i = 0; i < v.size(); ++i) v.data[i] = 5 * y.data[i];
  }

 private:
  Stream noise(std::size_t parameter) const {
    return Stream(seed_, Purpose::weights, std::uint32_t(parameter));
  }

  bool pixels_;
  std::uint64_t seed_;
  Param inputs_, labels_;
};

}  // namespace

const PriorRow vamp_prior{.name = "vamp",
                          .what = "1/K Σ q(z|u_k) at K learnt pseudo-inputs",
                          .make = make_prior<VampPrior>,
                          .components = true,
                          .encodes = true};

}  // namespace vaegrad::inline VAEGRAD_ABI
