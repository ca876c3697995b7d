// Completion: what a trained model expects of the numbers of an example that are missing.
#pragma once
#include <vaegrad/lab/run/run.hpp>
#include <vaegrad/models/metrics/owned_matrix.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// How missing numbers are found.
struct Imputing {
  Index particles = 100;   // draws of z that the answer is an average of, for each example
  int sweeps = 10;         // of the Markov chain that places q
  std::uint64_t seed = 1;  // of the draws of z
};
// The examples in the data's own units (lab/uses/decode.hpp), with E[x_m | x_o] in the place of what
// is missing: x_m, the numbers j of example i with missing[i D + j], given the others, x_o.
//
// A Markov chain, x_m ← E[x_m | z] with z ~ q(z | x_o, x_m), finds an x that the encoder knows
// (Rezende, Mohamed and Wierstra, arXiv 1401.4082, appendix F); the answer is an average by
// self-normalised importance sampling, Σ_k w_k E[x_m | z_k] / Σ_k w_k with z_k ~ q(z | x_o, x_m) and
// w = p(x_o|z) p(z) / q(z | x_o, x_m) (Mattei and Frellsen, arXiv 1812.02633, eq. 12), which is
// right in the limit of many draws wherever the chain ends.
//
// progress gets the number of examples done. UsageError: a mask of another size, a model without a
// distribution of codes or one that completes images itself.
OwnedMatrix impute(const Model& model, const Examples& examples, const Settings& settings,
                   std::span<const std::uint8_t> missing, const Imputing& how,
                   const std::function<void(std::size_t)>& progress = {});

}  // namespace vaegrad::inline VAEGRAD_ABI
