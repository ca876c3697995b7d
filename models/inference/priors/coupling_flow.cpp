#include <algorithm>

#include <vaegrad/models/distributions.hpp>
#include <vaegrad/models/inference/priors/coupling_flow.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

constexpr double most = 2;  // |s| of one coupling: no step can explode, and N of them scale freely

}  // namespace

CouplingFlow::CouplingFlow(Parameters& p, const std::string& name, Index dimensions, Index steps,
                           Index width, Activation activation, Initial initial)
    : first_((dimensions + 1) / 2), second_(dimensions / 2), activation_(activation) {
  check<UsageError>(dimensions >= 2,
                    "flow: one latent has no other half to be moved by: ", dimensions, hint,
                    "the mixture prior, or two latents and more");
  for (Index i = 0; i < steps; ++i) {
    const Index says = i % 2 ? second_ : first_, moved = i % 2 ? first_ : second_;
    const std::string here = concat(name, '.', i);
    couplings_.push_back({Linear(p, here + ".hidden", says, width, initial),
                          p.add(here + ".last.weight", {width, 2 * moved}),
                          p.add(here + ".last.bias", {1, 2 * moved})});
  }
}

// (s', t) = W₂ a(W₁ said + b₁) + b₂,  s = S tanh(s' / S)
CouplingFlow::Affine CouplingFlow::at(const Coupling& c, Var said) const {
  Tape& tape = said.tape();
  const Var h = c.hidden(said, activation_);
  const Var numbers = affine(h, tape(c.weight), tape(c.bias));
  const Index moved = numbers.shape().cols / 2;
  return {bounded(columns(numbers, 0, moved), most), columns(numbers, moved, moved)};
}

// x ↦ x ⊙ exp(s) + t, coupling by coupling
Var CouplingFlow::operator()(Var base) const {
  Var half[] = {columns(base, 0, first_), columns(base, first_, second_)};
  for (std::size_t i = 0; i < couplings_.size(); ++i) {
    Var& moved = half[1 - i % 2];
    const Affine f = at(couplings_[i], half[i % 2]);
    moved = moved * exp(f.log_scale) + f.shift;
  }
  return concatenate_columns(half[0], half[1]);
}

// x ↦ (x − t) ⊙ exp(−s), the last coupling first;  log |det| = −Σ s
CouplingFlow::Inverse CouplingFlow::inverse(Var z) const {
  Var half[] = {columns(z, 0, first_), columns(z, first_, second_)};
  Var log_det = z.tape().constant(Shape{z.shape().rows, 1});
  std::fill(log_det.val().begin(), log_det.val().end(), Real{0});
  for (std::size_t i = couplings_.size(); i-- > 0;) {
    Var& moved = half[1 - i % 2];
    const Affine f = at(couplings_[i], half[i % 2]);
    moved = (moved - f.shift) * exp(-f.log_scale);
    log_det = log_det - row_sums(f.log_scale);
  }
  return {concatenate_columns(half[0], half[1]), log_det};
}

}  // namespace vaegrad::inline VAEGRAD_ABI
