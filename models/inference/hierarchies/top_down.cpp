// q(z|x) = q(z_L|x) Π q(z_l|x, z_{l+1}), from the top downwards, and p(x|z) of all layers.
// Tomczak and Welling, VAE with a VampPrior, arXiv 1705.07120, section 3
#include <vaegrad/models/distributions.hpp>
#include <vaegrad/models/inference/hierarchies/layered.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

class TopDown : public Layered {
 public:
  TopDown(Blocks blocks, const InferenceSpec& s) : Layered(s, Order::down) {
    for (std::size_t l = 0; l + 1 < count(); ++l) {
      bodies_.emplace_back(blocks, name_of("features", l), s.network, s.image, s.conditions,
                           s.activation, s.initial);
      joint_.emplace_back(blocks, name_of("encoder", l), between(s, l),
                          flat_shape(bodies_[l].outputs), layers()[l + 1], *s.posterior,
                          latents(s, l), s);
    }
    top_.emplace_back(blocks, "encoder", s.network, s.image, s.conditions, *s.posterior,
                      latents(s, count() - 1), s);
    add_below(blocks, s);
  }

  PosteriorAt top(const Seen& seen) const override { return top_[0](seen.x, seen.y, seen.pass); }
  Index decoded(Index latents) const override { return latents; }

 private:
  void infer(const Seen& seen, LayersAt& to, const Taking& taking) const override {
    for (std::size_t l = count(); l-- > 0;) {
      if (l + 1 == count()) {
        to[l].particles = taking.particles, to[l].q = top(seen);
        take(*top_[0].posterior, to[l], taking);
        continue;
      }
      const Var h = repeat_rows(bodies_[l](seen.x, seen.y, seen.pass), taking.particles);
      to[l].p = given_above(l, to[l + 1].z, seen.pass);
      to[l].q = joint_[l](h, to[l + 1].z, seen.pass);
      take(*joint_[l].posterior, to[l], taking);
    }
  }

  std::vector<EncoderBody> bodies_;  // of x, for the layers below the topmost
  std::vector<Step> joint_, top_;
};

}  // namespace

const HierarchyRow top_down_hierarchy{.name = "top-down",
                                      .what = "q(z₂|x) q(z₁|x, z₂), and p(x|z) sees all layers",
                                      .make = make_hierarchy<TopDown>,
                                      .top = true};

}  // namespace vaegrad::inline VAEGRAD_ABI
