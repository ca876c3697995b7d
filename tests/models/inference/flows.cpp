// The posteriors that are flows, each by an inverse of its own that is no part of the library.
#include <doctest/doctest.h>

#include <functional>

#include "flow_case.hpp"

using namespace vaegrad;

namespace {

// f rises from −∞ to ∞: where it is 0
double root(const std::function<double(double)>& f, double low, double high) {
  while (high - low > 1e-14 * std::max({1.0, std::abs(low), std::abs(high)})) {
    const double middle = (low + high) / 2;
    if (middle == low || middle == high) break;
    (f(middle) < 0 ? low : high) = middle;
  }
  return (low + high) / 2;
}

// z' = z + û tanh(wᵀz + b): wᵀz solves a + wᵀû tanh(a + b) = wᵀz'
OwnedMatrix undo_planar(FlowCase& c, Index t, ConstMatrix y) {
  const Index Z = c.latent;
  std::vector<double> u, w;
  double wu = 0, ww = 0;
  for (Index j = 0; j < Z; ++j) {
    u.push_back(c.number(t, 2 * Z + 1, j)), w.push_back(c.number(t, 2 * Z + 1, Z + j));
    wu += u.back() * w.back(), ww += w.back() * w.back();
  }
  const double b = c.number(t, 2 * Z + 1, 2 * Z);
  const double m = std::log1p((std::exp(1.0) - 1) * std::exp(wu)) - 1;  // wᵀû
  CHECK(m > -1);
  OwnedMatrix to(y.rows, Z);
  for (Index r = 0; r < y.rows; ++r) {
    double wy = 0;
    for (Index j = 0; j < Z; ++j) wy += w[std::size_t(j)] * y(r, j);
    const double a = root([&](double x) { return x + m * std::tanh(x + b) - wy; },
                          wy - std::abs(m) - 1, wy + std::abs(m) + 1);
    for (Index j = 0; j < Z; ++j) {
      const std::size_t k = std::size_t(j);
      to.view()(r, j) = y(r, j) - (u[k] + (m - wu) * w[k] / ww) * std::tanh(a + b);
    }
  }
  return to;
}

// ‖y − c‖ = r (1 + β / (α + r)), and z lies on the way from c to y
OwnedMatrix undo_radial(FlowCase& c, Index t, ConstMatrix y) {
  const Index Z = c.latent;
  const auto softplus = [](double x) { return std::log1p(std::exp(x)); };
  const double alpha = softplus(c.number(t, Z + 2, Z));
  const double beta = softplus(c.number(t, Z + 2, Z + 1)) - alpha;
  OwnedMatrix to(y.rows, Z);
  for (Index r = 0; r < y.rows; ++r) {
    double squares = 0;
    for (Index j = 0; j < Z; ++j) squares += std::pow(y(r, j) - c.number(t, Z + 2, j), 2);
    const double whole = std::sqrt(squares);
    const double at = root([&](double x) { return x * (1 + beta / (alpha + x)) - whole; }, 0,
                           whole + std::abs(beta) + 1);
    for (Index j = 0; j < Z; ++j) {
      const double centre = c.number(t, Z + 2, j);
      to.view()(r, j) = centre + (y(r, j) - centre) / (1 + beta / (alpha + at));
    }
  }
  return to;
}

// One latent after the other: what it becomes is linear in it, given those before it.
OwnedMatrix undo_iaf(FlowCase& c, Index t, ConstMatrix y) {
  const Index Z = c.latent;
  OwnedMatrix to(y.rows, Z);
  for (Index k = 0; k < Z; ++k) {
    const Index j = t % 2 ? Z - 1 - k : k;
    const OwnedMatrix at_0 = c.step(t, to.view());
    for (Index r = 0; r < y.rows; ++r) to.view()(r, j) = 1;
    const OwnedMatrix at_1 = c.step(t, to.view());
    for (Index r = 0; r < y.rows; ++r) {
      const double zero = at_0.view()(r, j), gate = at_1.view()(r, j) - zero;
      to.view()(r, j) = (y(r, j) - zero) / gate;
    }
  }
  return to;
}

// w = Qᵀ z solves w + R tanh(R̃ w + b) = Qᵀ y, one after the other by a root each
OwnedMatrix undo_sylvester(FlowCase& c, Index t, ConstMatrix y) {
  const Index Z = c.latent, H = std::min<Index>(8, Z), below = Z * (Z - 1) / 2;
  const Index all = H * Z + 2 * below + 3 * Z;
  std::vector<double> n(static_cast<std::size_t>(all));
  for (Index k = 0; k < all; ++k) n[std::size_t(k)] = c.number(t, all, k);
  const double *v = n.data(), *R = v + H * Z, *R_too = R + below, *d = R_too + below,
               *d_too = d + Z, *b = d_too + Z;
  const auto reflect = [&](double* x, const double* at) {
    double along = 0, squares = 0;
    for (Index j = 0; j < Z; ++j) along += at[j] * x[j], squares += at[j] * at[j];
    for (Index j = 0; j < Z; ++j) x[j] -= 2 * along / squares * at[j];
  };
  OwnedMatrix to(y.rows, Z);
  std::vector<double> h(static_cast<std::size_t>(Z));
  for (Index r = 0; r < y.rows; ++r) {
    double* w = to.view().row(r);
    std::copy_n(y.row(r), Z, w);
    for (Index k = 0; k < H; ++k) reflect(w, v + k * Z);
    for (Index i = 0; i < Z; ++i) {
      double inside = b[i];
      for (Index j = 0; j < i; ++j) {
        const Index at = i * (i - 1) / 2 + j;
        inside += R_too[at] * w[j], w[i] -= R[at] * h[std::size_t(j)];
      }
      const double own = std::tanh(d[i]), own_too = std::tanh(d_too[i]), want = w[i];
      w[i] = root([&](double x) { return x + own * std::tanh(own_too * x + inside) - want; },
                  want - 2, want + 2);
      h[std::size_t(i)] = std::tanh(own_too * w[i] + inside);
    }
    for (Index k = H; k-- > 0;) reflect(w, v + k * Z);
  }
  return to;
}

struct Family {
  std::string name;
  double spread;  // of its parameters, so that it is far from no step
  OwnedMatrix (*undo)(FlowCase&, Index t, ConstMatrix y);
  std::vector<double> planted;  // among them, in two dimensions
  double tolerance;             // of the integral on a grid
};
const Family families[] = {
    // wᵀu = −1.7: a step by u itself would fold
    {"planar", 0.7, undo_planar, {-1.6, 0.2, 1.1, 0.2, 0.3}, 1e-5},
    // b = −2: β would be less than −α; the density has a cusp at each centre
    {"radial", 0.8, undo_radial, {0.3, -0.2, 0.4, -2}, 2e-3},
    {"iaf", 0.7, undo_iaf, {}, 1e-5},
    {"sylvester", 0.75, undo_sylvester, {}, 1e-5},
};
constexpr Index flows = 3;

// log q at rows z, by the inverse and the library's log-determinants on the way there
std::vector<double> log_density(FlowCase& c, const Family& family, ConstMatrix z) {
  OwnedMatrix at(z.rows, c.latent);
  std::copy(z.begin(), z.end(), at.view().data);
  std::vector<double> log_q(std::size_t(z.rows));
  for (Index t = flows; t-- > 0;) {
    const OwnedMatrix before = family.undo(c, t, at.view()), again = c.step(t, before.view());
    double worst = 0;
    for (Index r = 0; r < z.rows; ++r) {
      for (Index j = 0; j < c.latent; ++j)
        worst = std::max(worst, std::abs(again.view()(r, j) - at.view()(r, j)));
      log_q[std::size_t(r)] -= again.view()(r, c.latent);
    }
    CHECK(worst < 1e-9);  // the inverse is one
    std::copy(before.view().begin(), before.view().end(), at.view().data);
  }
  for (Index r = 0; r < z.rows; ++r)
    for (Index j = 0; j < c.latent; ++j) {
      const double l = c.q.log_variance.val()(0, j), d = at.view()(r, j) - c.q.mean.val()(0, j);
      log_q[std::size_t(r)] -= 0.5 * (d * d * std::exp(-l) + l + log_2pi);
    }
  return log_q;
}

}  // namespace

TEST_CASE("flows: the log-determinant is that of the Jacobian by differences") {
  for (const Family& family : families)
    for (const Index latent : {2, 5}) {
      FlowCase c(family.name, flows, latent, family.spread,
                 latent == 2 ? family.planted : std::vector<double>{});
      OwnedMatrix z(20, latent);
      Stream(7, Purpose::test).normal(z.view());
      double worst = 0, most = 0;
      for (Index t = 0; t < flows; ++t) {
        const OwnedMatrix y = c.step(t, z.view());
        for (Index r = 0; r < z.view().rows; ++r) {
          const double log_det = y.view()(r, latent);
          worst = std::max(worst, std::abs(log_det - c.log_det_by_differences(t, z.view(), r)));
          most = std::max(most, std::abs(log_det));
        }
      }
      INFO(family.name, ", ", latent, " latents");
      CHECK(worst < 1e-7);
      CHECK(most > 0.5);
      MESSAGE(family.name, ", ", latent, " latents: off by ", worst, " of at most ", most);
    }
}

TEST_CASE("flows: sample and density agree, and the density integrates to 1") {
  for (const Family& family : families) {
    FlowCase c(family.name, flows, 2, family.spread, family.planted);
    constexpr Index draws = 4000;
    Stream noise(1, Purpose::latent, 0, 0, std::uint32_t(draws));
    const Var z = c.posterior->sample(c.q, noise, draws);
    const Var log_q = c.posterior->log_prob(c.q, z, draws, false);
    const std::vector<double> by_inverse = log_density(c, family, z.val());
    double worst = 0;
    for (Index k = 0; k < draws; ++k)
      worst = std::max(worst, std::abs(log_q.val()(k, 0) - by_inverse[std::size_t(k)]));
    INFO(family.name);
    CHECK(worst < 1e-8);

    constexpr Index n = 300;  // the trapezoidal rule, eight deviations to each side
    OwnedMatrix grid(n * n, 2);
    double low[2], centre[2], spread[2], h[2];
    for (int j = 0; j < 2; ++j) {
      centre[j] = spread[j] = 0;
      for (Index k = 0; k < draws; ++k) centre[j] += z.val()(k, j) / double(draws);
      for (Index k = 0; k < draws; ++k)
        spread[j] += std::pow(z.val()(k, j) - centre[j], 2) / double(draws);
      h[j] = 16 * std::sqrt(spread[j]) / double(n), low[j] = centre[j] - h[j] * double(n) / 2;
    }
    for (Index i = 0; i < n * n; ++i) {
      grid.view()(i, 0) = low[0] + h[0] * double(i / n);
      grid.view()(i, 1) = low[1] + h[1] * double(i % n);
    }
    const std::vector<double> log_density_there = log_density(c, family, grid.view());
    double sum = 0, mean[2] = {0, 0};
    for (Index i = 0; i < n * n; ++i) {
      const double q = h[0] * h[1] * std::exp(log_density_there[std::size_t(i)]);
      sum += q;
      for (int j = 0; j < 2; ++j) mean[j] += q * grid.view()(i, j);
    }
    CHECK(std::abs(sum - 1) < family.tolerance);
    for (int j = 0; j < 2; ++j)
      CHECK(std::abs(mean[j] - centre[j]) < 4 * std::sqrt(spread[j] / double(draws)) + 1e-3);
    MESSAGE(family.name, ": log q of draws off by ", worst, ", integral 1 + ", sum - 1);
    CHECK_THROWS_WITH_AS(c.posterior->log_prob(c.q, z, draws, true), doctest::Contains("own draw"),
                         Error);
  }
}

TEST_CASE(
    "flows: K draws of each example are those of its own numbers; the code is without noise") {
  for (const Family& family : families) {
    INFO(family.name);
    FlowCase c(family.name, flows, 3, family.spread);
    const Var h = c.tape.constant({{0.8}, {-0.3}});
    PosteriorAt both = c.posterior->at(h);
    Stream noise(4, Purpose::latent, 0, 0, 2);
    const Var z = c.posterior->sample(both, noise, 2);
    const Var log_q = c.posterior->log_prob(both, z, 2, false);
    for (Index b = 0; b < 2; ++b) {
      PosteriorAt one = c.posterior->at(rows(h, b, 1));
      Stream again(4, Purpose::latent, 0, std::uint32_t(b), 2);
      const Var of_one = c.posterior->sample(one, again, 2);
      const Var log_q_of_one = c.posterior->log_prob(one, of_one, 2, false);
      for (Index k = 0; k < 2; ++k) {
        for (Index j = 0; j < 3; ++j)
          CHECK(z.val()(2 * b + k, j) == doctest::Approx(of_one.val()(k, j)));
        CHECK(log_q.val()(2 * b + k, 0) == doctest::Approx(log_q_of_one.val()(k, 0)));
      }
      OwnedMatrix at(1, 3);
      std::copy(one.mean.val().begin(), one.mean.val().end(), at.view().data);
      c.q = one;
      for (Index t = 0; t < flows; ++t) {
        const OwnedMatrix next = c.step(t, at.view());
        std::copy_n(next.view().data, 3, at.view().data);
      }
      for (Index j = 0; j < 3; ++j)
        CHECK(code_of(both).val()(b, j) == doctest::Approx(at.view()(0, j)));
    }
  }
}

TEST_CASE("sylvester: one latent has nothing to turn") {
  Parameters p;
  CHECK_THROWS_WITH_AS(
      posterior("sylvester")
          .make(p, "q", 1, {1, &posterior_scale("log-variance"), 4, activation("tanh"), {}}),
      doctest::Contains("the planar posterior"), UsageError);
}
