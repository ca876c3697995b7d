// Every likelihood against what it must be: a pmf that sums to 1 or a density that integrates to 1,
// the formula of its paper written out plainly with Boost, samples with the moments of the density,
// gradients, and finite values at the ends. In double here, in float in likelihoods_f32.cpp.
#include <doctest/doctest.h>

#include <boost/math/distributions/laplace.hpp>
#include <boost/math/distributions/logistic.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/quadrature/gauss_kronrod.hpp>
#include <cmath>
#include <vaegrad/models/inference/posterior.hpp>
#include <vaegrad/models/likelihoods.hpp>
#include <vaegrad/models/vae.hpp>

#include "../support/message.hpp"

using namespace vaegrad;

namespace {

constexpr bool f32 = sizeof(Real) == 4;
constexpr double eps = std::numeric_limits<Real>::epsilon();

template <class F>
double integral(F f, double low, double high) {
  using boost::math::quadrature::gauss_kronrod;
  return gauss_kronrod<double, 61>::integrate(f, low, high, f32 ? 6 : 15, f32 ? 1e-5 : 1e-11);
}
Var column(Tape& tape, const std::vector<double>& x) {
  const Var v = tape.constant(Shape{Index(x.size()), 1});
  std::transform(x.begin(), x.end(), v.val().begin(), [](double a) { return Real(a); });
  return v;
}
// The rows that are likelihoods; the other is in ms_ssim.cpp.
std::span<const Likelihood> normalised() {
  static const std::vector<Likelihood> rows = [] {
    std::vector<Likelihood> to;
    for (const Likelihood& row : likelihoods())
      if (!row.instead) to.push_back(row);
    return to;
  }();
  return rows;
}
// One dimension of a row of the table, with the given outputs
struct One {
  const Likelihood& row;
  std::vector<double> output;
  double scale = 1;

  ChosenLikelihood operator()(Tape& tape, Index examples = 1) const {
    const Var all = tape.constant(Shape{examples, Index(output.size())});
    for (Index i = 0; i < all.shape().size(); ++i)
      all.val().data[i] = Real(output[std::size_t(i) % output.size()]);
    Parameters none;
    std::optional<LikelihoodScale> s;
    if (row.has_scale) s = LikelihoodScale{LikelihoodScale::Kind::fixed, scale};
    return LikelihoodHead(none, "x", row, 1, s)(all);
  }
};

// log p of all values of x under a plain formula, in double
double log_sigmoid_of(double a) {
  return a < 0 ? a - std::log1p(std::exp(a)) : -std::log1p(std::exp(-a));
}
double plain_log_prob(const One& one, double x) {
  const std::string_view name = one.row.name;
  const auto& o = one.output;
  const double s = one.scale;
  if (name == "bernoulli") return x > 0.5 ? log_sigmoid_of(o[0]) : log_sigmoid_of(-o[0]);
  if (name == "continuous-bernoulli") {  // equations (6) to (8) of the paper
    const double p = 1 / (1 + std::exp(-o[0]));
    const double c = std::abs(o[0]) < 1e-4 ? 2 + o[0] * o[0] / 6 : o[0] / std::tanh(o[0] / 2);
    return std::log(c) + x * std::log(p) + (1 - x) * log_sigmoid_of(-o[0]);
  }
  if (name == "gaussian") return std::log(boost::math::pdf(boost::math::normal(o[0], s), x));
  if (name == "laplace") return std::log(boost::math::pdf(boost::math::laplace(o[0], s), x));
  if (name == "discretised-logistic") {
    const boost::math::logistic_distribution<double> of(o[0], s);
    const double low = (x - 128) / 127.5, high = (x - 127) / 127.5;
    if (x == 0) return std::log(cdf(of, high));
    if (x == 255) return std::log(cdf(complement(of, low)));
    return low > o[0] ? std::log(cdf(complement(of, low)) - cdf(complement(of, high)))
                      : std::log(cdf(of, high) - cdf(of, low));
  }
  if (name == "beta-binomial") {
    const double a = std::exp(7 * std::tanh(o[0] / 7)), b = std::exp(7 * std::tanh(o[1] / 7));
    return std::lgamma(256) - std::lgamma(x + 1) - std::lgamma(256 - x) + std::lgamma(x + a) +
           std::lgamma(255 - x + b) - std::lgamma(255 + a + b) + std::lgamma(a + b) -
           std::lgamma(a) - std::lgamma(b);
  }
  if (name == "categorical") {
    double total = 0;
    for (double l : o) total += std::exp(l);
    return o[std::size_t(x)] - std::log(total);
  }
  FAIL("no plain formula for ", std::string(name));
  return 0;
}

std::vector<double> logits256(double size) {
  std::vector<double> l(256);
  for (std::size_t k = 0; k < 256; ++k) l[k] = size * std::sin(double(k * k));
  return l;
}

// A grid over the parameters of every row, extreme ones included; the last has no plain formula in
// double without cancellation.
struct Cases {
  std::vector<One> mild, extreme;
};
Cases cases(const Likelihood& row) {
  const std::string_view name = row.name;
  Cases c;
  const auto mild = [&](std::vector<double> o, double s = 1) {
    c.mild.push_back({row, std::move(o), s});
  };
  const auto extreme = [&](std::vector<double> o, double s = 1) {
    c.extreme.push_back({row, std::move(o), s});
  };
  if (name == "bernoulli" || name == "continuous-bernoulli") {
    for (double l : {-20., -3., -0.1, 0., 1e-6, 0.3, 1., 5., 15.}) mild({l});
    for (double l : {-500., 300.}) extreme({l});
  } else if (name == "gaussian" || name == "laplace") {
    for (double m : {-1., 0., 0.3})
      for (double s : {0.05, 0.3, 2.}) mild({m}, s);
    for (double s : {0.00092, 1000.}) extreme({0.5}, s);
  } else if (name == "discretised-logistic") {
    for (double m : {-1.2, -0.5, 0., 0.3, 1.})
      for (double s : {0.02, 0.1, 1.}) mild({m}, s);
    for (double m : {-3., 0.01, 1., 40.})
      for (double s : {0.00092, 1000.}) extreme({m}, s);
  } else if (name == "beta-binomial") {
    for (double a : {-5., -1., 0., 0.7, 3.})
      for (double b : {-4., 0., 1.5, 4.}) mild({a, b});
    for (double a : {-1000., 1000., 9.})
      for (double b : {-1000., 1000., -9.}) extreme({a, b});
  } else if (name == "categorical") {
    for (double size : {0., 1., 8.}) mild(logits256(size));
    extreme(logits256(2000));
  } else {
    FAIL("no parameters for ", std::string(name));
  }
  return c;
}
std::vector<One> all_cases(const Likelihood& row) {
  Cases c = cases(row);
  for (One& one : c.extreme) c.mild.push_back(std::move(one));
  return c.mild;
}

std::vector<double> support(const Likelihood& row) {
  if (row.values == Values::binary) return {0, 1};
  std::vector<double> x(256);
  for (std::size_t k = 0; k < 256; ++k)
    x[k] = row.values == Values::grey ? double(k) : double(k) / 255;
  return x;
}

struct Moments {
  double mean = 0, variance = 0, fourth = 0;  // central
};
// ∫ or Σ of the density itself
Moments exact_moments(const One& one) {
  const auto expected = [&](auto f) {
    if (one.row.discrete()) {
      double sum = 0;
      for (double x : support(one.row)) sum += f(x) * std::exp(plain_log_prob(one, x));
      return sum;
    }
    const bool unit = one.row.values == Values::unit;
    const double low = unit ? 0 : one.output[0] - 40 * one.scale;
    const double high = unit ? 1 : one.output[0] + 40 * one.scale;
    const double middle = unit ? 0.5 : one.output[0];  // where a density may have a kink
    const auto density = [&](double x) { return f(x) * std::exp(plain_log_prob(one, x)); };
    return integral(density, low, middle) + integral(density, middle, high);
  };
  Moments m;
  m.mean = expected([](double x) { return x; });
  m.variance = expected([&](double x) { return std::pow(x - m.mean, 2); });
  m.fourth = expected([&](double x) { return std::pow(x - m.mean, 4); });
  return m;
}

}  // namespace

TEST_CASE("every pmf sums to 1 and every density integrates to 1") {
  for (const Likelihood& row : normalised())
    for (const One& one : all_cases(row)) {
      CAPTURE(std::string(row.name));
      CAPTURE(one.output[0]);
      CAPTURE(one.scale);
      const double tolerance = f32 ? 1e-4 : 1e-9;
      Tape tape;
      const auto density = [&](double x) {
        tape.reset();
        return std::exp(double(one(tape).log_prob(tape.constant(Real(x))).item()));
      };
      if (row.discrete()) {
        double total = 0;
        const Var x = column(tape, support(row));
        for (const Real l : one(tape, x.shape().rows).log_prob(x).val())
          total += std::exp(double(l));
        CHECK(total == doctest::Approx(1).epsilon(f32 ? tolerance : 1e-11));
      } else if (row.values == Values::unit) {
        // Exponential towards an end: 40 decay lengths from it, and the rest apart
        const double width = std::min(0.5, 40 / std::max(1., std::abs(one.output[0])));
        const double total = integral(density, 0, width) + integral(density, width, 1 - width) +
                             integral(density, 1 - width, 1);
        CHECK(total == doctest::Approx(1).epsilon(tolerance));
      } else {
        const auto standardised = [&](double t) {
          return one.scale * density(one.output[0] + one.scale * t);
        };
        const double total = integral(standardised, -40, 0) + integral(standardised, 0, 40);
        CHECK(total == doctest::Approx(1).epsilon(tolerance));
      }
    }
}

TEST_CASE("log_prob is the formula of the paper") {
  for (const Likelihood& row : normalised()) {
    double worst = 0;
    for (const One& one : cases(row).mild) {
      CAPTURE(std::string(row.name));
      CAPTURE(one.output[0]);
      CAPTURE(one.output.back());
      CAPTURE(one.scale);
      Tape tape;
      const std::vector<double> xs = support(row);
      const Var x = column(tape, xs);
      const Var log_prob = one(tape, x.shape().rows).log_prob(x);
      REQUIRE(log_prob.shape() == x.shape());
      for (Index i = 0; i < x.shape().rows; ++i) {
        const double value = double(x.val()(i, 0)), exact = plain_log_prob(one, value);
        if (!std::isfinite(exact) || exact < -600) continue;  // where the plain formula fails
        const double error = std::abs(double(log_prob.val()(i, 0)) - exact);
        // Arguments such as (x − μ) / s carry ε · 1/s; the plain formula cancels at 1e-16 e^-exact.
        const double sharp = row.has_scale ? std::pow(1 / std::min(one.scale, 1.), 2) : 1;
        CAPTURE(value);
        CAPTURE(exact);
        CHECK(error <= 60 * eps * (10 + std::abs(exact) + sharp) + 1e-12 + 1e-9 * (exact < -20));
        worst = std::max(worst, error / (1 + std::abs(exact)));
      }
    }
    MESSAGE(std::string(row.name), ": largest error ", worst, " of 1 + |log p|");
  }
}

TEST_CASE("a row of x is the sum over its dimensions, and a repeated x its copies") {
  const Index examples = 3, particles = 2, d = 4;
  for (const Likelihood& row : normalised()) {
    CAPTURE(std::string(row.name));
    Tape tape;
    Parameters p;
    const auto scale = row.has_scale
                           ? std::optional(LikelihoodScale{LikelihoodScale::Kind::per_dimension, 1})
                           : std::nullopt;
    const LikelihoodHead head(p, "decoder", row, d, scale), single(p, "one", row, 1, scale);
    const Index blocks = head.outputs() / d;
    CHECK(blocks == row.outputs + row.has_scale);
    const Var output = tape.constant(Shape{examples * particles, head.outputs()});
    Stream(5, Purpose::test).normal(output.val());
    const Var x = tape.constant(Shape{examples, d});
    Stream stream(6, Purpose::test);
    for (Real& v : x.val())
      v = row.values == Values::binary
              ? Real(stream.below(2))
              : Real(stream.below(256)) / (row.values == Values::grey ? 1 : 255);
    const Var log_prob = head(output).log_prob(repeat_rows(x, particles));
    const Var copied = head(output).log_prob(Var(repeat_rows(x, particles)));
    REQUIRE(log_prob.shape() == Shape{examples * particles, 1});
    for (Index r = 0; r < examples * particles; ++r) {
      CHECK(log_prob.val()(r, 0) == copied.val()(r, 0));
      double sum = 0;
      for (Index j = 0; j < d; ++j) {
        const Var numbers = tape.constant(Shape{1, blocks});
        const bool by_dimension = row.outputs == 256;
        for (Index k = 0; k < blocks; ++k)
          numbers.val()(0, k) = output.val()(r, by_dimension ? j * blocks + k : k * d + j);
        sum += double(single(numbers).log_prob(tape.constant(x.val()(r / particles, j))).item());
      }
      CHECK(double(log_prob.val()(r, 0)) == doctest::Approx(sum).epsilon(f32 ? 2e-5 : 1e-12));
    }
    for (const Var v : {head(output).mean(), head(output).sample(stream)})
      CHECK(v.shape() == Shape{examples * particles, d});
  }
}

TEST_CASE("mean() is the mean, and samples have the mean and variance of the density") {
  const Index n = 10'000;
  for (const Likelihood& row : normalised())
    for (const One& one : cases(row).mild) {
      CAPTURE(std::string(row.name));
      CAPTURE(one.output[0]);
      CAPTURE(one.output.back());
      CAPTURE(one.scale);
      const Moments exact = exact_moments(one);
      Tape tape;
      CHECK(double(one(tape).mean().item()) ==
            doctest::Approx(exact.mean).epsilon(f32 ? 2e-5 : 1e-9).scale(1e-3));
      Stream noise(8, Purpose::test);
      const Var x = one(tape, n).sample(noise);
      double off = 0, squares = 0;
      bool possible = true;
      for (const Real v : x.val()) {
        const double d = double(v) - exact.mean;
        off += d / double(n), squares += d * d / double(n);
        if (row.values != Values::real)
          possible &= v >= 0 && v <= (row.values == Values::grey ? 255 : 1);
        if (row.discrete()) possible &= v == std::floor(v);
      }
      CHECK(possible);
      CHECK(std::abs(off) <= 4.5 * std::sqrt(exact.variance / double(n)) + 1e-7);
      const double spread = std::sqrt((exact.fourth - std::pow(exact.variance, 2)) / double(n));
      CHECK(std::abs(squares - exact.variance) <= 4.5 * spread + 1e-6 * exact.variance + 1e-12);
    }
}

TEST_CASE("extreme outputs: values and gradients are finite, samples stay in range") {
  for (const Likelihood& row : normalised()) {
    const Index d = 3;
    for (const double size : {1e3, 1e6})
      for (const double x : {0., row.values == Values::grey ? 255. : 1.}) {
        CAPTURE(std::string(row.name));
        CAPTURE(size);
        CAPTURE(x);
        Parameters p;
        const auto scale =
            row.has_scale ? std::optional(likelihood_scale("per-dimension")) : std::nullopt;
        const LikelihoodHead head(p, "x", row, d, scale);
        Tape tape;
        const Var output = tape.variable(Shape{4, head.outputs()});
        for (Index i = 0; i < output.shape().size(); ++i)  // every combination of signs
          output.val().data[i] =
              Real(size * ((i / d + i / head.outputs() * (i % 2 + 1)) % 2 ? 1 : -1));
        Var data = tape.constant(Shape{4, d});
        std::fill(data.val().begin(), data.val().end(), Real(x));
        const auto p_x = head(output);
        const Var log_prob = p_x.log_prob(data);
        tape.backward(sum(log_prob));
        for (const Real v : log_prob.val()) {
          CHECK(std::isfinite(v));
          if (row.discrete()) CHECK(v <= Real(0.01));
        }
        for (const Real g : output.adj()) CHECK(std::isfinite(g));
        for (const Real v : p_x.mean().val()) CHECK(std::isfinite(v));
        Stream noise(1, Purpose::test);
        for (const Real v : p_x.sample(noise).val()) CHECK(std::isfinite(v));
      }
  }
}

#if defined(VAEGRAD_DOUBLE)
TEST_CASE("the gradient of every likelihood and every kind of scale") {
  for (const Likelihood& row : normalised())
    for (const char* kind : {"learned", "fixed:0.3", "per-dimension"}) {
      if (!row.has_scale && std::string_view(kind) != "learned") continue;
      const Index d = 5;
      Parameters p;
      const LikelihoodHead head(
          p, "decoder", row, d,
          row.has_scale ? std::optional(likelihood_scale(kind)) : std::nullopt);
      const Param output = p.add("output", {6, head.outputs()}, [](Matrix m) {
        Stream(2, Purpose::test).normal(m);
        for (Real& v : m) v *= 2;
      });
      for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        const GradientCheck c = check_gradient(
            p,
            [&](Tape& tape) {
              const Var x = tape.constant(Shape{3, d});
              Stream stream(seed, Purpose::data);
              for (Real& v : x.val())
                v = row.values == Values::binary ? Real(stream.below(2))
                    : row.values == Values::grey ? Real(stream.below(4) * 85)
                                                 : Real(stream.below(256)) / 255;
              return sum(head(tape(output)).log_prob(repeat_rows(x, 2)));
            },
            seed);
        INFO(std::string(row.name), ' ', std::string(kind), ": ", c.relative_error());
        CHECK(c.agrees(1e-7));
        CHECK(c.scale > 0.1);
      }
    }
}

TEST_CASE("the gradient of means that have one") {
  for (const char* name :
       {"bernoulli", "continuous-bernoulli", "gaussian", "beta-binomial", "categorical"}) {
    Parameters p;
    const LikelihoodHead head(p, "x", likelihood(name), 2);
    const Param output =
        p.add("output", {3, head.outputs()}, [](Matrix m) { Stream(2, Purpose::test).normal(m); });
    const GradientCheck c =
        check_gradient(p, [&](Tape& tape) { return sum(square(head(tape(output)).mean())); });
    CAPTURE(std::string(name));
    CHECK(c.agrees(1e-7));
    CHECK(c.scale > 0.01);
  }
}

TEST_CASE("the gradient of a VAE with every likelihood and every posterior scale") {
  struct Encoder {
    Mlp hidden;
    Linear mean, scale;
    const PosteriorScale* form;
    DiagonalGaussian operator()(Var x) const {
      const Var h = hidden(x);
      return {mean(h), form->log_variance(scale(h) + 0.7)};  // clear of where tanh is 0
    }
  };
  for (const Likelihood& row : normalised())
    for (const PosteriorScale& form : posterior_scales()) {
      Parameters p;
      const Activation a = activation("tanh");
      const Vae vae{Encoder{Mlp(p, "encoder", 4, {5}, a, {1}), Linear(p, "mean", 5, 2, {2}),
                            Linear(p, "scale", 5, 2, {3}), &form},
                    LikelihoodMlp(p, "decoder", 2, {5}, row, 4, {}, a, {4})};
      static_assert(ConditionalDistribution<LikelihoodMlp>);
      static_assert(ConditionalDistribution<LikelihoodHead>);
      const GradientCheck c = check_gradient(p, [&](Tape& tape) {
        const Var x = tape.constant(Shape{3, 4});
        Stream stream(1, Purpose::data);
        for (Real& v : x.val()) v = Real(stream.below(2)) * (row.values == Values::grey ? 200 : 1);
        Stream noise(2, Purpose::latent);
        return average(elbo(vae, x, noise)());
      });
      INFO(std::string(row.name), ", ", std::string(form.name), ": ", c.relative_error());
      CHECK(c.agrees(1e-7));
      CHECK(c.scale > 0.1);
    }
}
#endif

TEST_CASE("posterior scales: log sigma^2 as named, never below its floor") {
  const std::vector<double> hs{-1e30, -1000, -30, -2, -0.3, 0, 1e-8, 0.3, 2, 30, 1000};
  for (const PosteriorScale& form : posterior_scales()) {
    Tape tape;
    const Var h = tape.variable(column(tape, hs).val());
    const Var log_variance = form.log_variance(h);
    const std::string_view name = form.name;
    for (std::size_t i = 0; i < hs.size(); ++i) {
      CAPTURE(std::string(name));
      CAPTURE(hs[i]);
      const double y = double(log_variance.val()(Index(i), 0));
      const double softplus = std::max(hs[i], 0.) + std::log1p(std::exp(-std::abs(hs[i])));
      const double sigma = name == "softplus" ? softplus : std::tanh(hs[i]);
      const double exact = name == "log-variance" ? hs[i]
                           : name == "log-std"    ? 2 * hs[i]
                           : name == "hard-tanh"  ? std::clamp(hs[i], -6., 2.)
                                                  : std::log(sigma * sigma + 1e-6);
      CHECK(y == doctest::Approx(exact).epsilon(20 * eps).scale(1));
    }
    tape.backward(sum(log_variance));
    for (const Real g : h.adj()) CHECK(std::isfinite(g));
  }
  // bounded: B tanh(h / B), by the same number within, never beyond
  const PosteriorSpec spec{1, &posterior_scale("log-variance"), 0, activation("relu"), {}, 6};
  Tape tape;
  const Var h = tape.variable(column(tape, hs).val());
  const Var log_variance = spec.log_variance(h);
  for (std::size_t i = 0; i < hs.size(); ++i) {
    CAPTURE(hs[i]);
    const double y = double(log_variance.val()(Index(i), 0));
    CHECK(y == doctest::Approx(6 * std::tanh(hs[i] / 6)).epsilon(20 * eps).scale(1));
    CHECK(std::abs(y) <= 6);
  }
  tape.backward(sum(log_variance));
  CHECK(double(h.adj()(5, 0)) == doctest::Approx(1));  // where h is 0
  CHECK(message_of([] { posterior_scale("exp"); }) ==
        "posterior scale: there is none called 'exp'\n"
        "  hint: one of log-variance, log-std, softplus, tanh, hard-tanh");
  CHECK(std::string_view(posterior_scale("tanh").name) == "tanh");
}

TEST_CASE("a learned scale of a Gaussian finds the spread of the data") {
  // d/d log s of Σ log p vanishes at s² = mean square of x − μ
  Parameters p;
  const LikelihoodHead head(p, "decoder", likelihood("gaussian"), 2);
  REQUIRE(p.list().size() == 1);
  CHECK(p.list()[0].name == "decoder.log_scale");
  const double s = std::sqrt((0.09 + 0.01 + 0.04 + 0.16) / 4);
  p.change_values()[std::size_t(head.log_scale.offset)] = Real(7 * std::atanh(std::log(s) / 7));
  Tape tape;
  const Var x = tape.constant({{Real(0.3), Real(-0.1)}, {Real(0.2), Real(-0.4)}});
  p.zero_gradient();
  tape.backward(sum(head(tape.constant({{0, 0}, {0, 0}})).log_prob(x)));
  CHECK(std::abs(double(p.gradient(head.log_scale)(0, 0))) < 100 * eps);
}

TEST_CASE("outputs start at the mean of the data where the row knows how") {
  const Real mean[]{Real(0.2), Real(0.7)}, grey[]{Real(51), Real(180)};
  for (const Likelihood& row : likelihoods()) {
    if (!row.start) continue;
    CAPTURE(std::string(row.name));
    Parameters p;
    LikelihoodMlp decoder(
        p, "decoder", 2, {}, row, 2,
        row.has_scale ? std::optional(likelihood_scale("fixed:0.01")) : std::nullopt,
        activation("tanh"), {1});
    const Real* of = row.values == Values::grey ? grey : mean;
    decoder.start_at({of, 1, 2});
    Tape tape;
    const Var m = decoder(tape.constant({{0, 0}})).mean();
    for (Index j = 0; j < 2; ++j)
      CHECK(double(m.val()(0, j)) == doctest::Approx(double(of[j])).epsilon(1e-5));
  }
}

TEST_CASE("what the table says, and what is refused") {
  CHECK(likelihoods().size() == 8);
  CHECK(normalised().size() == 7);
  CHECK(likelihood("bernoulli").values == Values::binary);
  CHECK(likelihood("gaussian").values == Values::real);
  CHECK_FALSE(likelihood("continuous-bernoulli").discrete());
  CHECK(likelihood("categorical").discrete());
  CHECK(message_of([] { likelihood("poisson"); }) ==
        "likelihood: there is none called 'poisson'\n"
        "  hint: one of bernoulli, continuous-bernoulli, gaussian, laplace, discretised-logistic, "
        "beta-binomial, categorical, ms-ssim");
  for (const char* text : {"fixed", "fixed:", "fixed:0", "fixed:-1", "fixed:nan", "fixed:1x", "1"})
    CHECK(message_of([=] { likelihood_scale(text); }) ==
          concat("likelihood scale: '", text,
                 "' is none\n  hint: one of learned, per-dimension, fixed:S with a number S > 0"));
  CHECK(likelihood_scale("fixed:0.25").fixed == 0.25);
  CHECK(message_of([] {
          Parameters p;
          LikelihoodHead(p, "x", likelihood("bernoulli"), 2, likelihood_scale("learned"));
        }) ==
        "likelihood scale: bernoulli has no scale\n"
        "  hint: a scale belongs to gaussian, laplace, discretised-logistic");
  for (const char* name : {"discretised-logistic", "beta-binomial", "categorical"})
    CHECK(message_of([=] {
            Tape tape;
            Parameters p;
            const LikelihoodHead head(p, "x", likelihood(name), 2);
            head(tape.constant(Shape{1, head.outputs()})).log_prob(tape.constant({{3, Real(0.5)}}));
          }) == concat(name,
                       ": x must hold whole numbers 0..255, but has 0.5 in row 0, column 1\n"
                       "  hint: bytes enter this likelihood as they are, not as x/255"));
  CHECK(message_of([] {
          Tape tape;
          ContinuousBernoulli{tape.constant(0)}.log_prob(tape.constant(17));
        }) ==
        "continuous-bernoulli: x must hold numbers 0..1, but has 17 in row 0, column 0\n"
        "  hint: bytes enter this likelihood as x/255");
  CHECK(message_of([] {
          Tape tape;
          Parameters p;
          LikelihoodHead(p, "x", likelihood("beta-binomial"), 2)(tape.constant(Shape{1, 2}));
        }) ==
        "beta-binomial: the network gave 2 numbers for each example, but 4 are needed for 2 "
        "dimensions\n  hint: LikelihoodHead::outputs() says how many");
}
