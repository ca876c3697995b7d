#include <vaegrad/autodiff/by_name.hpp>
#include <vaegrad/models/inference/posterior.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

std::span<const PosteriorRow* const> posteriors() {
#define ROW(name) &name##_posterior,
  static constexpr const PosteriorRow* table[] = {VAEGRAD_POSTERIORS(ROW)};
#undef ROW
  return table;
}
const PosteriorRow& posterior(std::string_view name) {
  return row_named(posteriors(), name, "posterior");
}

void check_together(const PosteriorRow& q, const PriorRow& p) {
  check<UsageError>(q.sphere == p.sphere, "--posterior ", q.name, ": its codes lie ",
                    q.sphere ? "on a sphere, where" : "everywhere, and", " --prior ", p.name,
                    " has no density there", hint,
                    q.sphere ? concat("--prior ", uniform_sphere_prior.name)
                             : concat("--posterior ", von_mises_fisher_posterior.name));
}

}  // namespace vaegrad::inline VAEGRAD_ABI
