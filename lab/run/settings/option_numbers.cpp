#include <charconv>

#include <vaegrad/autodiff/error.hpp>
#include <vaegrad/lab/run/settings/option_numbers.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

template <class T>
T number(const std::string& name, const std::string& text, T least, T most, const char* what,
         std::string_view word = {}) {
  T x{};
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), x);
  const auto range = [&] {
    return concat("--", name, " takes a number from ", least, " to ", most,
                  word.empty() ? "" : ", or ", word);
  };
  check<UsageError>(status != std::errc::invalid_argument && end == text.data() + text.size(), "--",
                    name, ": '", text, "' is not ", what, hint, range());
  check<UsageError>(status == std::errc{} && x >= least && x <= most, "--", name, ": ", text,
                    " is out of range", hint, range());
  return x;
}

}  // namespace

std::int64_t integer_option(const std::string& name, const std::string& text, std::int64_t least,
                            std::int64_t most, std::string_view word) {
  return number<std::int64_t>(name, text, least, most, "a whole number", word);
}
double real_option(const std::string& name, const std::string& text, double least, double most) {
  return number<double>(name, text, least, most, "a number");
}

}  // namespace vaegrad::inline VAEGRAD_ABI
