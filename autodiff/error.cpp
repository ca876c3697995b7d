#include <charconv>

#include <vaegrad/autodiff/error.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

void append(std::string& to, double x) {
  char text[32];
  const auto [end, status] = std::to_chars(text, text + sizeof text, x);
  to.append(text, end);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
