#include <vaegrad/models/distributions.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

const PosteriorScale& posterior_scale(std::string_view name) {
  std::string known;
  for (const PosteriorScale& s : posterior_scales) {
    if (s.name == name) return s;
    known += concat(known.empty() ? "" : ", ", s.name);
  }
  fail<UsageError>("posterior scale: there is none called '", name, "'", hint, "one of ", known);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
