// Posteriors q(z|x): families of distributions over one layer of latents, whose numbers an encoder
// gives. Each is a class in a file of its own and a row of the table.
//
// Adding one: its file, and its name in VAEGRAD_POSTERIORS.
#pragma once
#include <memory>
#include <span>

#include <vaegrad/models/inference/draw.hpp>
#include <vaegrad/models/inference/prior.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// How a network's numbers h (B, Z) become log σ², and with μ a DiagonalGaussian. Where the scale
// could be 0, σ² is raised by `least_variance` (σ ≥ 0.001), smoothly, so that log σ² ≥ −13.8.
inline constexpr double least_variance = 1e-6;
struct PosteriorScale {
  const char* name;
  Var (*log_variance)(Var h);
};
std::span<const PosteriorScale> posterior_scales();
const PosteriorScale& posterior_scale(std::string_view name);  // UsageError: the names there are

// What a family is asked. Rows are examples, or particles of them.
class Posterior {
 public:
  virtual ~Posterior() = default;
  // Of the encoder's last hidden layer h (B, H)
  virtual PosteriorAt at(Var h) const = 0;
  // The code of an example without noise, (B, Z)
  virtual Var code(const PosteriorAt& q) const { return q.mean; }
  // z ~ q(z|x), K for each example, (B K, Z); q keeps what its density will need.
  virtual Var sample(PosteriorAt& q, Stream& noise, Index particles) const = 0;
  // log q(z|x) at the z drawn from it, (B K, 1), nats; held: with q's numbers held fixed.
  virtual Var log_prob(const PosteriorAt& q, Var z, Index particles, bool held) const = 0;
  // KL(q ‖ p) of each latent, (B, Z), nats; empty: no closed form for this p.
  virtual Var kl(const PosteriorAt& q, const PriorAt& p) const = 0;
};

// The same, also of a q that is no row's.
inline Var code_of(const PosteriorAt& q) { return q.posterior ? q.posterior->code(q) : q.mean; }

// What a posterior is made of.
struct PosteriorSpec {
  Index latent;
  const PosteriorScale* scale;
  Index flows = 0;  // steps of a flow
  Activation activation;
  Initial initial;
  double log_variance_bound = 0;   // |log σ²| below it, smoothly; 0: none
  std::vector<Index> widths{320};  // hidden layers of each step that is a network

  // Of the network's numbers h (B, Z)
  Var log_variance(Var h) const;
};

// A row of the table: its name and the help's words for it, what it can, how it is made.
struct PosteriorRow {
  const char *name, *what;
  std::unique_ptr<Posterior> (*make)(Parameters&, const std::string& name, Index h,
                                     const PosteriorSpec&);
  bool gaussian = false;  // closed KL to a Gaussian prior
  bool diagonal = false;  // .. and it is PosteriorAt's mean and log_variance
  bool held = false;      // its density can be had at a given z, its numbers held fixed
  bool scale = false;     // heeds PosteriorSpec::scale
  bool flows = false;     // heeds PosteriorSpec::flows
  bool width = false;     // heeds PosteriorSpec::widths
  bool sphere = false;    // its codes have length 1
};
// A row's `make`, for the class of its family.
template <class Family>
std::unique_ptr<Posterior> make_posterior(Parameters& p, const std::string& name, Index h,
                                          const PosteriorSpec& s) {
  return std::make_unique<Family>(p, name, h, s);
}

// The first is the default.
#define VAEGRAD_POSTERIORS(ROW) \
  ROW(gaussian)                 \
  ROW(full_covariance)          \
  ROW(planar)                   \
  ROW(radial)                   \
  ROW(iaf)                      \
  ROW(sylvester)                \
  ROW(von_mises_fisher)

#define ROW(name) extern const PosteriorRow name##_posterior;
VAEGRAD_POSTERIORS(ROW)
#undef ROW

// The table.
std::span<const PosteriorRow* const> posteriors();
const PosteriorRow& posterior(std::string_view name);  // UsageError: the names there are
// UsageError: codes where the prior has no density, or the other way round; or the prior needs of
// the posterior what it does not give.
void check_together(const PosteriorRow& q, const PriorRow& p);

}  // namespace vaegrad::inline VAEGRAD_ABI
