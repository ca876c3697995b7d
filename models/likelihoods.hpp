// Likelihoods p(x|z): what a decoder's outputs mean, for binary, grey and real data. Each is a
// normalised density or probability of a row x (D numbers), in nats; each is a row of a table that
// the program chooses from by name. Not here: the network (layers.hpp) and Bernoulli
// (distributions.hpp).
//
// Adding one: a struct with log_prob, mean and sample, and its row in likelihoods.cpp.
#pragma once
#include <optional>

#include <vaegrad/models/distributions.hpp>
#include <vaegrad/models/layers.hpp>

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
  constexpr double bound = 7;
  return bound * tanh((1 / bound) * h);
}

// Density ∝ exp(l x) on [0, 1] with l = logits; mean ½ + ½ (coth l/2 − 2/l)
// (Loaiza-Ganem and Cunningham, arXiv 1907.06845: the correction of a Bernoulli on grey values).
struct ContinuousBernoulli {
  Var logits;  // (B, D)

  Var log_prob(Data x) const;  // Σ_j (x−½) l − log(sinh(l/2) / (l/2));  (B, 1)
  Var mean() const { return 0.5 + 0.5 * langevin(0.5 * logits); }
  Var sample(Stream& noise) const;
};

// N(location, exp(log_scale)²)
struct Gaussian {
  Var location, log_scale;  // (B, D); log_scale also (1, 1) or (1, D)

  Var log_prob(Data x) const;  // Σ_j −½ ((x−μ)/s)² − log s − ½ log 2π;  (B, 1)
  Var mean() const { return location; }
  Var sample(Stream& noise) const;
};

// Whole numbers 0..255: the probability that a logistic variable falls in their bin. On the scale
// where 0 is −1 and 255 is 1, bins are 2/255 wide and the outermost two have no end
// (Salimans et al., arXiv 1701.05517, section 2.1, one component).
struct DiscretisedLogistic {
  Var location, log_scale;  // on the scale −1..1; (B, D); log_scale also (1, 1) or (1, D)

  // Σ_j log(σ(a) − σ(b)) = log σ(a) + log σ(−b) + log(1 − exp(b − a)) with a, b the bin's ends,
  // standardised;  (B, 1)
  Var log_prob(Data x) const;
  Var mean() const;  // 0..255, exact; a constant, no gradient
  Var sample(Stream& noise) const;
};

// Whole numbers 0..255: x ~ Binomial(255, p), p ~ Beta(alpha, beta)
struct BetaBinomial {
  Var alpha, beta;  // (B, D), > 0

  // Σ_j log ⟨α, x⟩ + log ⟨β, 255−x⟩ − log ⟨α+β, 255⟩;  (B, 1), ⟨a, x⟩ = Γ(a+x) / (Γ(a) x!)
  Var log_prob(Data x) const;
  Var mean() const { return 255 * alpha / (alpha + beta); }
  Var sample(Stream& noise) const;
};

// Whole numbers 0..C−1 with probabilities softmax(logits)
struct Categorical {
  Var logits;        // (B D, C): row b D + j is dimension j of example b
  Index dimensions;  // D

  Var log_prob(Data x) const;  // Σ_j l_j,x_j − log Σ_c exp l_jc;  (B, 1)
  Var mean() const;
  Var sample(Stream& noise) const;
};

// ---- by name ----

// What x holds. Bytes enter `unit` and `real` as x/255, `grey` as they are.
enum class Values {
  binary,  // 0 or 1; a probability
  unit,    // [0, 1]; a density
  real,    // any number; a density
  grey,    // whole numbers 0..255; a probability
};

// The one scale s of a likelihood that has a scale: `learned`, `fixed:S`, or `per-dimension`, given
// by the network for each dimension of each x. In units of x (discretised logistic: 127.5 x).
struct LikelihoodScale {
  enum class Kind { learned, fixed, per_dimension } kind = Kind::learned;
  double fixed = 1;
};
LikelihoodScale likelihood_scale(std::string_view text);  // UsageError: what can be given

// The numbers that the network gave for x (B, D): block after block of D columns, one block for
// each number that a dimension needs, that of a scale last; categorical: for each dimension its
// 256.
struct Outputs {
  Var all;
  Index dimensions;
  Var log_scale;  // where the likelihood has a scale: (1, 1) or (B, D)

  Var block(Index k) const {
    return all.shape().cols == dimensions ? all : columns(all, k * dimensions, dimensions);
  }
};

struct Likelihood {
  const char* name;
  Index outputs;   // of the network for each dimension of x, one more with a scale per dimension
  bool together;   // the outputs of a dimension, one beside the other; else in blocks
  bool has_scale;  // takes a LikelihoodScale
  Values values;
  double (*start)(double mean);  // the first output of which x has this mean; null: none is known
  Var (*log_prob)(const Outputs&, Data);
  Var (*mean)(const Outputs&);
  Var (*sample)(const Outputs&, Stream&);

  bool discrete() const {  // log_prob is that of a probability: bits per dimension are defined
    return values == Values::binary || values == Values::grey;
  }
};
std::span<const Likelihood> likelihoods();
const Likelihood& likelihood(std::string_view name);  // UsageError: the names there are

// p(x|z) of the chosen likelihood
struct ChosenLikelihood {
  const Likelihood* row;
  Outputs outputs;
  double log_jacobian = 0;  // of x by the data, where the data were scaled to become x

  Var log_prob(Data x) const {
    const Var of_x = row->log_prob(outputs, x);
    return log_jacobian == 0 ? of_x : Var(of_x + log_jacobian);
  }
  Var mean() const { return row->mean(outputs); }
  Var sample(Stream& noise) const { return row->sample(outputs, noise); }
};

// The end of a decoder: the network's output (B, outputs()) ↦ p(x|z)
struct LikelihoodHead {
  const Likelihood* row;
  Index dimensions;
  LikelihoodScale scale;
  Param log_scale;  // (1, 1), where learned

  // A learned scale is the parameter `name`.log_scale. UsageError: a scale for a likelihood that
  // has none, a fixed scale that is not positive.
  LikelihoodHead(Parameters& p, const std::string& name, const Likelihood& row, Index dimensions,
                 std::optional<LikelihoodScale> scale = {});

  Index outputs() const;
  ChosenLikelihood operator()(Var output) const;
  // First values of the bias (1, outputs()) of the network's last layer, so that x starts at the
  // mean of the data (1, D); zero where the row knows no such output.
  void start_at(ConstMatrix data_mean, Matrix bias) const;
};

struct LikelihoodMlp {  // z ↦ p(x|z)
  Mlp hidden;
  LikelihoodHead head;
  Linear outputs;

  LikelihoodMlp(Parameters& p, const std::string& name, Index in, const std::vector<Index>& hidden,
                const Likelihood& row, Index dimensions, std::optional<LikelihoodScale> scale,
                Activation activation, Initial initial)
      : hidden(p, name, in, hidden, activation, initial),
        head(p, name, row, dimensions, scale),
        outputs(p, name + ".outputs", this->hidden.outputs(in), head.outputs(), initial) {}

  ChosenLikelihood operator()(Var z) const { return head(outputs(hidden(z))); }
  void start_at(ConstMatrix data_mean) {
    head.start_at(data_mean, outputs.bias.owner->change_value(outputs.bias));
  }
};

}  // namespace vaegrad::inline VAEGRAD_ABI
