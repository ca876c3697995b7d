// Optimisers: a rule for one number, applied in one fused loop over the flat block of parameters.
//
//   Adam optimiser(parameters, {.learning_rate = 1e-3});
//   parameters.zero_gradient();  tape.backward(loss);  optimiser.step();
//
// They minimise. The rules are in optimiser_rules.hpp.
#pragma once
#include <algorithm>
#include <array>
#include <tuple>

#include <vaegrad/autodiff/kernels/parallel.hpp>
#include <vaegrad/autodiff/optimiser_rules.hpp>
#include <vaegrad/autodiff/parameters.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// Moves every number of a block of parameters by a rule.
template <class Rule>
class Optimiser {
 public:
  explicit Optimiser(Parameters& parameters, Rule rule = {}) : rule(rule), parameters_(parameters) {
    std::array<double, Rule::moments> start{};
    if constexpr (requires { rule.start(); }) start = rule.start();
    for (std::size_t k = 0; k < start.size(); ++k)
      moments_[k].assign(parameters.values().size(), Real(start[k]));
  }

  Rule rule;  // its numbers may change between steps

  // One step down the gradient. Errors: parameters were added since it was made; those of Gradient.
  void step() {
    Gradient& gradient = parameters_.own_gradient();
    check(moments_[0].size() == parameters_.values().size(), "optimiser: it was made for ",
          moments_[0].size(), " numbers, but the parameters now have ", parameters_.values().size(),
          hint, "add every parameter before making the optimiser");
    const auto w = parameters_.change_values();
    const auto now = rule.at(steps_ + 1);
    // By value: what a store of numbers cannot change is in registers.
    std::array<Real*, Rule::moments> all;
    for (std::size_t k = 0; k < all.size(); ++k) all[k] = moments_[k].data();
    const auto move = [now, all, w = w.data()](Index first, std::span<const Real> g) {
      const auto some = [&](Index i, auto... live) {
        Lanes x = Lanes::load(w + first + i, live...);
        std::array<Lanes, Rule::moments> m;
        for (std::size_t k = 0; k < m.size(); ++k) m[k] = Lanes::load(all[k] + first + i, live...);
        std::apply(
            [&](auto&... moment) { now.move(x, Lanes::load(g.data() + i, live...), moment...); },
            m);
        for (std::size_t k = 0; k < m.size(); ++k) m[k].store(all[k] + first + i, live...);
        x.store(w + first + i, live...);
      };
      const Index n = Index(g.size());
      Index i = 0;
      for (; i + Lanes::size <= n; i += Lanes::size) some(i);
      if (i < n) some(i, int(n - i));
    };
    const auto soon = [all, w = w.data()](Index i) {
      __builtin_prefetch(w + i, 1);
      for (const Real* m : all) __builtin_prefetch(m + i, 1);
    };
    gradient.for_each_piece(move, soon);
    ++steps_;
  }

  // What a checkpoint must keep beside the parameters.
  std::array<RealLines, Rule::moments>& moments() { return moments_; }
  std::uint64_t& steps() { return steps_; }  // taken so far

 private:
  Parameters& parameters_;
  std::array<RealLines, Rule::moments> moments_;
  std::uint64_t steps_ = 0;
};

// Their rules have the formulas and the numbers that can be set.
using Sgd = Optimiser<SgdRule>;
using Adam = Optimiser<AdamRule>;
using AdamW = Optimiser<AdamWRule>;
using Adagrad = Optimiser<AdagradRule>;
using RmsProp = Optimiser<RmsPropRule>;
using CentredRmsProp = Optimiser<CentredRmsPropRule>;

// Neither NaN nor infinite: one more pass over the gradient, by the team where it is long.
bool finite_gradient(Parameters& parameters);
// √Σ g² over all parameters
double gradient_norm(Parameters& parameters);
// Divides the gradient of each parameter, a matrix, by its norm (+ 1e-7: none stays none). Yu et al.,
// Block-normalized gradient method, arXiv 1707.04822
void normalise_gradient(Parameters& parameters);
// Scales the gradient down to `largest` when its norm is greater; returns the norm it had.
double clip_gradient(Parameters& parameters, double largest);

}  // namespace vaegrad::inline VAEGRAD_ABI
