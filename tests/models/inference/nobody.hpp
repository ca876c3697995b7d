// An inference for priors that ask nothing of the encoder.
#pragma once
#include <vaegrad/models/inference/inference.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

struct Nobody : Inference {
  Draw draw(const Seen&, const Prior&, Stream&, Index, const Wanted&) const override { return {}; }
  void weigh(Draw&, const Wanted&) const override {}
  PosteriorAt code(const Seen&) const override { return {}; }
};

}  // namespace vaegrad::inline VAEGRAD_ABI
