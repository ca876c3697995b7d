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

}  // namespace vaegrad::inline VAEGRAD_ABI
