// The same training step written by hand, without a tape: the yardstick. Every formula stands where
// it is needed, loops are fused as one would fuse them knowing the whole model, and nothing here
// can be asked to compute anything else. Products and lane functions are the engine's.
#pragma once
#include <vaegrad/autodiff/arena.hpp>
#include <vaegrad/autodiff/parameters.hpp>
#include <vaegrad/autodiff/random.hpp>
#include <vaegrad/lab/data/data_set.hpp>

#include "../cases.hpp"

namespace vaegrad::inline VAEGRAD_ABI {

class HandStep {
 public:
  // Starts at the values of `from`, in its layout: encoder, mean, log_variance, decoder, logits.
  HandStep(const BenchCase& what, const Images& images, const Parameters& from);

  // As TapeStep's.
  double operator()(std::span<const std::uint32_t> rows, std::uint32_t number);

  // The products of a step and nothing else; the optimiser's sweep and nothing else.
  void products();
  void optimise();

 private:
  struct Dense {  // y = f(x W + b), and the adjoints; y (rows, out)
    Index in, out;
    const Real *w, *b;
    Real *dw, *db, *y, *dy;
  };
  Real* buffer(Index n);
  Dense dense(const Parameters& from, std::size_t& number, Index rows);
  void forward(const Dense& layer, const Real* x, Index rows);
  // From dy, where it is complete, to dw, db and, unless it is null, dx; with `x_is_hidden` dx is
  // multiplied by the derivative at x of the activation that made x.
  void backward(const Dense& layer, const Real* x, Real* dx, Index rows, bool x_is_hidden);
  void make_batch(std::span<const std::uint32_t> rows);
  void sample();
  double likelihood();   // logits → −log p(x|z) or its weights, and the adjoint of the logits
  double weigh();        // K > 1: log-weights → the bound, and the logits' adjoint scaled
  double pull_sample();  // dz → dμ, d log σ²; returns the KL

  const BenchCase what_;
  const Images& images_;
  Arena memory_;
  Index size_, samples_;  // parameters; B K
  Real *values_, *gradient_, *m_, *v_;
  std::vector<Dense> encoder_, decoder_;  // hidden layers, and the logits last
  Dense mean_, log_variance_;
  Real *x_, *noise_, *z_, *dz_, *scale_, *log_weight_, *weight_;
  std::uint64_t steps_ = 0;
};

}  // namespace vaegrad::inline VAEGRAD_ABI
