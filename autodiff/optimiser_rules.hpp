// The rules of the optimisers: how many moments each keeps per parameter, and how a step moves one.
// Optimiser<Rule> (optimisers.hpp) applies a rule in one loop over the flat block.
//
// A rule's at(t) gives what is the same for all parameters in step t = 1, 2, ..; its move() gets
// the parameter w, its gradient g and its moments, which begin at start(), or at 0 where a rule has
// none. All compute in lanes; η is the learning rate.
#pragma once
#include <array>
#include <cmath>
#include <cstdint>

#include <vaegrad/autodiff/kernels/lanes.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// The same number in every lane.
inline Lanes lanes(double x) { return Lanes(Real(x)); }

// v ← μ v + g,  w ← w − η v          (μ = 0: plain stochastic gradient descent)
struct SgdRule {
  static constexpr int moments = 1;
  double learning_rate = 1e-2, momentum = 0;

  // ---- internal ----

  struct Now {
    Lanes rate, momentum;
    void move(Lanes& w, Lanes g, Lanes& v) const {
      v = momentum * v + g;
      w -= rate * v;
    }
  };
  Now at(std::uint64_t) const { return {lanes(learning_rate), lanes(momentum)}; }
};

// m ← β₁ m + (1−β₁) g,  v ← β₂ v + (1−β₂) g²,  w ← w − η m̂ / (√v̂ + ε)
// with m̂ = m / (1−β₁ᵗ), v̂ = v / (1−β₂ᵗ)          Kingma and Ba, arXiv 1412.6980, algorithm 1
// The algorithm begins at v = 0. A greater v forgets itself in some 1/(1−β₂) steps, which are small
// meanwhile.
struct AdamRule {
  static constexpr int moments = 2;
  double learning_rate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  double second_moment = 0;  // v before the first step

  // ---- internal ----

  struct Now {
    Lanes beta1, rest1, beta2, rest2, rate, root, epsilon;
    void move(Lanes& w, Lanes g, Lanes& m, Lanes& v) const {
      m = beta1 * m + rest1 * g;
      v = beta2 * v + rest2 * (g * g);
      w -= rate * m / (sqrt(v) * root + epsilon);
    }
  };
  std::array<double, moments> start() const { return {0, second_moment}; }
  Now at(std::uint64_t t) const {
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

// Adam, and before it w ← (1 − η λ) w.          Loshchilov and Hutter, arXiv 1711.05101, alg. 2
struct AdamWRule {
  static constexpr int moments = 2;
  double learning_rate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weight_decay = 1e-2;
  double second_moment = 0;

  // ---- internal ----

  struct Now {
    AdamRule::Now adam;
    Lanes keep;
    void move(Lanes& w, Lanes g, Lanes& m, Lanes& v) const {
      w *= keep;
      adam.move(w, g, m, v);
    }
  };
  std::array<double, moments> start() const { return {0, second_moment}; }
  Now at(std::uint64_t t) const {
    return {AdamRule{learning_rate, beta1, beta2, epsilon}.at(t),
            lanes(1 - learning_rate * weight_decay)};
  }
};

// s ← s + g²,  w ← w − η g / (√s + ε)          Duchi, Hazan and Singer, JMLR 12 (2011), eq. 1
struct AdagradRule {
  static constexpr int moments = 1;
  double learning_rate = 1e-2, epsilon = 1e-10;

  // ---- internal ----

  struct Now {
    Lanes rate, epsilon;
    void move(Lanes& w, Lanes g, Lanes& s) const {
      s += g * g;
      w -= rate * g / (sqrt(s) + epsilon);
    }
  };
  Now at(std::uint64_t) const { return {lanes(learning_rate), lanes(epsilon)}; }
};

// s ← ρ s + (1−ρ) g²,  w ← w − η g / (√s + ε)          Tieleman and Hinton, COURSERA lecture 6.5
// (2012)
struct RmsPropRule {
  static constexpr int moments = 1;
  double learning_rate = 1e-3, decay = 0.99, epsilon = 1e-8;

  // ---- internal ----

  struct Now {
    Lanes decay, rest, rate, epsilon;
    void move(Lanes& w, Lanes g, Lanes& s) const {
      s = decay * s + rest * (g * g);
      w -= rate * g / (sqrt(s) + epsilon);
    }
  };
  Now at(std::uint64_t) const {
    return {lanes(decay), lanes(1 - decay), lanes(learning_rate), lanes(epsilon)};
  }
};

// The same, by the variance of the gradient:  m ← ρ m + (1−ρ) g,  w ← w − η g / (√(s − m²) + ε)
// Graves, arXiv 1308.0850, eq. 38 to 40, without its momentum
struct CentredRmsPropRule {
  static constexpr int moments = 2;
  double learning_rate = 1e-3, decay = 0.99, epsilon = 1e-8;

  // ---- internal ----

  struct Now {
    RmsPropRule::Now plain;
    void move(Lanes& w, Lanes g, Lanes& m, Lanes& s) const {
      m = plain.decay * m + plain.rest * g;
      s = plain.decay * s + plain.rest * (g * g);
      const Lanes variance = s - m * m;  // below 0 by rounding
      w -= plain.rate * g / (sqrt(select(variance > lanes(0), variance, lanes(0))) + plain.epsilon);
    }
  };
  Now at(std::uint64_t t) const { return {RmsPropRule{learning_rate, decay, epsilon}.at(t)}; }
};

}  // namespace vaegrad::inline VAEGRAD_ABI
