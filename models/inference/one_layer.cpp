// x ↦ h ↦ q(z|x): an encoder's body, and a posterior of the table that reads its numbers off h.
#include <vaegrad/models/distributions.hpp>
#include <vaegrad/models/inference/inference.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

class OneLayer : public Inference {
 public:
  OneLayer(Blocks blocks, const InferenceSpec& s)
      : body_(blocks, "encoder", s.network, s.image, s.conditions, s.activation, s.initial),
        posterior_(s.posterior->make(blocks.learnt, "encoder", body_.outputs, s.latents)) {}

  Draw draw(const Seen& seen, const Prior& prior, Stream& noise, Index particles,
            const Wanted& wanted) const override {
    Draw d;
    d.particles = particles, d.q = code(seen);
    d.p = prior.given(seen.x.tape(), seen.y, *this);
    d.z = posterior_->sample(d.q, noise, particles);
    if (wanted.factor) with_factor(d);
    return d;
  }

  void weigh(Draw& d, const Wanted& wanted) const override {
    if (wanted.log_ratio) ratio(d, wanted.held);
    if (wanted.kl) d.kl = posterior_->kl(d.q, d.p);
    if (wanted.kl && !d.kl && !d.log_ratio) ratio(d, wanted.held);
  }

  PosteriorAt code(const Seen& seen) const override {
    return posterior_->at(body_(seen.x, seen.y, seen.pass));
  }

 private:
  // log p(z|y) − log q(z|x)
  void ratio(Draw& d, bool held) const {
    const Var log_p = d.p.prior->log_prob(d.p, d.z, d.particles);
    d.log_ratio = log_ratio_of(d, log_p, posterior_->log_prob(d.q, drawn(d), d.particles, held));
  }

  EncoderBody body_;
  std::unique_ptr<Posterior> posterior_;
};

}  // namespace

std::unique_ptr<Inference> one_layer(Blocks blocks, const InferenceSpec& spec) {
  return std::make_unique<OneLayer>(blocks, spec);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
