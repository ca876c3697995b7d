#include <nlohmann/json.hpp>

#include <vaegrad/lab/files/json_text.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

std::string json_text(const nlohmann::json& json) {
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
}
std::string json_line(const nlohmann::json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
