// The von Mises-Fisher distribution on the unit sphere in R^m, of density ∝ exp(κ μᵀz): what its
// normaliser and its angle to μ need, in double, for any κ ≥ 0 and m ≥ 2. Not by library Bessel
// functions, which overflow near κ = 700.
#pragma once
#include <array>

#include <vaegrad/autodiff/matrix.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// log of the area of the unit sphere in R^m:  log 2 + m/2 log π − log Γ(m/2)
double log_sphere_area(Index m);

// log q(z) = κ μᵀz − F(κ) − log area, with F = log(Γ(m/2) (2/κ)^v I_v(κ)),  v = m/2 − 1
struct SphereNormaliser {
  double log;    // F
  double below;  // κ − F, which grows with log κ alone
  double ratio;  // A(κ) = F' = I_(v+1)(κ) / I_v(κ) = E[μᵀz]
  double slope;  // A'(κ) = Var[μᵀz]
  double kl;     // κ A − F, to the uniform distribution
};
SphereNormaliser sphere_normaliser(Index m, double kappa);

// The angle between z and μ, of density f ∝ exp(κ cos θ) sin^(m−2) θ on [0, π].
class PolarAngle {
 public:
  PolarAngle(Index m, double kappa);
  // One draw.
  struct Drawn {
    double theta, slope;  // θ, ∂θ/∂κ
  };
  // Where the distribution function is u, and how that moves with κ. Draws by it have a smooth path
  // in κ; those by rejection (Ulrich 1984, Wood 1994) have not, and need the term of Naesseth et
  // al. (arXiv 1610.05683, eq. 8), here in ∂θ/∂κ (Figurnov et al., arXiv 1805.08498, eq. 6).
  Drawn at(double u) const;

 private:
  static constexpr int panels = 8;
  struct Mass {
    double all = 0, away = 0;  // ∫ f, ∫ (1 − cos θ) f
  };
  double density(double theta) const;
  template <std::size_t N>
  void add(Mass& to, double from, double until, const std::array<double, N>& nodes,
           const std::array<double, N>& weights) const;

  double kappa_, power_, top_ = 0;  // log f at its greatest
  double low_, width_;              // the panels; beyond them lies less than 1e-16
  std::array<Mass, panels + 1> before_{};
};

}  // namespace vaegrad::inline VAEGRAD_ABI
