// Objectives: what training maximises. Each is a function of log p(x|z), the draw of z, and its
// settings, in a file of its own and a row of the table; it never touches a model. Rows are
// examples, terms are in nats.
//
// Adding one: its file, with the settings that it alone heeds, and its name in VAEGRAD_OBJECTIVES.
#pragma once
#include <array>
#include <memory>
#include <span>
#include <vector>

#include <vaegrad/models/inference/draw.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// A number that an objective declares: an option of the program, and what its help says.
struct ObjectiveSetting {
  const char *name, *value, *what;
  double initial, least, most;
  bool whole = false;                    // it counts something
  std::array<const char*, 4> choices{};  // or else a name, and the number is its place
};

// Of the objective in force, at one step.
struct ObjectiveSettings {
  Index particles = 1;  // K samples of z per example, all of them
  Index groups = 1;     // .. in M groups of as many, for an objective that has groups
  double beta = 1;      // the factor on the KL, after its schedule
  std::uint64_t seed = 1;
  std::uint32_t step = 0;              // with seed: what an objective draws beside z
  Index examples = 0;                  // N, of the data that the batch is a part of; 0: the batch
  class Opponent* opponent = nullptr;  // of an objective that has one

  // A setting that was given.
  struct Given {
    const ObjectiveSetting* setting;
    double value;
  };
  std::array<Given, 16> given{};  // those that were; the others have their initial value
  // As it was given, or its initial value
  double operator[](const ObjectiveSetting& setting) const {
    for (const Given& g : given)
      if (g.setting == &setting) return g.value;
    return setting.initial;
  }
  void set(std::string_view name, double value);  // UsageError: no objective declares it
};

// What an objective makes of a batch.
struct Bound {
  Var objective;           // (B, 1), to be maximised
  Var log_likelihood, kl;  // (B, 1), of the ELBO at beta = 1, whatever is maximised
  Var opponent_loss = {};  // (1, 1), what an opponent minimises
};

// Who learns beside the model, against it or for it: parameters of its own, an optimiser of its
// own, and a loss, Bound::opponent_loss. Both are recorded on one tape and move at once: the
// objective sees the opponent's parameters as constants, the opponent sees the codes as constants.
class Opponent {
 public:
  virtual ~Opponent() = default;
  Parameters parameters;
  double learning_rate = 1e-4, beta1 = 0.5;  // of its Adam
};
// What an opponent is made of.
struct OpponentSpec {
  Index latent;
  std::uint64_t seed;
};

// A row of the table: its name and the help's words for it, the function, and what it heeds.
struct Objective {
  const char *name, *what;
  // log p(x|z) of each particle, (B K, 1)
  Bound (*bound)(Var log_px, const Draw& draw, const ObjectiveSettings& settings);
  Wanted wanted;   // of the draw
  bool beta;       // heeds a beta that is given
  bool scheduled;  // .. and the schedules of the factor on the KL
  std::vector<const ObjectiveSetting*> settings = {};
  std::unique_ptr<Opponent> (*opponent)(const OpponentSpec&) = nullptr;
  bool groups = false;         // heeds ObjectiveSettings::groups
  bool weighs = false;         // each draw by p(x, z) / q(z|x): p(x|z) must be a likelihood
  bool deterministic = false;  // of an autoencoder: z is the mean, and there is no KL
  // Why it is no mean over the examples of terms of each alone, so that a batch cannot be cut; null
  // where it is.
  const char* (*whole)(const ObjectiveSettings&) = nullptr;
};

// The first is the default.
#define VAEGRAD_OBJECTIVES(ROW) \
  ROW(elbo)                     \
  ROW(elbo_mc)                  \
  ROW(beta)                     \
  ROW(capacity)                 \
  ROW(iwae)                     \
  ROW(factor)                   \
  ROW(dreg)                     \
  ROW(stl)                      \
  ROW(miwae)                    \
  ROW(piwae)                    \
  ROW(ciwae)                    \
  ROW(tvo)                      \
  ROW(tc)                       \
  ROW(dip_1)                    \
  ROW(dip_2)                    \
  ROW(mmd)                      \
  ROW(adversarial)              \
  ROW(rae_l2)                   \
  ROW(rae_gp)

#define ROW(name) extern const Objective name##_objective;
VAEGRAD_OBJECTIVES(ROW)
#undef ROW
// log p(x|z) alone: of a model without a distribution of codes. Not in the table.
extern const Objective reconstruction_objective;

// The table.
std::span<const Objective* const> objectives();
const Objective& objective(std::string_view name);  // UsageError: the names there are
// What all of them declare, each once.
std::span<const ObjectiveSetting* const> objective_settings();

// ---- for objectives ----

// On what keeps codes in order, of objectives whose weight has no name of its own.
extern const ObjectiveSetting regulariser_weight;

// Objective::whole of those that compare the codes of a batch with each other.
inline const char* compares_codes(const ObjectiveSettings&) {
  return "compares the codes of a batch with each other";
}

// log w = log p(x|z) + β (log p(z) − log q(z|x)),  (B, K)
Var log_weights(Var log_px, const Draw& draw, double beta = 1);

// 1/M Σ_m log 1/K Σ_k w_mk of weights (B, M K) in M groups of K, one beside the other;  (B, 1)
Var mean_of_groups(Var log_w, Index groups);

// Σ_j max(λ, mean over the batch of KL_j): latents are free to use λ nats each.
// Kingma et al., Improved variational inference with inverse autoregressive flow, arXiv 1606.04934,
// eq. 15
Var free_bits_kl(Var kl_per_latent, double free_bits);

}  // namespace vaegrad::inline VAEGRAD_ABI
