// Networks by name: a network is the list of layers between an image and its code and, mirrored,
// between a code and the numbers of a likelihood.
//
// Adding one: its row in networks.cpp.
#pragma once
#include <vaegrad/models/networks/convolution.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

struct Network {
  const char* name;
  std::vector<LayerRow> layers;
  std::vector<Index> dense;  // widths of the layers that take all there is as a row of numbers

  Network(const char* name, std::vector<LayerRow> layers);
  bool convolutional() const;  // looks at neighbours: draws whole images
};
std::span<const Network> networks();
const Network& network(std::string_view name);  // UsageError: the names there are

// Its layers with other widths: from the first of those layers on, once for each width the last of
// them and what follows it. A network without any gets dense layers at its end.
std::vector<LayerRow> layers_of(const Network& network, const std::vector<Index>& dense);

// The geometries of its convolutions, from the image on. UsageError: no image, or one too small.
std::vector<ConvolutionGeometry> geometries(const Network& network, ImageShape image);

// Multiplications for each example, one number for each layer; mirrored, a layer has as many.
std::vector<double> products(std::span<const LayerRow> layers, ImageShape image);

}  // namespace vaegrad::inline VAEGRAD_ABI
