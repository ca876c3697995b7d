// q(z|x) = q(z₁|x) Π q(z_{l+1}|z_l), from x upwards, and p(x|z) = p(x|z₁).
// Burda, Grosse and Salakhutdinov, arXiv 1509.00519, section 2 and figure of two layers;
// Rezende, Mohamed and Wierstra, arXiv 1401.4082
#include <vaegrad/models/inference/hierarchies/layered.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

class BottomUp : public Layered {
 public:
  BottomUp(Blocks blocks, const InferenceSpec& s) : Layered(s, Order::up) {
    up_.emplace_back(blocks, "encoder", s.network, s.image, s.conditions, *s.posterior,
                     latents(s, 0), s);
    for (std::size_t l = 1; l < count(); ++l)
      up_.emplace_back(blocks, name_of("encoder", l), between(s, l - 1),
                       flat_shape(layers()[l - 1]), 0, *s.posterior, latents(s, l), s);
    add_below(blocks, s);
  }

 private:
  void infer(const Seen& seen, LayersAt& to, const Taking& taking) const override {
    to[0].particles = taking.particles;
    for (std::size_t l = 0; l < count(); ++l) {
      to[l].q = l ? up_[l](to[l - 1].z, {}, seen.pass) : up_[0](seen.x, seen.y, seen.pass);
      take(*up_[l].posterior, to[l], taking);
    }
    for (std::size_t l = 0; l + 1 < count(); ++l) to[l].p = given_above(l, to[l + 1].z, seen.pass);
  }

  std::vector<Step> up_;
};

}  // namespace

const HierarchyRow bottom_up_hierarchy{
    .name = "bottom-up",
    .what = "q(z₁|x) q(z₂|z₁) .., as in the importance weighted autoencoder",
    .make = make_hierarchy<BottomUp>};

}  // namespace vaegrad::inline VAEGRAD_ABI
