#include <algorithm>
#include <cmath>
#include <optional>

#include <vaegrad/autodiff/error.hpp>
#include <vaegrad/lab/data/formats/tables/fields.hpp>
#include <vaegrad/lab/data/formats/tables/texts_as_labels.hpp>
#include <vaegrad/lab/files/natural_order.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

std::vector<Label> to_labels(const std::vector<std::string>& texts, std::vector<std::string>& names,
                             const std::string& where) {
  std::vector<Label> to;
  const auto whole = [](const std::string& text) {
    float x = -1;
    return parse_field(text, x) == Field::number && x >= 0 && x < float(most_classes) &&
                   x == std::floor(x)
               ? std::optional(Label(x))
               : std::nullopt;
  };
  if (std::all_of(texts.begin(), texts.end(), [&](auto& t) { return whole(t).has_value(); })) {
    for (const std::string& t : texts) to.push_back(*whole(t));
    return to;
  }
  names = texts;
  std::sort(names.begin(), names.end(), [](auto& a, auto& b) { return natural_less(a, b); });
  names.erase(std::unique(names.begin(), names.end()), names.end());
  constexpr std::size_t many = 256;  // of which most stand for several rows, or they are none
  check(names.size() <= std::min(most_classes, std::max(many, texts.size() / 2)), where,
        ": too many different labels: ", names.size(), " in ", texts.size(), " rows", hint,
        "is this the column of labels?");
  for (const std::string& t : texts)
    to.push_back(Label(std::lower_bound(names.begin(), names.end(), t,
                                        [](auto& a, auto& b) { return natural_less(a, b); }) -
                       names.begin()));
  return to;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
