// A trained run as ONNX graphs (https://onnx.ai), which other programs run without vaegrad: a tape is
// recorded and written (tape_writer.hpp). All are for any number of examples, x as the data have it:
// pixels from 0 to 1, drawn as 0 or 1 where the run binarizes; a table's columns in their own units.
// A conditional model has a second input y, rows with a 1 for the class. Metadata: the settings, the
// weights' version, what inputs and outputs are.
//
// Errors: what has no form in ONNX, by its name; a model that is given a part of an image.
#pragma once
#include <vaegrad/lab/run/run.hpp>
#include <vaegrad/models/metrics/owned_matrix.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// A graph as a file, and what a few made-up examples give here, to hold others against.
struct OnnxFile {
  // An input or an output.
  struct Tensor {
    std::string name;     // as in the graph
    OwnedMatrix numbers;  // (examples, columns)
  };
  std::string bytes;
  std::vector<Tensor> inputs = {}, outputs = {};
};

// x ↦ code, the one without noise; and what q(z|x) is made of: mean and log_variance of a Gaussian
// (of a flow: where it begins), more where a family has more.
OnnxFile onnx_encoder(const LoadedRun& run);
// z ↦ x_mean = E[x|z], in the units of x; parameters, the numbers of the likelihood as the network
// gives them, block after block (models/likelihoods/likelihood.hpp); log_scale where it has one.
OnnxFile onnx_decoder(const LoadedRun& run);
// x, eps ↦ z, x_mean of each draw, log_weights = log p(x|z) + log p(z) − log q(z|x) (B, K), and bound
// = log 1/K Σ_k w_k (B, 1), nats. eps ~ N(0, I) has K rows for each example, one below the other; of
// several layers of latents each has its own. With a particle it is the ELBO by Monte Carlo.
OnnxFile onnx_bound(const LoadedRun& run, Index particles);

}  // namespace vaegrad::inline VAEGRAD_ABI
