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
  check<UsageError>(!p.encodes || q.diagonal, "--prior ", p.name,
                    ": it needs the density of q(z|u) at any z, and --posterior ", q.name,
                    " knows it at its own draws alone", hint, "--posterior gaussian");
}

}  // namespace vaegrad::inline VAEGRAD_ABI
