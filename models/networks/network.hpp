// Networks by name: a network is the list of layers between an image and its code and, mirrored,
// between a code and the numbers of a likelihood.
//
// Adding one: its row in networks.cpp. One that has no name yet is written down (spec.cpp).
#pragma once
#include <vaegrad/models/networks/convolution.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

struct Network {
  std::string name;
  std::vector<LayerRow> layers;

  // Widths of the layers that take all there is as a row of numbers.
  std::vector<Index> dense() const;
  bool convolutional() const;  // looks at neighbours: draws whole images
};
std::span<const Network> networks();  // those that have a name

// One of them, or one by its layers, the first that x meets first:
//   conv:32x4s2,64x4s2+gated,128      mlp:300+gated,300+gated
// CxKsS is a convolution of C channels, K x K windows and stride S (1), padded so that a stride of
// 1 keeps the size of odd windows; a number is a dense layer. After a `+`: gated; maxout; residual (adds
// what it is given); batch, layer or group, the normalisation that follows it, or none.
// UsageError: the names there are, or the word that cannot be read.
Network network(std::string_view name);

// With dense layers of other widths: from the first of them on, once for each width the last of
// them and what follows it. A network without any gets dense layers at its end.
Network with_widths(Network network, const std::vector<Index>& widths);
// A code of so many numbers as its last layer, which mirrored makes what the last dense layer makes:
// gated or maxout where that is.
Network with_code(Network network, Index numbers);
// From its first dense layer on.
Network flat_part(Network network);
// What comes before its last dense layer, and from that one on: nothing where it has none.
std::pair<Network, Network> at_last_dense(Network network);

// What may follow every dense layer and convolution by name; none first.
struct Normalisation {
  const char* name;
  LayerRow (*row)();  // null: none
};
std::span<const Normalisation> normalisations();
const Normalisation& normalisation(std::string_view name);  // UsageError: the names there are

// With that normalisation after each dense layer and convolution that has none of its own. Gates
// and residual layers stay as they are.
Network with_normalisation(Network network, const Normalisation& normalisation);

// The geometries of its convolutions, from the image on. UsageError: no image, or one too small.
std::vector<ConvolutionGeometry> geometries(const Network& network, ImageShape image);

// Multiplications for each example, one number for each layer; mirrored, a layer has as many.
std::vector<double> products(std::span<const LayerRow> layers, ImageShape image);

}  // namespace vaegrad::inline VAEGRAD_ABI
