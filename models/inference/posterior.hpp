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

class Posterior {
 public:
  virtual ~Posterior() = default;
  // Of the encoder's last hidden layer h (B, H)
  virtual PosteriorAt at(Var h) const = 0;
  // z ~ q(z|x), K for each example, (B K, Z); q keeps what its density will need.
  virtual Var sample(PosteriorAt& q, Stream& noise, Index particles) const = 0;
  // log q(z|x) at the z drawn from it, (B K, 1), nats; held: with q's numbers held fixed.
  virtual Var log_prob(const PosteriorAt& q, Var z, Index particles, bool held) const = 0;
  // KL(q ‖ p) of each latent, (B, Z), nats; empty: no closed form for this p.
  virtual Var kl(const PosteriorAt& q, const PriorAt& p) const = 0;
};

struct PosteriorSpec {
  Index latent;
  const PosteriorScale* scale;
  Index flows = 0;  // steps of a flow
  Activation activation;
  Initial initial;
  double log_variance_bound = 0;  // |log σ²| below it, smoothly; 0: none

  // Of the network's numbers h (B, Z)
  Var log_variance(Var h) const {
    const Var free = scale->log_variance(h);
    return log_variance_bound > 0 ? Var(bounded(free, log_variance_bound)) : free;
  }
};

struct PosteriorRow {
  const char *name, *what;
  bool gaussian;  // closed KL to a Gaussian prior
  bool diagonal;  // .. and it is PosteriorAt's mean and log_variance
  bool held;      // its density can be had at a given z, its numbers held fixed
  bool scale;     // heeds PosteriorSpec::scale
  bool flows;     // heeds PosteriorSpec::flows
  std::unique_ptr<Posterior> (*make)(Parameters&, const std::string& name, Index h,
                                     const PosteriorSpec&);
};

// The first is the default.
#define VAEGRAD_POSTERIORS(ROW) \
  ROW(gaussian)                 \
  ROW(full_covariance)

#define ROW(name) extern const PosteriorRow name##_posterior;
VAEGRAD_POSTERIORS(ROW)
#undef ROW

std::span<const PosteriorRow* const> posteriors();
const PosteriorRow& posterior(std::string_view name);  // UsageError: the names there are

// UsageError: the prior needs of the posterior what it does not give.
void check_together(const PosteriorRow& q, const PriorRow& p);

}  // namespace vaegrad::inline VAEGRAD_ABI
