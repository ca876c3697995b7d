// Posteriors that are flows: z₀ = μ + σ ⊙ ε, and then steps z_t = f_t(z_(t−1)) that can be undone,
// so that log q(z|x) = log N(ε; 0, I) − log |∂z/∂ε| is known at each draw. Not a posterior by
// itself: a family gives the steps.          Rezende and Mohamed, arXiv 1505.05770, eq. 13
#pragma once
#include <optional>

#include <vaegrad/models/inference/posterior.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

class FlowPosterior : public Posterior {
 public:
  PosteriorAt at(Var h) const final;
  Var code(const PosteriorAt& q) const final;  // where the steps take μ
  Var sample(PosteriorAt& q, Stream& noise, Index particles) const final;
  Var log_prob(const PosteriorAt& q, Var z, Index particles, bool held) const final;
  Var kl(const PosteriorAt&, const PriorAt&) const final { return {}; }

  // Of s = (z, log |∂z/∂ε|), (B K, Z + 1), after t steps: after one more
  virtual Var step(Index t, Var s, const PosteriorAt& q) const = 0;
  Index flows() const { return spec_.flows; }

 protected:
  // numbers: how many each step reads off h, of q.more (B, flows · numbers)
  FlowPosterior(Parameters& p, const std::string& name, Index h, const PosteriorSpec& s,
                Index numbers);

 private:
  Var steps(Var s, const PosteriorAt& q) const;

  Linear mean_, scale_;
  std::optional<Linear> numbers_;
  PosteriorSpec spec_;
};

// The flow whose steps are one op each, Step{first of its numbers} of (s, q.more).
template <class Step>
class FlowOf : public FlowPosterior {
 public:
  FlowOf(Parameters& p, const std::string& name, Index h, const PosteriorSpec& s)
      : FlowPosterior(p, name, h, s, Step::numbers(s.latent)), numbers_(Step::numbers(s.latent)) {}

  Var step(Index t, Var s, const PosteriorAt& q) const override {
    return record(Step{t * numbers_}, s, q.more);
  }

 private:
  Index numbers_;
};

}  // namespace vaegrad::inline VAEGRAD_ABI
