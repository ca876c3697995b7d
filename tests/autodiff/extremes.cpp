// Every elementary function and its slopes at 0, tiny, huge and infinite numbers against long double, with the
// limit where the formula is 0 · ∞; reductions of large equal numbers; everything else at 0.
#define VAEGRAD_CATALOGUE
#include <doctest/doctest.h>

#include <algorithm>
#include <boost/math/special_functions/digamma.hpp>
#include <cmath>
#include <limits>
#include <map>
#include <vaegrad/autodiff/autodiff.hpp>

using namespace vaegrad;

namespace {

using Exact = long double;
using Limits = std::numeric_limits<Real>;
constexpr Real infinity = Limits::infinity(), tiny = Limits::min(), huge = Limits::max() / 4;
constexpr Real eps = Limits::epsilon();

struct ExactUnary {
  Exact (*f)(Exact);
  Exact (*df)(Exact);
};
struct ExactBinary {
  Exact (*f)(Exact, Exact);
  Exact (*da)(Exact, Exact);
  Exact (*db)(Exact, Exact);
};

Exact sigmoid_of(Exact x) { return 1 / (1 + std::exp(-x)); }
Exact softplus_of(Exact x) { return std::max(x, Exact(0)) + std::log1p(std::exp(-std::abs(x))); }
Exact cdf_of(Exact x) { return std::erfc(-x / std::sqrt(Exact(2))) / 2; }
Exact density_of(Exact x) { return std::exp(-x * x / 2) / std::sqrt(2 * std::acos(Exact(-1))); }
// f(x) g(x), of which g wins at ±∞
Exact limit(Exact f, Exact g) { return g == 0 ? 0 : f * g; }
Exact remainder_of(Exact x) {
  if (x > 20)
    return (1 - (1 / 30.L - (1 / 105.L - 1 / (140 * x * x)) / (x * x)) / (x * x)) / (12 * x);
  const Exact log_2pi = std::log(2 * std::acos(Exact(-1)));
  return x == 0 ? Exact(infinity) : std::lgamma(x) - ((x - 0.5L) * std::log(x) - x + log_2pi / 2);
}
Exact remainder_slope_of(Exact x) {
  if (x > 20)
    return -(1 - (1 / 10.L - (1 / 21.L - 1 / (20 * x * x)) / (x * x)) / (x * x)) / (12 * x * x);
  if (x < 1e-12L) return -1 / (2 * x);
  return boost::math::digamma(x) - std::log(x) + 1 / (2 * x);
}
Exact digamma_of(Exact x) {
  return x > 1e10L ? std::log(x) : x < 1e-12L ? -1 / x : boost::math::digamma(x);
}
Exact log_sinhc_of(Exact x) {
  x = std::abs(x);
  if (x < 1e-3L) return x * x / 6;
  return x > 100 ? x - (std::isinf(x) ? 0 : std::log(2 * x)) : std::log(std::sinh(x) / x);
}
Exact langevin_of(Exact x) {
  return std::abs(x) < 1e-3L ? x / 3 - x * x * x / 45 : 1 / std::tanh(x) - 1 / x;
}
Exact langevin_slope_of(Exact x) {
  if (std::abs(x) < 1e-3L) return 1 / 3.L - x * x / 15;
  return 1 / (x * x) - 1 / (std::sinh(x) * std::sinh(x));
}

#define OF(formula) []([[maybe_unused]] Exact x) -> Exact { return formula; }
const std::map<std::string_view, ExactUnary> unary{
    {"exp", {OF(std::exp(x)), OF(std::exp(x))}},
    {"log", {OF(std::log(x)), OF(1 / x)}},
    {"log1p", {OF(std::log1p(x)), OF(1 / (1 + x))}},
    {"expm1", {OF(std::expm1(x)), OF(std::exp(x))}},
    {"sqrt", {OF(std::sqrt(x)), OF(0.5L / std::sqrt(x))}},
    {"square", {OF(x * x), OF(2 * x)}},
    {"abs",
     {OF(std::abs(x)), OF(x > 0   ? 1
                          : x < 0 ? -1
                                  : 0)}},
    {"sin", {OF(std::sin(x)), OF(std::cos(x))}},
    {"cos", {OF(std::cos(x)), OF(-std::sin(x))}},
    {"tanh", {OF(std::tanh(x)), OF(1 - std::tanh(x) * std::tanh(x))}},
    {"sigmoid", {OF(sigmoid_of(x)), OF(sigmoid_of(x) * sigmoid_of(-x))}},
    {"log_sigmoid", {OF(-softplus_of(-x)), OF(sigmoid_of(-x))}},
    {"softplus", {OF(softplus_of(x)), OF(sigmoid_of(x))}},
    {"relu", {OF(x > 0 ? x : 0), OF(x > 0 ? 1 : 0)}},
    {"elu", {OF(x > 0 ? x : std::expm1(x)), OF(x > 0 ? 1 : std::exp(x))}},
    {"silu",
     {OF(limit(x, sigmoid_of(x))),
      OF(sigmoid_of(x) + limit(limit(x, sigmoid_of(x)), sigmoid_of(-x)))}},
    {"gelu", {OF(limit(x, cdf_of(x))), OF(cdf_of(x) + limit(x, density_of(x)))}},
    {"erf", {OF(std::erf(x)), OF(2 / std::sqrt(std::acos(Exact(-1))) * std::exp(-x * x))}},
    {"lgamma", {OF(std::lgamma(x)), OF(digamma_of(x))}},
    {"lgamma_remainder", {OF(remainder_of(x)), OF(remainder_slope_of(x))}},
    {"log1mexp",
     {OF(x > 1 ? std::log1p(-std::exp(-x)) : std::log(-std::expm1(-x))), OF(1 / std::expm1(x))}},
    {"log_sinhc", {OF(log_sinhc_of(x)), OF(langevin_of(x))}},
    {"langevin", {OF(langevin_of(x)), OF(langevin_slope_of(x))}},
    {"negative", {OF(-x), OF(-1)}},
};
#undef OF
#define OF(formula) \
  []([[maybe_unused]] Exact a, [[maybe_unused]] Exact b) -> Exact { return formula; }
const std::map<std::string_view, ExactBinary> binary{
    {"add", {OF(a + b), OF(1), OF(1)}},
    {"subtract", {OF(a - b), OF(1), OF(-1)}},
    {"multiply", {OF(a * b), OF(b), OF(a)}},
    {"divide", {OF(a / b), OF(1 / b), OF(-(a / b) / b)}},
    {"pow",
     {OF(std::pow(a, b)), OF(b == 0 ? 0 : b * std::pow(a, b - 1)),
      OF(std::pow(a, b) == 0 || (a == 0 && b == 0) ? 0 : std::pow(a, b) * std::log(a))}},
    {"min", {OF(std::min(a, b)), OF(a <= b ? 1 : 0), OF(a <= b ? 0 : 1)}},
    {"max", {OF(std::max(a, b)), OF(a >= b ? 1 : 0), OF(a >= b ? 0 : 1)}},
    {"leaky_relu", {OF(a > 0 ? a : b * a), OF(a > 0 ? 1 : b), OF(a > 0 ? 0 : a)}},
};
#undef OF

const std::vector<Real>& extremes() {
  static const std::vector<Real> all{0,   tiny, -tiny, Real(1e-10), 1,        -1,   20,
                                     -20, 100,  -100,  1e7,         -1e7,     huge, -huge,
                                     2,   -2,   0.5,   infinity,    -infinity};
  return all;
}
// Results beyond the range are infinite, below it they may be 0 (lane_math.hpp).
bool agrees(Real y, Exact exact, Exact bound) {
  if (std::isnan(exact)) return std::isnan(y);
  if (std::isinf(exact)) return Exact(y) == exact;
  if (std::abs(exact) > Exact(Limits::max()) / 1.6L)
    return std::abs(y) > Limits::max() / 2 && (y > 0) == (exact > 0);
  return std::abs(Exact(y) - exact) <= bound + Exact(tiny);
}
// In ε: of the value; of the slope, which is written in terms of y, of 1
void check_at(std::string_view name, Real y, Exact exact, std::vector<Real> at, const char* what,
              Exact least, Exact ulps = 16) {
  const bool right = agrees(y, exact, ulps * Exact(eps) * std::max(least, std::abs(exact)));
  INFO(std::string(name), " at ", at[0], at.size() > 1 ? concat(", ", at[1]) : "", ": ",
       std::string(what), " ", y, ", exactly ", double(exact));
  CHECK(right);
}

Var at_each(Tape& tape, const std::vector<Real>& values) {
  const Var x = tape.variable(Shape{1, Index(values.size())});
  std::copy(values.begin(), values.end(), x.val().begin());
  return x;
}

}  // namespace

TEST_CASE("every elementary function and its slopes at the ends of the range") {
  std::size_t rows = 0, numbers = 0;
  for (const Catalogued& entry : catalogue()) {
    if (!entry.elementwise || entry.inputs.size() != 1) continue;
    const std::string name(entry.name);
    if (!unary.count(entry.name)) {
      CHECK(name == "mish");  // the row of own_ops.cpp alone
      continue;
    }
    const ExactUnary& exact = unary.at(entry.name);
    std::vector<Real> in;
    for (const Real x : extremes()) {
      if ((name == "sin" || name == "cos") && std::abs(x) > 1e4) continue;
      if (entry.inputs[0].low > 0 && (x < 0 || std::signbit(x))) continue;
      if (entry.inputs[0].low > -1 && x <= -1) continue;
      in.push_back(x);
    }
    Tape tape;
    const Var x = at_each(tape, in), y = entry.apply(&x);
    tape.backward(sum(y));
    for (std::size_t i = 0; i < in.size(); ++i, ++numbers) {
      check_at(name, y.val().data[i], exact.f(in[i]), {in[i]}, "value", 0);
      check_at(name, x.adj().data[i], exact.df(in[i]), {in[i]}, "slope", 1);
    }
    ++rows;
  }
  MESSAGE(rows, " rows, ", numbers, " numbers");
  CHECK(rows == unary.size());
}

TEST_CASE("every function of two numbers and its slopes at the ends of the range") {
  std::size_t rows = 0, numbers = 0;
  for (const Catalogued& entry : catalogue()) {
    const auto found = binary.find(entry.name);
    if (!entry.elementwise || entry.inputs.size() != 2 || found == binary.end()) continue;
    const bool power = entry.name == "pow";
    std::vector<Real> of_a, of_b;
    for (const Real a : extremes())
      for (const Real b : extremes())
        if (!power || !std::signbit(a)) of_a.push_back(a), of_b.push_back(b);
    Tape tape;
    const Var in[]{at_each(tape, of_a), at_each(tape, of_b)};
    const Var y = entry.apply(in);
    tape.backward(sum(y));
    for (std::size_t i = 0; i < of_a.size(); ++i, ++numbers) {
      const Real a = of_a[i], b = of_b[i];
      const Exact more = power && a > 0 && std::isfinite(a) && std::isfinite(b)
                             ? 4 * (std::abs(Exact(b)) + 1) * std::abs(std::log(Exact(a)))
                             : 0;
      const auto check = [&](Real got, Exact exact, const char* what, Exact least) {
        // b − 1 is b for huge b, and powers of that size are 0, 1 or ∞
        check_at(entry.name, got, exact, {a, b}, what, least, 16 + std::min(more, Exact(1e4)));
      };
      check(y.val().data[i], found->second.f(a, b), "value", 0);
      check(in[0].adj().data[i], found->second.da(a, b), "slope of a", 1);
      check(in[1].adj().data[i], found->second.db(a, b), "slope of b", 1);
    }
    ++rows;
  }
  MESSAGE(rows, " rows, ", numbers, " pairs");
  CHECK(rows == binary.size());
}

TEST_CASE("large equal numbers keep their digits") {
  for (const Real c : {Real(0), tiny, Real(1), Real(1e3), Real(1e7), huge, -huge, Real(-1e7)}) {
    Tape tape;
    const Var x = tape.variable({{c, c}, {c, c}});
    const Var p = softmax(x), log_p = log_softmax(x), total = log_sum_exp(x),
              mean = log_mean_exp(x);
    INFO("two numbers of ", c);
    for (const Real v : p.val()) CHECK(v == doctest::Approx(0.5).epsilon(2 * eps));
    for (const Real v : log_p.val()) CHECK(v == doctest::Approx(-std::log(2.)).epsilon(2 * eps));
    CHECK(mean.val()(0, 0) == doctest::Approx(c).epsilon(2 * eps));
    tape.backward(sum(total));
    for (const Real v : x.adj()) CHECK(v == doctest::Approx(0.5).epsilon(2 * eps));
    tape.backward(sum(mean));
    for (const Real v : x.adj()) CHECK(v == doctest::Approx(0.5).epsilon(2 * eps));
    tape.backward(sum(columns(log_p, 0, 1)));
    CHECK(x.adj()(0, 0) == doctest::Approx(0.5).epsilon(2 * eps));
    CHECK(x.adj()(0, 1) == doctest::Approx(-0.5).epsilon(2 * eps));
  }
  Tape tape;  // and small differences of large ones, of which 2^20 leaves 1/8 even in float
  const Real c = 1 << 20, d = Real(0.125);
  const Var x = tape.variable({{c, c + d, c - d}}), p = softmax(x);
  const Real sum_of = 1 + std::exp(d) + std::exp(-d);
  CHECK(p.val()(0, 1) == doctest::Approx(std::exp(d) / sum_of).epsilon(4 * eps));
  tape.backward(log_sum_exp(x));
  CHECK(x.adj()(0, 2) == doctest::Approx(std::exp(-d) / sum_of).epsilon(4 * eps));
}

TEST_CASE("norms at 0, of tiny and of huge numbers") {
  Tape tape;
  const Var x = tape.variable({{0, 0, 0},
                               {3 * tiny, 4 * tiny, 0},
                               {Real(0.5) * huge, 0, -huge},
                               {1, -2, 2},
                               {infinity, 1, 0}});
  const Var y = row_norms(x);
  tape.backward(sum(y));
  CHECK(y.val()(0, 0) == 0);
  for (Index j = 0; j < 3; ++j) CHECK(x.adj()(0, j) == 0);
  CHECK(y.val()(1, 0) == doctest::Approx(5 * tiny).epsilon(4 * eps));
  CHECK(x.adj()(1, 0) == doctest::Approx(0.6).epsilon(4 * eps));
  CHECK(double(y.val()(2, 0)) / huge == doctest::Approx(std::sqrt(1.25)).epsilon(4 * eps));
  CHECK(x.adj()(2, 2) == doctest::Approx(-1 / std::sqrt(1.25)).epsilon(4 * eps));
  CHECK(y.val()(3, 0) == 3);
  CHECK(x.adj()(3, 1) == doctest::Approx(-2. / 3).epsilon(4 * eps));
  CHECK(y.val()(4, 0) == infinity);
}

TEST_CASE("every other op has a value and slopes that are finite at 0 and at tiny numbers") {
  std::size_t entries = 0;
  for (const Catalogued& entry : catalogue()) {
    const bool positive = std::any_of(entry.inputs.begin(), entry.inputs.end(),
                                      [](const Input& in) { return in.low > 0; });
    if (entry.elementwise || positive) continue;
    for (const Real at : {Real(0), tiny, -tiny}) {
      Tape tape;
      std::vector<Var> in;
      for (const Input& input : entry.inputs) {
        in.push_back(tape.variable(input.shape));
        std::fill(in.back().val().begin(), in.back().val().end(), at);
      }
      const Var y = entry.apply(in.data());
      tape.backward(sum(y) + tape.variable(0));
      INFO(std::string(entry.name), " at ", at);
      for (const Real v : y.val()) CHECK(std::isfinite(v));
      for (const Var x : in)
        for (const Real v : x.adj()) CHECK(std::isfinite(v));
    }
    ++entries;
  }
  MESSAGE(entries, " entries");
  CHECK(entries > 20);
}

TEST_CASE("a sum of log-probabilities of bits has one logarithm for many, and all its digits") {
  for (const Index width : {1, 15, 17, 784, 1024, 1025, 5000})
    for (const Real spread : {Real(1e-3), Real(1), Real(5), Real(30), Real(1e4)}) {
      Tape tape;
      const Var l = tape.variable(Shape{2, width}), x = tape.constant(Shape{2, width});
      Stream(1, Purpose::test, std::uint32_t(width)).normal(l.val());
      Stream(2, Purpose::test, std::uint32_t(width)).uniform(x.val());
      for (Real& v : l.val()) v *= spread;
      for (Index i = 0; i < 2 * width; ++i)  // row 1: each bit is what its logit says
        x.val().data[i] = i < width ? x.val().data[i] < Real(0.5) : l.val().data[i] > 0;
      const Var y = row_sums(x * l - softplus(l));
      tape.backward(sum(y));
      for (Index i = 0; i < 2; ++i) {
        Exact exact = 0, size = 0;
        for (Index j = 0; j < width; ++j) {
          const Exact b = l.val()(i, j), curve = std::log1p(std::exp(-std::abs(b))),
                      line = Exact(x.val()(i, j)) * b - std::max(b, Exact(0));
          exact += line - curve, size += std::abs(line) + curve;
          CHECK(std::abs(l.adj()(i, j) - (Exact(x.val()(i, j)) - sigmoid_of(b))) < 8 * Exact(eps));
        }
        // as many roundings as terms in a lane, and those of the logarithm's argument
        const Exact bound = Exact(eps) * (16 + Exact(width) / 8) * size + Exact(tiny);
        CHECK(std::abs(y.val()(i, 0) - exact) <= bound);
      }
    }
}

TEST_CASE("a sum of differences of softplus cancels term by term") {
  Tape tape;
  const Var l = tape.variable(Shape{2, 784});
  Stream(1, Purpose::test).normal(l.val());
  const Var nothing = row_sums(softplus(l) - softplus(l));
  CHECK(nothing.val()(0, 0) == 0);
  CHECK(nothing.val()(1, 0) == 0);
}
