// Optimisers: a rule for one number, applied in one fused loop over the flat block of parameters.
//
//   Adam optimiser(parameters, {.learning_rate = 1e-3});
//   parameters.zero_gradient();  tape.backward(loss);  optimiser.step();
//
// They minimise. A rule says how many moments it keeps per parameter and how a step moves it.
#pragma once
#include <array>
#include <cmath>

#include <vaegrad/autodiff/lanes.hpp>
#include <vaegrad/autodiff/parallel.hpp>
#include <vaegrad/autodiff/parameters.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// w ← w − η v,  v ← μ v + g          (μ = 0: plain stochastic gradient descent)
struct SgdRule {
  static constexpr int moments = 1;
  double learning_rate = 1e-2, momentum = 0;

  struct Now {
    Lanes rate, momentum;
    void move(Lanes& w, Lanes g, Lanes& v) const {
      v = momentum * v + g;
      w -= rate * v;
    }
  };
  Now at(std::uint64_t) const { return {Lanes(Real(learning_rate)), Lanes(Real(momentum))}; }
};

// m ← β₁ m + (1−β₁) g,  v ← β₂ v + (1−β₂) g²,  w ← w − η m̂ / (√v̂ + ε)
// with m̂ = m / (1−β₁ᵗ), v̂ = v / (1−β₂ᵗ)          Kingma and Ba, arXiv 1412.6980, algorithm 1
struct AdamRule {
  static constexpr int moments = 2;
  double learning_rate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;

  struct Now {
    Lanes beta1, rest1, beta2, rest2, rate, root, epsilon;
    void move(Lanes& w, Lanes g, Lanes& m, Lanes& v) const {
      m = beta1 * m + rest1 * g;
      v = beta2 * v + rest2 * (g * g);
      w -= rate * m / (sqrt(v) * root + epsilon);
    }
  };
  Now at(std::uint64_t t) const {
    const auto lanes = [](double x) { return Lanes(Real(x)); };
    const double n = double(t);
    return {lanes(beta1),
            lanes(1 - beta1),
            lanes(beta2),
            lanes(1 - beta2),
            lanes(learning_rate / (1 - std::pow(beta1, n))),
            lanes(1 / std::sqrt(1 - std::pow(beta2, n))),
            lanes(epsilon)};
  }
};

template <class Rule>
class Optimiser {
 public:
  explicit Optimiser(Parameters& parameters, Rule rule = {}) : rule(rule), parameters_(parameters) {
    for (auto& m : moments_) m.resize(parameters.values().size());
  }

  Rule rule;  // its numbers may change between steps

  void step() {
    const auto g = parameters_.gradient();
    const auto w = parameters_.change_values();
    check(moments_[0].size() == w.size(), "optimiser: it was made for ", moments_[0].size(),
          " numbers, but the parameters now have ", w.size(), hint,
          "add every parameter before making the optimiser");
    const auto now = rule.at(++steps_);
    constexpr Index block = 1 << 14;  // a whole number of lanes; Params start on cache lines
    const Index n = Index(w.size());
    parallel_for((n + block - 1) / block, n > 2 * block, [&](Index b) {
      for (Index i = b * block; i < std::min(n, (b + 1) * block); i += Lanes::size) {
        Lanes x = Lanes::load(&w[std::size_t(i)]);
        std::array<Lanes, Rule::moments> m;
        for (std::size_t k = 0; k < m.size(); ++k) m[k] = Lanes::load(moments_[k].data() + i);
        std::apply(
            [&](auto&... moment) { now.move(x, Lanes::load(&g[std::size_t(i)]), moment...); }, m);
        for (std::size_t k = 0; k < m.size(); ++k) m[k].store(moments_[k].data() + i);
        x.store(&w[std::size_t(i)]);
      }
    });
  }

  // What a checkpoint must keep beside the parameters.
  std::array<std::vector<Real>, Rule::moments>& moments() { return moments_; }
  std::uint64_t& steps() { return steps_; }

 private:
  Parameters& parameters_;
  std::array<std::vector<Real>, Rule::moments> moments_;
  std::uint64_t steps_ = 0;
};
using Sgd = Optimiser<SgdRule>;
using Adam = Optimiser<AdamRule>;

// √Σ g² over all parameters
double gradient_norm(Parameters& parameters);
// Scales the gradient down to `largest` when its norm is greater; returns the norm it had.
double clip_gradient(Parameters& parameters, double largest);

}  // namespace vaegrad::inline VAEGRAD_ABI
