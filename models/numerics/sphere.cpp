#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include <vaegrad/models/numerics/sphere.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// F = log Σ_k t_k, t_k = (κ²/4)^k / (k! (v+1)_k), summed outwards from its greatest term; with
// f_k = κ/2 / (v+1+k), A = Σ t_k f_k / Σ t_k and A' = A/κ + 2/κ Cov_t(k, f). All terms are positive;
// the covariance is that of distances from the greatest term, so that it does not cancel.
SphereNormaliser by_series(double v, double kappa) {
  const double q = kappa * kappa / 4;
  const double top = std::floor(2 * q / (v + std::sqrt(v * v + kappa * kappa) + 1e-300));
  const double f_top = kappa / 2 / (v + 1 + top);
  double others = 0, of_k = 0, of_f = 0, of_both = 0;
  const auto add = [&](double t, double k) {
    const double df = -f_top * k / (v + 1 + top + k);
    others += t, of_k += t * k, of_f += t * df, of_both += t * k * df;
  };
  double t = 1;  // in units of the greatest term, which adds nothing to the distances
  for (double k = 1; (t *= q / ((top + k) * (v + top + k))) > 1e-18 * others && t > 0; ++k)
    add(t, k);
  t = 1;
  for (double k = 0; k < top && (t *= (top - k) * (v + top - k) / q) > 1e-18 * others; ++k)
    add(t, -k - 1);
  const double sum = 1 + others;
  const double log_top = top == 0 ? 0
                                  : top * std::log(q) - std::lgamma(top + 1) -
                                        std::lgamma(v + top + 1) + std::lgamma(v + 1);
  const double ratio = f_top + of_f / sum;
  const double covariance = of_both / sum - of_k / sum * (of_f / sum);
  const double log = log_top + std::log1p(others);
  return {log, kappa - log, ratio,
          kappa > 0 ? ratio / kappa + 2 / kappa * covariance : 0.5 / (v + 1), kappa * ratio - log};
}

// A = Σ_n a_n κ^−n solves A' = 1 − A² − c A/κ, c = m − 1; F is its integral, with the constants of
// I_v ~ e^κ / √(2πκ).
SphereNormaliser by_asymptotics(double v, double kappa) {
  constexpr int terms = 16;
  const double c = 2 * v + 1;
  double a[terms] = {1, -c / 2};
  double less = -a[1] / kappa, slope = -a[1] / (kappa * kappa), integral = 0;
  double power = 1 / kappa;  // κ^(1−n)
  for (int n = 2; n < terms; ++n, power /= kappa) {
    a[n] = (n - 1 - c) * a[n - 1];
    for (int i = 1; i < n; ++i) a[n] -= a[i] * a[n - i];
    a[n] /= 2;
    less -= a[n] * power / kappa;  // 1 − A
    slope -= n * a[n] * power / (kappa * kappa);
    integral -= a[n] * power / (n - 1);
  }
  const double below = c / 2 * std::log(kappa) - std::lgamma(v + 1) - v * std::numbers::ln2 +
                       0.5 * std::log(2 * std::numbers::pi) - integral;
  return {kappa - below, below, 1 - less, slope, below - kappa * less};
}

// Gauss and Legendre's rules on [−1, 1]
constexpr std::array<double, 10> nodes10{
    -0.97390652851717172, -0.86506336668898451, -0.67940956829902441, -0.43339539412924719,
    -0.14887433898163121, 0.14887433898163121,  0.43339539412924719,  0.67940956829902441,
    0.86506336668898451,  0.97390652851717172};
constexpr std::array<double, 10> weights10{
    0.066671344308688138, 0.14945134915058059, 0.21908636251598204, 0.26926671930999636,
    0.29552422471475287,  0.29552422471475287, 0.26926671930999636, 0.21908636251598204,
    0.14945134915058059,  0.066671344308688138};
constexpr std::array<double, 5> nodes5{-0.90617984593866399, -0.53846931010568309, 0,
                                       0.53846931010568309, 0.90617984593866399};
constexpr std::array<double, 5> weights5{0.23692688505618909, 0.47862867049936647,
                                         0.56888888888888889, 0.47862867049936647,
                                         0.23692688505618909};

}  // namespace

double log_sphere_area(Index m) {
  const double half = double(m) / 2;
  return std::numbers::ln2 + half * std::log(std::numbers::pi) - std::lgamma(half);
}

SphereNormaliser sphere_normaliser(Index m, double kappa) {
  if (!(kappa >= 0 && kappa < 1e150)) return {nan, nan, nan, nan, nan};
  const double c = double(m - 1);
  return kappa > std::max(100.0, 40 * c * c) ? by_asymptotics((c - 1) / 2, kappa)
                                             : by_series((c - 1) / 2, kappa);
}

PolarAngle::PolarAngle(Index m, double kappa) : kappa_(kappa), power_(double(m - 2)) {
  if (!(kappa >= 0 && kappa < 1e150)) {
    low_ = width_ = nan;
    return;
  }
  // The greatest f, where κ sin² θ = (m − 2) cos θ, and how fast it falls on both sides
  const double cos_top = 2 * kappa / (power_ + std::hypot(power_, 2 * kappa) + 1e-300);
  const double sin_top = kappa > 0 ? std::sqrt(power_ * cos_top / kappa) : 1;
  const double mode = power_ > 0 ? std::atan2(sin_top, cos_top) : 0;
  const double curvature = power_ > 0 ? kappa * cos_top + power_ / (sin_top * sin_top) : kappa;
  const double deviation = 1 / std::sqrt(std::max(curvature, 0.1));
  const double s = std::sin(mode / 2);
  top_ = -2 * kappa * s * s + (power_ > 0 ? power_ * std::log(sin_top) : 0);
  constexpr double least = 1e-17;
  double low = mode, high = mode;
  for (double by = 8.5 * deviation; low > 0 && density(low) > least; by *= 1.2)
    low = std::max(0.0, mode - by);
  for (double by = 8.5 * deviation; high < std::numbers::pi && density(high) > least; by *= 1.2)
    high = std::min(std::numbers::pi, mode + by);
  low_ = low, width_ = (high - low) / panels;
  for (int k = 0; k < panels; ++k) {
    Mass& next = before_[std::size_t(k) + 1] = before_[std::size_t(k)];
    add(next, low_ + k * width_, low_ + (k + 1) * width_, nodes10, weights10);
  }
}

double PolarAngle::density(double theta) const {
  const double s = std::sin(theta / 2);
  const double log_f = -2 * kappa_ * s * s - top_;
  return power_ == 0 ? std::exp(log_f) : std::exp(log_f + power_ * std::log(std::sin(theta)));
}

template <std::size_t N>
void PolarAngle::add(Mass& to, double from, double until, const std::array<double, N>& nodes,
                     const std::array<double, N>& weights) const {
  const double half = (until - from) / 2, middle = (from + until) / 2;
  for (std::size_t i = 0; i < N; ++i) {
    const double theta = middle + half * nodes[i], s = std::sin(theta / 2);
    const double mass = half * weights[i] * density(theta);
    to.all += mass, to.away += 2 * s * s * mass;
  }
}

PolarAngle::Drawn PolarAngle::at(double u) const {
  if (!(width_ >= 0)) return {nan, nan};
  const Mass whole = before_.back();
  const double want = u * whole.all;
  int k = 0;
  while (k + 1 < panels && before_[std::size_t(k) + 1].all < want) ++k;
  const double left = low_ + k * width_, right = left + width_;
  Mass here = before_[std::size_t(k)];
  const double share =
      (want - here.all) / std::max(before_[std::size_t(k) + 1].all - here.all, 1e-300);
  double theta = left + std::clamp(share, 0.0, 1.0) * width_, f = 0;
  add(here, left, theta, nodes10, weights10);
  // Newton's steps, kept in the panel; of a short one the way is integrated alone
  for (int steps = 0; steps < 50; ++steps) {
    f = std::max(density(theta), 1e-300);
    const double next =
        std::clamp(theta + (want - here.all) / f, (left + theta) / 2, (right + theta) / 2);
    if (std::abs(next - theta) <= 1e-14 * (next + width_)) break;
    if (std::abs(next - theta) < 0.1 * width_) {
      add(here, theta, next, nodes5, weights5);
    } else {
      here = before_[std::size_t(k)];
      add(here, left, next, nodes10, weights10);
    }
    theta = next;
  }
  // ∂θ/∂κ = −(∂/∂κ ∫_0^θ f / ∫ f) / (f / ∫ f) = ∫_0^θ ((1 − cos φ) − E[1 − cos φ]) f dφ / f(θ)
  return {theta, (here.away - whole.away / whole.all * here.all) / f};
}

}  // namespace vaegrad::inline VAEGRAD_ABI
