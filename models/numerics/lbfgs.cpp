#include <cmath>
#include <deque>
#include <numeric>
#include <vaegrad/models/numerics/lbfgs.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

using Numbers = std::vector<double>;

double dot(const Numbers& a, const Numbers& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

// x + t d, with the function's value, gradient and slope along d there
struct Trial {
  double t = 0, value = 0, slope = 0;
  Numbers x, gradient;
};

// t with  f(t) ≤ f(0) + c₁ t f'(0)  and  |f'(t)| ≤ c₂ |f'(0)|
class LineSearch {
 public:
  LineSearch(const Differentiable& f, const Numbers& x, const Numbers& d, double value,
             double slope)
      : f_(f), x_(x), d_(d), value_(value), slope_(slope) {}

  // False when no such t was found; `to` then holds the lowest value met, if that is lower.
  bool run(double first, Trial& to) {
    Trial low{0, value_, slope_, x_, {}}, now;
    double t = first;
    for (int i = 0; i < 20; ++i, t *= 2) {
      at(t, now);
      if (!descends(now) || (i > 0 && now.value >= low.value))
        return zoom(low, now.t, now.value, to);
      if (flat(now)) return to = std::move(now), true;
      if (now.slope >= 0) {
        const double t_low = low.t, value_low = low.value;
        return zoom(now, t_low, value_low, to);
      }
      low = now;
    }
    return to = std::move(low), false;
  }

 private:
  void at(double t, Trial& to) const {
    to.t = t;
    to.x = x_;
    for (std::size_t i = 0; i < to.x.size(); ++i) to.x[i] += t * d_[i];
    to.gradient.resize(to.x.size());
    to.value = f_(to.x, to.gradient);
    to.slope = dot(to.gradient, d_);
  }
  bool descends(const Trial& a) const { return a.value <= value_ + 1e-4 * a.t * slope_; }
  bool flat(const Trial& a) const { return std::abs(a.slope) <= -0.9 * slope_; }

  bool zoom(Trial low, double t_high, double value_high, Trial& to) const {
    Trial now;
    for (int i = 0; i < 20; ++i) {
      // The minimum of the parabola through f(low), f'(low), f(high), kept off the ends
      const double width = t_high - low.t;
      const double bend = value_high - low.value - low.slope * width;
      double share = bend > 0 ? -low.slope * width / (2 * bend) : 0.5;
      if (!(share > 0.1 && share < 0.9)) share = 0.5;
      at(low.t + share * width, now);
      if (!descends(now) || now.value >= low.value) {
        t_high = now.t, value_high = now.value;
      } else {
        if (flat(now)) return to = std::move(now), true;
        if (now.slope * (t_high - low.t) >= 0) t_high = low.t, value_high = low.value;
        low = now;
      }
    }
    return to = std::move(low), false;
  }

  const Differentiable& f_;
  const Numbers &x_, &d_;
  double value_, slope_;
};

struct Step {
  Numbers s, y;  // of x and of the gradient
  double sy;
};

// −H g by the two-loop recursion
Numbers direction(const Numbers& gradient, const std::deque<Step>& steps) {
  Numbers d = gradient;
  std::vector<double> a(steps.size());
  for (std::size_t k = steps.size(); k-- > 0;) {
    a[k] = dot(steps[k].s, d) / steps[k].sy;
    for (std::size_t i = 0; i < d.size(); ++i) d[i] -= a[k] * steps[k].y[i];
  }
  if (!steps.empty()) {
    const double scale = steps.back().sy / dot(steps.back().y, steps.back().y);
    for (double& v : d) v *= scale;
  }
  for (std::size_t k = 0; k < steps.size(); ++k) {
    const double b = dot(steps[k].y, d) / steps[k].sy;
    for (std::size_t i = 0; i < d.size(); ++i) d[i] += (a[k] - b) * steps[k].s[i];
  }
  for (double& v : d) v = -v;
  return d;
}

}  // namespace

LbfgsResult minimise(const Differentiable& function, std::vector<double>& x,
                     const LbfgsSettings& settings) {
  LbfgsResult result;
  Numbers gradient(x.size());
  result.value = function(x, gradient);
  const double first_norm = std::sqrt(dot(gradient, gradient));
  check(std::isfinite(result.value + first_norm),
        "minimise: value and gradient are not finite at the start: ", result.value, ", ",
        first_norm);
  std::deque<Step> steps;
  for (;; ++result.iterations) {
    result.gradient_norm = std::sqrt(dot(gradient, gradient));
    result.converged = result.gradient_norm <= settings.tolerance * first_norm;
    if (result.converged || result.iterations == settings.iterations) return result;

    const Numbers d = direction(gradient, steps);
    const double slope = dot(gradient, d);
    if (!(slope < 0)) return result;
    Trial next;
    const double t = steps.empty() ? std::min(1.0, 1 / result.gradient_norm) : 1.0;
    const bool found = LineSearch(function, x, d, result.value, slope).run(t, next);
    if (!(next.value < result.value) || next.gradient.empty()) return result;
    Step step{next.x, next.gradient, 0};
    for (std::size_t i = 0; i < x.size(); ++i) step.s[i] -= x[i], step.y[i] -= gradient[i];
    step.sy = dot(step.s, step.y);
    x = std::move(next.x), gradient = std::move(next.gradient), result.value = next.value;
    if (!found && !(step.sy > 0)) return result;
    if (step.sy > 1e-12 * dot(step.y, step.y)) steps.push_back(std::move(step));
    if (steps.size() > settings.memory) steps.pop_front();
  }
}

}  // namespace vaegrad::inline VAEGRAD_ABI
