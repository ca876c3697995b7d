// Priors p(z|y): what is believed of a code before x is seen. Each is a class in a file of its own
// and a row of the table.
//
// Adding one: its file, and its name in VAEGRAD_PRIORS.
#pragma once
#include <memory>
#include <span>

#include <vaegrad/models/inference/prior_at.hpp>
#include <vaegrad/models/layers.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

class Inference;
struct DiagonalGaussian;  // distributions.hpp

class Prior {
 public:
  virtual ~Prior() = default;
  // At the conditions y (B, Y); empty where the model has none. `of` may be asked what it infers
  // about inputs of the prior's own (VampPrior).
  virtual PriorAt given(Tape& tape, Var y, const Inference& of) const = 0;
  // (B K, 1), nats;  z (B K, Z)
  virtual Var log_prob(const PriorAt& p, Var z, Index particles) const = 0;
  // `count` draws, or K for each of `count` conditions:  (count K, Z)
  virtual Var sample(const PriorAt& p, Tape& tape, Index count, Stream& noise,
                     Index particles) const = 0;

  // How many examples it may start at.
  virtual Index examples() const { return 0; }
  // To start at them: x (K, D) as an encoder takes it, and y (K, Y) where the model has one.
  virtual void start_at(ConstMatrix /*x*/, ConstMatrix /*y*/) const {}
};

// What a prior is made of.
struct PriorSpec {
  Index latent, conditions;
  std::vector<Index> hidden;  // of its networks
  Activation activation;
  Initial initial;
  Index components = 1;  // of a mixture
  Index flows = 8;       // steps of a flow
  Index inputs = 0;      // numbers of x as an encoder takes it ..
  bool pixels = false;   // .. from 0 to 1
};

// A row of the table: its name and the help's words for it, what it is, how it is made.
struct PriorRow {
  const char *name, *what;
  std::unique_ptr<Prior> (*make)(Parameters&, const PriorSpec&);
  bool gaussian = false;     // closed KL from a Gaussian
  bool conditional = false;  // depends on y
  bool components = false;   // heeds PriorSpec::components
  bool flows = false;        // heeds PriorSpec::flows
  bool encodes = false;      // is made of posteriors, of which it needs the density at any z
  bool sphere = false;       // of codes on the unit sphere
};
// A row's `make`, for the class of its prior.
template <class Family>
std::unique_ptr<Prior> make_prior(Parameters& p, const PriorSpec& s) {
  return std::make_unique<Family>(p, s);
}

// The first is the default.
#define VAEGRAD_PRIORS(ROW) \
  ROW(standard_normal)      \
  ROW(conditional)          \
  ROW(mixture)              \
  ROW(uniform_sphere)       \
  ROW(vamp)                 \
  ROW(flow)

#define ROW(name) extern const PriorRow name##_prior;
VAEGRAD_PRIORS(ROW)
#undef ROW

// The table.
std::span<const PriorRow* const> priors();
const PriorRow& prior(std::string_view name);  // UsageError: the names there are

// KL of each latent from a diagonal Gaussian, (B, Z), nats; empty where p is none.
Var gaussian_kl(const DiagonalGaussian& q, const PriorAt& p);

}  // namespace vaegrad::inline VAEGRAD_ABI
