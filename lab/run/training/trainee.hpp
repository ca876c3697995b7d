// What training needs to know of what it trains: how a step is recorded, who learns by it, what
// goes into a file. The program's models are one kind (model_trainee.hpp); a model of one's own is
// another: a class with `record`, and `validate` where there are validation data.
#pragma once
#include <optional>

#include <vaegrad/lab/files/safetensors.hpp>
#include <vaegrad/lab/run/evaluation.hpp>
#include <vaegrad/lab/run/training/optimiser.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// Where training is, at a step.
struct Now {
  std::uint32_t epoch = 1;  // from 1 on
  std::uint64_t step = 0;   // of all, from 0 on
  double beta = 1;          // the factor on the KL that is in force
};

// Somebody who learns: parameters, and the optimiser that moves them. The first is the model; what
// a file holds of another stands under its name.
struct Player {
  std::string name;  // "" of the model
  Parameters* parameters;
  AnyOptimiser optimiser;
  bool scheduled = true;     // its learning rate follows --learning-rate and its schedule
  double learning_rate = 0;  // else: always this
};

// What is trained.
class Trainee {
 public:
  virtual ~Trainee() = default;

  // The terms of these examples, on a tape that was reset. Noise goes by (seed, now, example), so
  // that a resumed run draws what one in one go draws.
  virtual Bound record(Tape& tape, std::span<const std::uint32_t> rows, const Now& now) = 0;
  // Why a batch cannot be cut into parts that are recorded beside each other, several threads at a
  // time; nothing: it can, its objective being a mean over its examples.
  virtual std::string whole() const { return "its class does not say that a batch may be cut"; }
  // Draws of z for each example: how many rows an example is.
  virtual std::size_t particles() const { return 1; }
  // The step that was recorded last has been taken; its tape still stands.
  virtual void stepped() {}
  // On the validation data; nothing without them.
  virtual std::optional<Evaluation> validate() { return {}; }
  // No distribution of codes: no KL, and no ELBO.
  virtual bool deterministic() const { return false; }
  virtual const char* likelihood_name() const { return "log p(x|z)"; }  // on the terminal
  // log p(x|z) is one; else a distance stands in its place, and there is no ELBO either.
  virtual bool has_likelihood() const { return true; }

  // What a file of weights holds, and back. By default the parameters of the first player, and the
  // buffers.
  virtual std::vector<Tensor> weights() const;
  // .. from such a file. Error: it has other weights.
  virtual void take_weights(const SafeTensors& from);
  virtual std::map<std::string, std::string> about() const { return {}; }  // .. its metadata

  std::vector<Player> players;         // to be filled in by the constructor
  std::vector<Parameters*> buffers{};  // kept beside the parameters, moved by no optimiser
};

// A block of parameters by name, and back.
void append_tensors(std::vector<Tensor>& to, const std::string& prefix, const Parameters& block);
void copy_tensors(const SafeTensors& from, const std::string& prefix, Parameters& block);

}  // namespace vaegrad::inline VAEGRAD_ABI
