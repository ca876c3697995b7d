#include <algorithm>
#include <cmath>
#include <limits>

#include <vaegrad/autodiff/kernels/parallel.hpp>
#include <vaegrad/models/distributions.hpp>
#include <vaegrad/models/fits/gaussian_mixture.hpp>
#include <vaegrad/models/metrics/nearest.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

using Numbers = std::vector<double>;
constexpr Index side = 16;    // points that are worked on side by side
constexpr Index blocks = 32;  // of points, whatever the number of threads

std::size_t at(Index i) { return static_cast<std::size_t>(i); }

// L of a symmetric matrix's lower triangle, in its place. false: not positive.
bool cholesky(double* a, Index n) {
  for (Index j = 0; j < n; ++j)
    for (Index i = j; i < n; ++i) {
      double sum = a[i * n + j];
      for (Index k = 0; k < j; ++k) sum -= a[i * n + k] * a[j * n + k];
      if (i == j && !(sum > 0)) return false;
      a[i * n + j] = i == j ? std::sqrt(sum) : sum / a[j * n + j];
    }
  for (Index i = 0; i < n; ++i) std::fill(a + i * n + i + 1, a + (i + 1) * n, 0.0);
  return true;
}

// The inverses of the factors, and log π_k − log |L_k| − D/2 log 2π.
struct Whitening {
  const GaussianMixture& of;
  Numbers inverse, constant;

  explicit Whitening(const GaussianMixture& m) : of(m), inverse(m.factors.size()) {
    const Index n = m.dimensions;
    for (Index k = 0; k < m.components; ++k) {
      const double* l = &m.factors[at(k * n * n)];
      double* w = &inverse[at(k * n * n)];
      double log_volume = 0;
      for (Index i = 0; i < n; ++i) {
        log_volume += std::log(l[i * n + i]);
        w[i * n + i] = 1 / l[i * n + i];
        for (Index j = 0; j < i; ++j) {
          double sum = 0;
          for (Index c = j; c < i; ++c) sum += l[i * n + c] * w[c * n + j];
          w[i * n + j] = -sum / l[i * n + i];
        }
      }
      constant.push_back(std::log(m.weights[at(k)]) - log_volume - 0.5 * double(n) * log_2pi);
    }
  }

  // log π_k N(x; m_k, Σ_k) of `count` points from x on, side by side: to[k side + point]; scratch
  // of 2 D side numbers.
  void log_parts(const Real* x, Index count, double* to, double* scratch) const {
    const Index n = of.dimensions;
    double *points = scratch, *away = scratch + n * side;
    for (Index j = 0; j < n; ++j)
      for (Index p = 0; p < side; ++p)
        points[j * side + p] = double(x[std::min(p, count - 1) * n + j]);
    for (Index k = 0; k < of.components; ++k) {
      const double *mean = &of.means[at(k * n)], *w = &inverse[at(k * n * n)];
      for (Index j = 0; j < n; ++j)
        for (Index p = 0; p < side; ++p) away[j * side + p] = points[j * side + p] - mean[j];
      double squares[side] = {};
      for (Index i = 0; i < n; ++i) {
        double y[side] = {};
        for (Index j = 0; j <= i; ++j)
          for (Index p = 0; p < side; ++p) y[p] += w[i * n + j] * away[j * side + p];
        for (Index p = 0; p < side; ++p) squares[p] += y[p] * y[p];
      }
      for (Index p = 0; p < side; ++p) to[k * side + p] = constant[at(k)] - 0.5 * squares[p];
    }
  }
};

// Shares of a point below exp of this are nothing beside the rounding of the sums.
constexpr double least_log_share = -40;

// log Σ_k exp of every side-th number
double log_sum(const double* parts, Index components) {
  double most = -std::numeric_limits<double>::infinity(), sum = 0;
  for (Index k = 0; k < components; ++k) most = std::max(most, parts[k * side]);
  for (Index k = 0; k < components; ++k)
    if (parts[k * side] > most + least_log_share) sum += std::exp(parts[k * side] - most);
  return most + std::log(sum);
}

// Σ r, Σ r d and the lower triangle of Σ r d dᵀ of each component, d = x − m_k
struct Sums {
  Numbers weight, first, second;
  double log_density = 0;

  Sums(Index components, Index n)
      : weight(at(components)), first(at(components * n)), second(at(components * n * n)) {}
  void take(Index k, Index n, double r, const double* d) {
    weight[at(k)] += r;
    double *one = &first[at(k * n)], *two = &second[at(k * n * n)];
    for (Index i = 0; i < n; ++i) {
      one[i] += r * d[i];
      for (Index j = 0; j <= i; ++j) two[i * n + j] += r * d[i] * d[j];
    }
  }
  void add(const Sums& more) {
    const auto each = [](Numbers& to, const Numbers& from) {
      for (std::size_t i = 0; i < to.size(); ++i) to[i] += from[i];
    };
    each(weight, more.weight), each(first, more.first), each(second, more.second);
    log_density += more.log_density;
  }
};

// f(sums of this block, first point, end) for the blocks of points; what they found, in order
template <class F>
Sums over_blocks(Index points, Index components, Index n, F f) {
  std::vector<Sums> found(at(blocks), Sums(components, n));
  parallel_for(blocks, true,
               [&](Index b) { f(found[at(b)], points * b / blocks, points * (b + 1) / blocks); });
  for (Index b = 1; b < blocks; ++b) found[0].add(found[at(b)]);
  return std::move(found[0]);
}

Sums expectations(ConstMatrix x, const GaussianMixture& m) {
  const Whitening white(m);
  const Index n = m.dimensions, K = m.components;
  return over_blocks(x.rows, K, n, [&](Sums& to, Index begin, Index end) {
    Numbers parts(at(K * side)), scratch(at(2 * n * side)), d(at(n));
    for (Index first = begin; first < end; first += side) {
      const Index count = std::min(side, end - first);
      white.log_parts(x.row(first), count, parts.data(), scratch.data());
      for (Index p = 0; p < count; ++p) {
        const double all = log_sum(&parts[at(p)], K);
        to.log_density += all;
        for (Index k = 0; k < K; ++k) {
          if (parts[at(k * side + p)] < all + least_log_share) continue;
          const double share = std::exp(parts[at(k * side + p)] - all);
          for (Index j = 0; j < n; ++j) d[at(j)] = double(x(first + p, j)) - m.means[at(k * n + j)];
          to.take(k, n, share, d.data());
        }
      }
    }
  });
}

constexpr double pull_weight = 0.01;

// The mixture of these sums, taken about the means that m has; `pull` is the diagonal that each
// covariance is pulled towards.
void maximise(GaussianMixture& m, const Sums& sums, const Numbers& pull, Index points) {
  const Index n = m.dimensions;
  for (Index k = 0; k < m.components; ++k) {
    const double r = sums.weight[at(k)];
    m.weights[at(k)] = std::max(r, 1e-12) / double(points);
    double *mean = &m.means[at(k * n)], *factor = &m.factors[at(k * n * n)];
    Numbers moved(at(n));
    for (Index i = 0; i < n; ++i) moved[at(i)] = r > 0 ? sums.first[at(k * n + i)] / r : 0;
    for (Index i = 0; i < n; ++i)
      for (Index j = 0; j <= i; ++j)
        factor[i * n + j] =
            (sums.second[at(k * n * n + i * n + j)] - r * moved[at(i)] * moved[at(j)] +
             (i == j ? pull_weight * pull[at(i)] : 0)) /
            (r + pull_weight);
    check(cholesky(factor, n), "mixture: the covariance of component ", k, " is no longer positive",
          hint, "fewer --components");
    for (Index i = 0; i < n; ++i) mean[i] += moved[at(i)];
  }
}

// The first centres: each a point, drawn with a probability that goes with its squared distance to
// those drawn before (Arthur and Vassilvitskii 2007).
OwnedMatrix spread_centres(ConstMatrix x, Index components, std::uint64_t seed) {
  OwnedMatrix centres(components, x.cols);
  Numbers distance(at(x.rows), std::numeric_limits<double>::infinity());
  Stream stream(seed, Purpose::other, 0);
  std::size_t chosen = stream.below(std::uint64_t(x.rows));
  for (Index k = 0; k < components; ++k) {
    std::copy_n(x.row(Index(chosen)), x.cols, centres.view().row(k));
    parallel_for(blocks, true, [&](Index b) {
      for (Index i = x.rows * b / blocks; i < x.rows * (b + 1) / blocks; ++i) {
        double square = 0;
        for (Index j = 0; j < x.cols; ++j) {
          const double d = double(x(i, j)) - double(x(Index(chosen), j));
          square += d * d;
        }
        distance[at(i)] = std::min(distance[at(i)], square);
      }
    });
    double all = 0;
    for (const double d : distance) all += d;
    if (!(all > 0)) break;  // fewer different points than components: the rest stay at 0
    double left = all * (double(stream.bits() >> 11) * 0x1p-53);
    for (chosen = 0; chosen + 1 < distance.size() && left >= distance[chosen]; ++chosen)
      left -= distance[chosen];
  }
  return centres;
}

}  // namespace

void GaussianMixture::log_density(ConstMatrix x, std::span<double> to) const {
  check(x.cols == dimensions && to.size() == at(x.rows), "mixture: points of ", x.cols,
        " numbers, but its own have ", dimensions, hint, "codes of the run that it was fitted to");
  const Whitening white(*this);
  const Index rows = (x.rows + side - 1) / side;
  parallel_for(rows, x.rows * components > 4096, [&](Index b) {
    Numbers parts(at(components * side)), scratch(at(2 * dimensions * side));
    const Index count = std::min(side, x.rows - b * side);
    white.log_parts(x.row(b * side), count, parts.data(), scratch.data());
    for (Index p = 0; p < count; ++p) to[at(b * side + p)] = log_sum(&parts[at(p)], components);
  });
}

void GaussianMixture::draw(ConstMatrix u, ConstMatrix e, Matrix to) const {
  const Index n = dimensions;
  for (Index i = 0; i < to.rows; ++i) {
    Index k = 0;
    double below = weights[0];
    while (double(u(i, 0)) > below && k + 1 < components) below += weights[at(++k)];
    for (Index j = 0; j < n; ++j) {
      double x = means[at(k * n + j)];
      for (Index c = 0; c <= j; ++c) x += factors[at((k * n + j) * n + c)] * double(e(i, c));
      to(i, j) = Real(x);
    }
  }
}

FittedMixture fit_mixture(ConstMatrix x, const MixtureSettings& s,
                          const std::function<void(int, double)>& progress) {
  const Index n = x.cols, K = s.components;
  check(K >= 1 && x.rows > K, "mixture: ", K, " components of ", x.rows, " points", hint,
        "fewer --components, at least 1");
  Numbers mean(at(n)), pull(at(n));
  for (Index i = 0; i < x.rows; ++i)
    for (Index j = 0; j < n; ++j) {
      check(std::isfinite(x(i, j)), "mixture: number ", j, " of point ", i, " is ", double(x(i, j)),
            hint, "are the codes those of a trained run?");
      mean[at(j)] += double(x(i, j)) / double(x.rows);
    }
  for (Index i = 0; i < x.rows; ++i)
    for (Index j = 0; j < n; ++j) {
      const double d = double(x(i, j)) - mean[at(j)];
      pull[at(j)] += d * d / double(x.rows);
    }
  const double widest = *std::max_element(pull.begin(), pull.end());
  check(widest > 0, "mixture: all ", x.rows, " points are the same", hint,
        "are the codes those of a trained run?");
  for (double& v : pull) v = std::max(v, 1e-9 * widest) * std::pow(double(K), -2 / double(n));

  FittedMixture to;
  GaussianMixture& m = to.mixture;
  m.components = K, m.dimensions = n;
  m.weights.resize(at(K)), m.factors.resize(at(K * n * n));
  OwnedMatrix centres = spread_centres(x, K, s.seed);
  for (int round = 0;; ++round) {
    m.means.assign(centres.numbers.begin(), centres.numbers.end());
    const Neighbours to_centre = nearest(x, centres, 1);
    const Sums sums = over_blocks(x.rows, K, n, [&](Sums& of, Index begin, Index end) {
      Numbers d(at(n));
      for (Index i = begin; i < end; ++i) {
        const Index k = Index(to_centre.rows[at(i)]);
        for (Index j = 0; j < n; ++j) d[at(j)] = double(x(i, j)) - m.means[at(k * n + j)];
        of.take(k, n, 1, d.data());
      }
    });
    maximise(m, sums, pull, x.rows);
    if (round == 10) break;
    std::transform(m.means.begin(), m.means.end(), centres.numbers.begin(),
                   [](double v) { return Real(v); });
  }
  to.log_density = -std::numeric_limits<double>::infinity();
  while (to.iterations < s.iterations && !to.converged) {
    const Sums sums = expectations(x, m);
    const double now = sums.log_density / double(x.rows);
    to.converged = now - to.log_density < s.tolerance;
    to.log_density = now;
    ++to.iterations;
    if (progress) progress(to.iterations, now);
    if (!to.converged) maximise(m, sums, pull, x.rows);
  }
  return to;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
