// A trained run as a coder of images.
#pragma once
#include <vaegrad/lab/run/run_files.hpp>
#include <vaegrad/models/coding/bits_back.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// Errors: a model that cannot code: an autoencoder (it has no posterior), one that is conditioned,
// a likelihood that is no probability of bytes, a network with weights that the coder does not
// know.
BitsBack make_coder(const RunFiles& run);

}  // namespace vaegrad::inline VAEGRAD_ABI
