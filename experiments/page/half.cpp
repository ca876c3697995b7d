#include "half.hpp"

namespace vaegrad {

void round_to_half(Parameters& parameters) {
  for (const auto& [name, param] : parameters.list()) {
    Matrix values = parameters.change_value(param);
    for (Real& x : values) x = Real(float(to_half(double(x), name)));
  }
}

std::string base64(std::span<const std::uint8_t> bytes) {
  constexpr char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string to;
  to.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t n = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t three = 0;
    for (std::size_t k = 0; k < 3; ++k) three = three << 8 | (k < n ? bytes[i + k] : 0u);
    for (std::size_t k = 0; k < 4; ++k) to += k <= n ? letters[three >> (18 - 6 * k) & 63] : '=';
  }
  return to;
}

}  // namespace vaegrad
