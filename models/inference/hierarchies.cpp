#include <vaegrad/autodiff/by_name.hpp>
#include <vaegrad/models/inference/hierarchy.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

std::span<const HierarchyRow* const> hierarchies() {
#define ROW(name) &name##_hierarchy,
  static constexpr const HierarchyRow* table[] = {VAEGRAD_HIERARCHIES(ROW)};
#undef ROW
  return table;
}
const HierarchyRow& hierarchy(std::string_view name) {
  return row_named(hierarchies(), name, "hierarchy");
}

void check_layers(std::size_t layers, const HierarchyRow& h, const PosteriorRow& q,
                  const PriorRow& p) {
  check<UsageError>(layers <= most_layers, "hierarchy: ", layers,
                    " layers of latents, the most is ", most_layers, hint,
                    "fewer layers, such as 64,32,16");
  if (layers < 2) return;
  check<UsageError>(!q.sphere, "posterior ", q.name, ": its codes lie on a sphere, where the ",
                    "Gaussian p(z₁|z₂) has no density", hint, "one layer of latents");
  check<UsageError>(!h.diagonal || q.diagonal, "hierarchy ", h.name, ": it weighs means by ",
                    "variances, and the posterior ", q.name, " is more than those", hint,
                    concat("the posterior ", gaussian_posterior.name));
  check<UsageError>(!p.encodes || h.top, "prior ", p.name, ": it needs q(z|u) of the topmost ",
                    "layer, which hierarchy ", h.name, " has only given the layer below", hint,
                    concat("the hierarchy ", top_down_hierarchy.name));
}

}  // namespace vaegrad::inline VAEGRAD_ABI
