// Layers as rows. A network is a list of layers; what one of them is stands in a file of its own
// and in the table of kinds: which shape comes out, how it is built, how it is mirrored in a
// decoder, how much it multiplies.
//
// Values have one example per row; the shape that a layer meets is an image's, and what is no image
// has 1 x 1 pixels and as many channels as numbers.
//
// Adding a kind: a file with its row and the function that lists it, and its line in kinds.cpp.
#pragma once
#include <memory>
#include <span>
#include <vector>

#include <vaegrad/autodiff/image_shape.hpp>
#include <vaegrad/models/layers.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// ---- what is learnt, and what is only kept ----

// The parameters of a network, and its buffers: numbers that no gradient reaches, such as running
// averages. They belong into a checkpoint as the parameters do.
struct Blocks {
  Parameters& learnt;
  Parameters* buffers = nullptr;

  Blocks(Parameters& learnt) : learnt(learnt) {}
  Blocks(Parameters& learnt, Parameters& buffers) : learnt(learnt), buffers(&buffers) {}
};

// Running averages in buffers of what batches had. Of a training step: what is recorded with
// Pass::batch(&averages) says what it saw; once the step is taken, and before its tape is reset,
// move() goes `share` of the way there. A step that is not taken is forgotten.
class RunningAverages {
 public:
  // factor × of_batch is what this buffer shall move to.
  void saw(const Param& buffer, Var of_batch, double factor = 1) {
    seen_.push_back({buffer, of_batch, factor});
  }
  void move(double share = 0.1);    // once the step is taken
  void forget() { seen_.clear(); }  // when it is not

 private:
  struct Seen {
    Param buffer;
    Var of_batch;
    double factor;
  };
  std::vector<Seen> seen_;
};

// What a batch normalisation takes mean and variance from: the batch, in training, or the buffers,
// in evaluation, where an example's numbers must not depend on its batch. No other layer asks.
struct Pass {
  enum class Moments { unsaid, batch, buffers } moments = Moments::unsaid;
  RunningAverages* averages = nullptr;

  // In training; averages, when given, are told what the batch had.
  static Pass batch(RunningAverages* to_be_told = nullptr) { return {Moments::batch, to_be_told}; }
  static Pass buffers() { return {Moments::buffers, nullptr}; }  // in evaluation
};

// ---- one layer ----

// What a layer is given, x (B, numbers), with its derivative along a direction of what came first.
struct Tangent {
  Var at, along;
};

class Layer {  // built: x (B, numbers in) -> (B, numbers out)
 public:
  virtual ~Layer() = default;
  virtual Var operator()(Var x, Pass pass) const = 0;  // what it makes of x
  // The same with its derivative, recorded, so that a penalty on slopes has a gradient. UsageError: a
  // normalisation, unless it says otherwise, has none.
  virtual Tangent operator()(Tangent x, Pass pass) const;
};
using BuiltLayer = std::shared_ptr<const Layer>;  // so that networks can be copied

struct LayerKind;

// A layer as a network lists it; its kind says which numbers it reads. Made by dense(400),
// convolution(32, 4, 2, 1), ..
struct LayerRow {
  const LayerKind* kind = nullptr;
  Index width = 0;  // numbers, of a convolution channels, that come out; 0: as many as come in
  Index kernel = 0, stride = 1, padding = 0;
  Index groups = 1;   // 0: eight, or the most below that divide the channels
  bool bare = false;  // no normalisation is put after it
  std::vector<LayerRow> inside = {};
};

// Where a layer stands, for errors.
struct Standing {
  const char* network;
  ImageShape image;  // what the network begins with
  std::size_t number = 0;
};

// How a layer is built. The shape is what meets it in an encoder's order; `mirrored`, it goes the
// other way, from what it makes of that shape back to it.
struct Placing {
  Blocks blocks;
  std::string name;  // of its parameters
  Initial initial;
  Activation activation;
  bool activated;  // else something else follows, or nothing
  ImageShape in;
  bool mirrored = false;
};

// A row of the table of kinds.
struct LayerKind {
  const char* name;  // in the names of parameters, encoder.convolution.0.weight; "" for dense
  // UsageError: not of this shape
  ImageShape (*out)(const LayerRow&, ImageShape in, const Standing&);
  BuiltLayer (*build)(const LayerRow&, const Placing&);
  double (*products)(const LayerRow&, ImageShape in);  // multiplications for each example
  bool flattens = false;                               // takes an image as a row of numbers
  bool normalises = false;  // is what the activation follows, instead of the layer before it
  bool wraps = false;       // is of the one layer inside
};

// The table.
std::span<const LayerKind* const> layer_kinds();

// The layers that there are; the first width is 0 where as many come out as come in.
LayerRow dense(Index width = 0);  // h = a(x W + b)
LayerRow convolution(Index channels, Index kernel, Index stride, Index padding);
LayerRow gated(LayerRow of);                      // h = f(x) sigmoid(g(x))
LayerRow maxout(LayerRow of);                     // h = max(f₀(x), .., f₃(x))
LayerRow residual(std::vector<LayerRow> inside);  // h = a(x + f(x))
LayerRow batch_normalisation();                   // h = a(γ x̂ + β), over the batch
LayerRow layer_normalisation();                   // over an example
LayerRow group_normalisation(Index groups = 0);   // over a group of its channels

// ---- lists of them ----

// The shape of what is no image, and whether it is one.
inline ImageShape flat_shape(Index numbers) { return {1, 1, numbers}; }
inline bool is_flat(ImageShape s) { return s.height == 1 && s.width == 1; }

// The layer itself, or the one that it wraps.
const LayerRow& unwrapped(const LayerRow& row);
// Whether it takes an image as a row of numbers.
inline bool flattens(const LayerRow& row) { return unwrapped(row).kind->flattens; }
// The number of the first layer that takes all there is as a row of numbers; of all, where none
// does.
std::size_t first_flat(std::span<const LayerRow> rows);

// Names parameters of one block by kind and number: NAME.convolution.0, NAME.convolution.1,
// NAME.0
class LayerNames {
 public:
  explicit LayerNames(std::string block) : block_(std::move(block)) {}
  std::string next(const LayerKind& kind);  // of the next layer of that kind

 private:
  std::string block_;
  std::vector<std::pair<const LayerKind*, Index>> counts_;
};

// The shapes between layers: image, after the first, .., after the last. UsageError: none fits.
std::vector<ImageShape> layer_shapes(std::span<const LayerRow> rows, ImageShape image,
                                     const char* network);

// Layers `first` to `last` of a list with these shapes, mirrored from the last one to the first.
// Where a normalisation follows it is activated instead of what it follows; the end of the whole
// list only when `end_activated`. A mirrored dense layer whose result is an image is called
// NAME.features.
std::vector<BuiltLayer> build_layers(std::span<const LayerRow> rows,
                                     std::span<const ImageShape> shapes, std::size_t first,
                                     std::size_t last, bool end_activated, const Placing& as,
                                     LayerNames& names);

}  // namespace vaegrad::inline VAEGRAD_ABI
