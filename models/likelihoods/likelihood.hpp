// A likelihood p(x|z) as a row of a table: what a decoder's outputs mean, for binary, grey and real
// data. Each is a normalised density or probability of a row x (D numbers), in nats; but for a row
// that says so (`instead`), which is no likelihood: a distance that stands where one would.
//
// Adding one: a file with a struct that has log_prob, mean and sample, and with its row; and its
// line in table.cpp.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <vaegrad/autodiff/expression.hpp>
#include <vaegrad/autodiff/image_shape.hpp>
#include <vaegrad/autodiff/random.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// x (B, D), or repeat_rows(x, K) (B K, D), which is not copied.
struct Data {
  Var x;
  Index times = 1;

  Data(Var v) : x(v) {}
  Data(const Repeated& e) : x(e.x), times(e.times) {}
  template <Expression E>
  Data(const E& e) : x(e) {}
  Repeated rows() const { return {x, times}; }
};

// Scales are kept in bounds smoothly: log s = 7 tanh(h / 7), which is h near 0 and stays inside
// (−7, 7), s inside (0.0009, 1097). Without a lower bound the density of data that repeat values
// (x/255 does) grows without limit.
template <Operand H>
auto bounded(const H& h) {
  return bounded(h, 7.0);
}

// What x holds.
enum class Values {
  binary,  // 0 or 1; a probability
  unit,    // [0, 1]; a density
  real,    // any number; a density
  grey,    // whole numbers 0..255; a probability
};

// The numbers that the network gave for x (B, D): block after block of D columns, one block for
// each number that a dimension needs, that of a scale last; categorical: for each dimension its
// 256.
struct Outputs {
  Var all;
  Index dimensions;
  Var log_scale;          // where the likelihood has a scale: (1, 1) or (B, D)
  ImageShape image = {};  // that x is, whole
  double weight = 1;      // of a distance instead of a likelihood

  Var block(Index k) const;  // the k-th block, (B, D)
};

// A row of the table.
struct Likelihood {
  const char* name = "";
  Index outputs = 1;       // of the network for each dimension of x, one more with a scale for each
  bool together = false;   // the outputs of a dimension, one beside the other; else in blocks
  bool has_scale = false;  // takes a LikelihoodScale
  Values values = Values::real;
  double unit = 1 / 255.;  // a byte enters as byte * unit: 1 where x is the byte itself
  // The first output of which x has this mean; null: none is known.
  double (*start)(double mean) = nullptr;
  Var (*log_prob)(const Outputs&, Data) = nullptr;
  Var (*mean)(const Outputs&) = nullptr;
  Var (*sample)(const Outputs&, Stream&) = nullptr;
  // Of what is no likelihood: the formula of log_prob, which stands for log p(x|z) in an objective,
  // with a weight of its own. No number that it is a part of is one of log p(x).
  const char* instead = nullptr;
  // .. and what it is on whole images of this size, in a line. UsageError: nothing.
  std::string (*on_images)(ImageShape image) = nullptr;

  bool discrete() const {  // log_prob is that of a probability: bits per dimension are defined
    return values == Values::binary || values == Values::grey;
  }
};

// The table; the first is the default.
std::span<const Likelihood> likelihoods();
const Likelihood& likelihood(std::string_view name);  // UsageError: the names there are
// UsageError: p is none, and what asks needs one.
void check_is_likelihood(const Likelihood& p, std::string_view who);

// p(x|z) of the chosen likelihood
struct ChosenLikelihood {
  const Likelihood* row;
  Outputs outputs;
  double log_jacobian = 0;  // of x by the data, where the data were scaled to become x

  Var log_prob(Data x) const;  // log p(x|z) of the data, (B, 1), nats
  Var mean() const { return row->mean(outputs); }
  Var sample(Stream& noise) const { return row->sample(outputs, noise); }  // x, (B, D)
};

}  // namespace vaegrad::inline VAEGRAD_ABI
