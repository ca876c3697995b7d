// A network by its layers: conv:32x4s2,64x4s2+gated,128
#include <charconv>
#include <optional>

#include <vaegrad/autodiff/by_name.hpp>
#include <vaegrad/models/networks/network.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

constexpr const char* example =
    "--network conv:32x4s2,64x4s2+batch,256 (channels, x window, s stride; a number is a dense "
    "layer; + gated, maxout, residual, batch, layer, group, none)";

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == text.npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// Takes a number of at least 1 off the front.
std::optional<Index> number(std::string_view& text) {
  Index n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc() || n < 1 || n > (Index{1} << 20)) return {};
  text.remove_prefix(std::size_t(end - text.data()));
  return n;
}
bool takes(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<LayerRow> plain_layer(std::string_view text) {
  const auto width = number(text);
  if (!width) return {};
  if (text.empty()) return dense(*width);
  if (!takes(text, 'x')) return {};
  const auto kernel = number(text);
  if (!kernel) return {};
  const auto stride = takes(text, 's') ? number(text) : std::optional<Index>(1);
  if (!stride || !text.empty()) return {};
  return convolution(*width, *kernel, *stride, (*kernel - 1) / 2);
}

void append_item(std::vector<LayerRow>& to, std::string_view item, std::string_view spec) {
  const auto words = split(item, '+');
  const auto row = plain_layer(words[0]);
  check<UsageError>(row.has_value(), "--network ", spec, ": '", words[0], "' is no layer", hint,
                    example);
  to.push_back(*row);
  const std::size_t layer = to.size() - 1;
  for (const std::string_view word : std::span(words).subspan(1)) {
    if (word == "gated")
      to[layer] = gated(to[layer]);
    else if (word == "maxout")
      to[layer] = maxout(to[layer]);
    else if (word == "residual")
      to[layer] = residual({to[layer]});
    else if (word == "none")
      to[layer].bare = true;
    else {
      const auto all = normalisations();
      const auto found = std::find_if(
          all.begin(), all.end(), [&](const Normalisation& n) { return n.row && n.name == word; });
      check<UsageError>(found != all.end(), "--network ", spec, ": '", word,
                        "' says nothing of a layer", hint, example);
      to.push_back(found->row());
    }
  }
}

}  // namespace

Network network(std::string_view name) {
  const std::size_t colon = name.find(':');
  if (colon == name.npos) return row_named(networks(), name, "network");
  const std::string_view first = name.substr(0, colon);
  check<UsageError>(first == "conv" || first == "mlp", "--network ", name, ": '", first,
                    "' is not how a list of layers begins", hint, example);
  Network n{std::string(name), {}};
  for (const std::string_view item : split(name.substr(colon + 1), ','))
    append_item(n.layers, item, name);
  return n;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
