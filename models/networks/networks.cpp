#include <algorithm>

#include <vaegrad/autodiff/by_name.hpp>
#include <vaegrad/models/networks/network.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

// Layers that keep their shape, each normalised before it: He et al., arXiv 1603.05027, with the
// normalisation of a group of channels
LayerRow residual_block() {
  return residual({group_normalisation(8), convolution(0, 3, 1, 1), group_normalisation(8),
                   convolution(0, 3, 1, 1)});
}

}  // namespace

std::span<const Network> networks() {
  // clang-format off
  static const std::vector<Network> table = {
      {"mlp",     {dense(400)}},
      //                       channels, kernel, stride, padding
      {"conv",    {convolution(32, 4, 2, 1), convolution(64, 4, 2, 1)}},
      // Higgins et al., beta-VAE, ICLR 2017, appendix; Locatello et al., arXiv 1811.12359, table 1
      {"conv-64", {convolution(32, 4, 2, 1), convolution(32, 4, 2, 1), convolution(64, 4, 2, 1), convolution(64, 4, 2, 1), dense(256)}},
      // Tomczak and Welling, arXiv 1705.07120, section 4.1
      {"gated",   {gated(dense(300)), gated(dense(300))}},
      {"residual", {convolution(32, 4, 2, 1), residual_block(), convolution(64, 4, 2, 1), residual_block()}},
  };
  // clang-format on
  return table;
}

std::span<const Normalisation> normalisations() {
  static constexpr Normalisation table[] = {
      {"none", nullptr},
      {"batch", batch_normalisation},
      {"layer", layer_normalisation},
      {"group", [] { return group_normalisation(); }},
  };
  return table;
}
const Normalisation& normalisation(std::string_view name) {
  return row_named(normalisations(), name, "normalisation");
}

namespace {

LayerRow of_width(LayerRow row, Index width) {
  LayerRow* to = &row;
  while (to->kind->wraps) to = &to->inside.front();
  to->width = width;
  return row;
}

bool has_window(const LayerRow& row) {
  return row.kernel > 0 || std::any_of(row.inside.begin(), row.inside.end(), has_window);
}

}  // namespace

std::vector<Index> Network::dense() const {
  std::vector<Index> widths;
  for (const LayerRow& row : layers)
    if (flattens(row)) widths.push_back(unwrapped(row).width);
  return widths;
}

bool Network::convolutional() const {
  return std::any_of(layers.begin(), layers.end(), has_window);
}

Network with_widths(Network network, const std::vector<Index>& widths) {
  if (widths == network.dense()) return network;
  const auto& all = network.layers;
  const auto first = std::find_if(all.begin(), all.end(), flattens);
  std::vector<LayerRow> rows(all.begin(), first), repeated(first, all.end());
  if (repeated.empty()) repeated = {dense()};
  while (std::count_if(repeated.begin(), repeated.end(), flattens) > 1 ||
         !flattens(repeated.front()))
    repeated.erase(repeated.begin());
  for (Index width : widths)
    for (const LayerRow& row : repeated) rows.push_back(flattens(row) ? of_width(row, width) : row);
  network.layers = std::move(rows);
  return network;
}

Network with_code(Network network, Index numbers) {
  const Network last = at_last_dense(network).second;
  network.layers.push_back(last.layers.empty() ? dense(numbers)
                                               : of_width(last.layers.front(), numbers));
  return network;
}

Network flat_part(Network network) {
  auto& all = network.layers;
  all.erase(all.begin(), std::find_if(all.begin(), all.end(), flattens));
  return network;
}

std::pair<Network, Network> at_last_dense(Network network) {
  auto& all = network.layers;
  Network last = network;
  const auto at = std::find_if(all.rbegin(), all.rend(), flattens);
  const std::ptrdiff_t before = at == all.rend() ? std::ssize(all) : all.rend() - at - 1;
  last.layers.erase(last.layers.begin(), last.layers.begin() + before);
  all.erase(all.begin() + before, all.end());
  return {std::move(network), std::move(last)};
}

Network with_normalisation(Network network, const Normalisation& n) {
  if (!n.row) return network;
  std::vector<LayerRow> rows;
  for (std::size_t k = 0; k < network.layers.size(); ++k) {
    const LayerRow& row = network.layers[k];
    const bool followed = k + 1 < network.layers.size() && network.layers[k + 1].kind->normalises;
    rows.push_back(row);
    if (row.inside.empty() && !row.kind->normalises && !row.bare && !followed)
      rows.push_back(n.row());
  }
  network.layers = std::move(rows);
  return network;
}

std::vector<ConvolutionGeometry> geometries(const Network& network, ImageShape image) {
  const std::vector<ImageShape> at = layer_shapes(network.layers, image, network.name.c_str());
  std::vector<ConvolutionGeometry> all;
  for (std::size_t k = 0; k < network.layers.size(); ++k)
    if (const LayerRow& row = unwrapped(network.layers[k]); row.kernel)
      all.push_back(geometry(row, at[k]));
  return all;
}

std::vector<double> products(std::span<const LayerRow> layers, ImageShape image) {
  const std::vector<ImageShape> at = layer_shapes(layers, image, "");
  std::vector<double> all;
  for (std::size_t k = 0; k < layers.size(); ++k)
    all.push_back(layers[k].kind->products(layers[k], at[k]));
  return all;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
