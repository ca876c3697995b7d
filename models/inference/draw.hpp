// A draw: what one step infers about x, whatever posterior, prior or hierarchy is behind it. It is
// all that an objective sees of them.
#pragma once
#include <span>

#include <vaegrad/autodiff/random.hpp>
#include <vaegrad/models/inference/posterior_at.hpp>
#include <vaegrad/models/inference/prior_at.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// What somebody asks of a draw besides z.
struct Wanted {
  bool kl = false;         // the KL of each latent; where it has no closed form, log_ratio instead
  bool log_ratio = false;  // log p(z) − log q(z|x)
  bool held = false;       // .. as a function of z alone: the numbers of q are held fixed
  // z's adjoint, and that of log q, is multiplied by `factor`, row by row
  bool factor = false;
  bool diagonal = false;         // q.mean and q.log_variance are q's: it is a diagonal Gaussian
  bool prior_draws = false;      // a draw of p(z|y) for each example, as a constant
  bool decoder_weights = false;  // how large those of the decoder are
  bool decoder_slope = false;    // how steep the decoder is at z
};

// K particles for each of B examples, Z latents; row b K + k is the k-th particle of example b.
struct Draw {
  Var z = {};   // (B K, Z)
  Var kl = {};  // of each latent in closed form, nats: (B, Z), or (B K, Z) where a layer's KL
                // depends on the draw of the one above, and is log q − log p of the draw where
                // that one was drawn from it; empty: it has none, or nobody asked
  Var log_ratio = {};  // log p(z) − log q(z|x), nats, (B K, 1); empty: nobody asked
  // Of several layers of latents: how many each has, the one next to x first; and log_ratio of each,
  // (B K, L), where log_ratio is asked for
  std::span<const Index> layers = {};
  Var layer_ratios = {};
  Var penalty = {};  // what any objective subtracts besides, (B, 1), such as a codebook's; or empty
  Var factor = {};   // (B K, 1), filled in by who asked for it, until backward(); or empty
  Var drawn = {};    // with a factor: z before it, where log q is asked; or empty
  Var prior_draws = {};      // (B, Z), z ~ p(z|y); empty: nobody asked
  Var decoder_weights = {};  // the mean of their squares, (1, 1); empty: nobody asked
  Var decoder_slope = {};  // |J v|² / D of the decoder's D outputs at z, v ~ N(0, I): in the mean
                           // |J|² / D, (B K, 1); empty: nobody asked
  Index particles = 1;

  // Where it comes from.
  PosteriorAt q = {};
  PriorAt p = {};
};

// (B K, 1) -> (B, 1): the mean over the K particles of each example
Var particle_mean(Var v, Index particles);

// log p(z) − log q(z|x) of what they are at this draw, (B K, 1); with a factor, the adjoint of
// log q, which does not depend on the decoder, is multiplied by it whole.
Var log_ratio_of(const Draw& draw, Var log_p, Var log_q);
// Where log q is asked.
inline Var drawn(const Draw& d) { return d.drawn ? d.drawn : d.z; }

// KL(q(z|x) ‖ p(z)) of each example (B, 1), nats: in closed form, or else the mean of −log_ratio,
// which may be negative.
Var kl(const Draw& draw);
// .. of each layer of latents, one column for each, (B, L) or (B K, L).
Var kl_per_layer(const Draw& draw);

}  // namespace vaegrad::inline VAEGRAD_ABI
