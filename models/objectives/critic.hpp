// A network that tells two kinds of codes apart: the opponent of objectives that need the ratio of
// two densities they cannot compute. Trained to the end, its logit is the log of the ratio.
#pragma once
#include <vaegrad/models/layers.hpp>
#include <vaegrad/models/objectives/objective.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// z (B, Z) -> the logit of being of the first kind (B, 1): three leaky layers of 256
class Critic : public Opponent {
 public:
  explicit Critic(const OpponentSpec& s)
      : hidden_(parameters, "critic", s.latent, {256, 256, 256}, activation("leaky_relu"),
                {.seed = s.seed}),
        logit_(parameters, "critic.logit", 256, 1, {.seed = s.seed}) {}
  Var operator()(Var z) const { return logit_(hidden_(z)); }  // (B, Z) -> (B, 1)

 private:
  Mlp hidden_;
  Linear logit_;
};

}  // namespace vaegrad::inline VAEGRAD_ABI
