// The ladder: a deterministic way up, d_l = MLP(d_{l−1}) with N(μ̂_l(d_l), σ̂²_l(d_l)), and the prior's
// own way down. Each posterior weighs what comes from below with what the prior says:
//     1/σ²_q = 1/σ̂² + 1/σ²_p,    μ_q = σ²_q (μ̂/σ̂² + μ_p/σ²_p)
// Sønderby et al., Ladder variational autoencoders, arXiv 1602.02282, eq. 15 to 18
#include <vaegrad/models/distributions.hpp>
#include <vaegrad/models/inference/hierarchies/layered.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

// With w = σ²_q/σ̂² = sigmoid(log σ²_p − log σ̂²):  log σ²_q = log σ̂² + log w
PosteriorAt weighed(PosteriorAt up, const PriorAt& p, Index particles) {
  const Var mean = repeat_rows(up.mean, particles);
  const Var log_variance = repeat_rows(up.log_variance, particles);
  const Var w = sigmoid(p.log_variance - log_variance);
  up.mean = p.mean + w * (mean - p.mean);
  up.log_variance = log_variance - softplus(log_variance - p.log_variance);
  return up;
}

class Ladder : public Layered {
 public:
  Ladder(Blocks blocks, const InferenceSpec& s) : Layered(s, Order::down) {
    up_.emplace_back(blocks, "encoder", s.network, s.image, s.conditions, *s.posterior,
                     latents(s, 0), s);
    for (std::size_t l = 1; l < count(); ++l)
      up_.emplace_back(blocks, name_of("encoder", l), between(s, l - 1),
                       flat_shape(up_[l - 1].body.outputs), 0, *s.posterior, latents(s, l), s);
    add_below(blocks, s);
  }

  PosteriorAt top(const Seen& seen) const override {
    LayersAt up;
    climb(seen, up);
    return up[count() - 1].q;
  }

 private:
  // N(μ̂_l, σ̂²_l) of all layers
  void climb(const Seen& seen, LayersAt& to) const {
    Var d = seen.x;
    for (std::size_t l = 0; l < count(); ++l) {
      d = up_[l].body(d, l ? Var{} : seen.y, seen.pass);
      to[l].q = up_[l].posterior->at(d);
    }
  }

  void infer(const Seen& seen, LayersAt& to, const Taking& taking) const override {
    climb(seen, to);
    for (std::size_t l = count(); l-- > 0;) {
      if (l + 1 < count()) {
        to[l].p = given_above(l, to[l + 1].z, seen.pass);
        to[l].q = weighed(to[l].q, to[l].p, taking.particles);
      } else {
        to[l].particles = taking.particles;
      }
      take(*up_[l].posterior, to[l], taking);
    }
  }

  std::vector<Step> up_;
};

}  // namespace

const HierarchyRow ladder_hierarchy{
    .name = "ladder",
    .what = "q weighs what x says of z with what the layer above does",
    .make = make_hierarchy<Ladder>,
    .top = true,
    .diagonal = true};

}  // namespace vaegrad::inline VAEGRAD_ABI
