#include <charconv>
#include <vaegrad/models/likelihoods.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

constexpr Index levels = 256;

void check_range(const char* where, ConstMatrix x, Index most, bool whole) {
  const auto wrong = [=](Real v) {
    return !(v >= 0) | !(v <= Real(most)) | (whole & (v != std::floor(v)));
  };
  int found = 0;  // no early exit: this loop is vectorised
  for (Index i = 0; i < x.size(); ++i) found |= wrong(x.data[i]);
  if (!found) return;
  const Index i = std::find_if(x.begin(), x.end(), wrong) - x.begin();
  fail(where, ": x must hold ", whole ? "whole numbers" : "numbers", " 0..", most, ", but has ",
       double(x.data[i]), " in row ", i / x.cols, ", column ", i % x.cols, hint,
       "bytes enter this likelihood ", whole ? "as they are, not as x/255" : "as x/255");
}

// x_ij = f(u, i, j) with u uniform in (0, 1)
template <class F>
Var from_uniform(Tape& tape, Shape shape, Stream& noise, F f) {
  const Var x = tape.constant(shape);
  noise.uniform(x.val());
  for (Index i = 0; i < shape.rows; ++i)
    for (Index j = 0; j < shape.cols; ++j) x.val()(i, j) = Real(f(double(x.val()(i, j)), i, j));
  return x;
}
// The entry of a matrix that is broadcast
double entry(const Var& v, Index i, Index j) {
  const Matrix m = v.val();
  return double(m(m.rows == 1 ? 0 : i, m.cols == 1 ? 0 : j));
}
double logistic(double x) { return 1 / (1 + std::exp(-x)); }

// The first k with Σ_{c ≤ k} exp(log_weight_c) ≥ u Σ_c exp(log_weight_c)
template <class Weights>
Index inverse_cdf(double u, const Weights& log_weight) {
  const double most = *std::max_element(log_weight.begin(), log_weight.end());
  double total = 0;
  for (double w : log_weight) total += std::exp(w - most);
  const Index last = Index(log_weight.size()) - 1;
  Index k = 0;
  for (double sum = std::exp(log_weight[0] - most); sum < u * total && k < last;)
    sum += std::exp(log_weight[std::size_t(++k)] - most);
  return k;
}

}  // namespace

Var ContinuousBernoulli::log_prob(Data x) const {
  check_range("continuous-bernoulli", x.x.val(), 1, false);
  return row_sums((x.rows() - 0.5) * logits - log_sinhc(0.5 * logits));
}
// F(x) = (exp(l x) − 1) / (exp(l) − 1), inverted from the end where it is steep
Var ContinuousBernoulli::sample(Stream& noise) const {
  return from_uniform(logits.tape(), logits.shape(), noise, [&](double u, Index i, Index j) {
    const double l = double(logits.val()(i, j));
    if (std::abs(l) < 1e-9) return u;
    return l < 0 ? std::log1p(u * std::expm1(l)) / l : 1 + std::log1p((1 - u) * std::expm1(-l)) / l;
  });
}

Var Gaussian::log_prob(Data x) const {
  const Var inverse = exp(-log_scale);
  return row_sums(-0.5 * square((x.rows() - location) * inverse) - log_scale - 0.5 * log_2pi);
}
Var Gaussian::sample(Stream& noise) const {
  const Var e = standard_noise(location.tape(), location.shape(), noise);
  return location + exp(log_scale) * e;
}

Var DiscretisedLogistic::log_prob(Data data) const {
  check_range("discretised-logistic", data.x.val(), levels - 1, true);
  const Var inverse = exp(-log_scale);
  const Repeated x = data.rows();
  const auto centre = (x - 127.5) * (1 / 127.5) - location;
  const auto a = (centre + 1 / 255.) * inverse;
  const auto b = (centre - 1 / 255.) * inverse;
  const auto not_first = min(x, 1);  // 0 for x = 0, else 1
  const auto not_last = min(255 - x, 1);
  return row_sums(not_last * log_sigmoid(a) + not_first * log_sigmoid(-b) +
                  not_first * not_last * log1mexp((2 / 255.) * inverse));
}
// E x = Σ_{k ≥ 1} P(x ≥ k)
Var DiscretisedLogistic::mean() const {
  const Var m = location.tape().constant(location.shape());
  for (Index i = 0; i < m.shape().rows; ++i)
    for (Index j = 0; j < m.shape().cols; ++j) {
      const double inverse = std::exp(-entry(log_scale, i, j)), at = double(location.val()(i, j));
      double sum = 0;
      for (Index k = 1; k < levels; ++k)
        sum += logistic((at - (double(k) - 128) / 127.5) * inverse);
      m.val()(i, j) = Real(sum);
    }
  return m;
}
Var DiscretisedLogistic::sample(Stream& noise) const {
  return from_uniform(location.tape(), location.shape(), noise, [&](double u, Index i, Index j) {
    const double scale = std::exp(entry(log_scale, i, j)), logit = std::log(u) - std::log1p(-u);
    const double at = double(location.val()(i, j)) + scale * logit;
    return std::clamp(std::round(127.5 * (at + 1)), 0., 255.);
  });
}

namespace {

// log ⟨a, x⟩ = log Γ(a+x) / (Γ(a) Γ(x+1)) by Stirling's formula and what it leaves, S. The large
// terms of the three gamma functions are taken together: with a = 1000, x = 128, log Γ(a + x) is
// 6800, but no term here is above 400, and float keeps its digits.
template <Operand A, class X>
auto log_multichoose(const A& a, const X& x) {
  return (a - 0.5) * log1p(x / a) + (x + 0.5) * log1p((a - 1) / (x + 1)) - 0.5 * log(a + x) +
         (1 - 0.5 * log_2pi) + lgamma_remainder(a + x) - lgamma_remainder(a) -
         lgamma_remainder(x + 1);
}
Var stored_multichoose(Var a, Data data) {
  const Repeated x = data.rows();
  return log_multichoose(a, x);
}

}  // namespace

Var BetaBinomial::log_prob(Data data) const {
  check_range("beta-binomial", data.x.val(), levels - 1, true);
  const Var successes = stored_multichoose(alpha, data);
  const Var failures = stored_multichoose(beta, Data{repeat_rows(Var(255 - data.x), data.times)});
  const Var all = stored_multichoose(Var(alpha + beta), alpha.tape().constant(Real(255)));
  return row_sums(successes + failures - all);
}
// p(k+1) / p(k) = (n−k) (k+α) / ((k+1) (n−k−1+β))
Var BetaBinomial::sample(Stream& noise) const {
  return from_uniform(alpha.tape(), alpha.shape(), noise, [&](double u, Index i, Index j) {
    const double a = double(alpha.val()(i, j)), b = double(beta.val()(i, j));
    std::array<double, levels> log_p{};
    for (std::size_t k = 0; k + 1 < levels; ++k) {
      const double n = levels - 1, at = double(k);
      log_p[k + 1] = log_p[k] + std::log((n - at) * (at + a) / ((at + 1) * (n - at - 1 + b)));
    }
    return inverse_cdf(u, log_p);
  });
}

Var Categorical::log_prob(Data data) const {
  const ConstMatrix x = data.x.val();
  check_range("categorical", x, logits.shape().cols - 1, true);
  check(logits.shape().rows == x.rows * data.times * dimensions && x.cols == dimensions,
        "categorical: logits ", logits.shape(), " do not belong to x ", Shape{x.rows, x.cols},
        " repeated ", data.times, " times", hint, "one row of logits for each number in x");
  const Index n = logits.shape().rows;
  auto* level = logits.tape().memory_for<std::uint32_t>(n);
  for (Index r = 0; r < n; ++r)
    level[r] = std::uint32_t(x(r / dimensions / data.times, r % dimensions));
  const Var each = pick_columns(logits, {level, std::size_t(n)}) - log_sum_exp(logits);
  return row_sums(reshape(each, x.rows * data.times, dimensions));
}
Var Categorical::mean() const {
  const Var level = logits.tape().constant(Shape{1, logits.shape().cols});
  for (Index c = 0; c < level.shape().cols; ++c) level.val()(0, c) = Real(c);
  const Var each = row_sums(softmax(logits) * level);
  return reshape(each, logits.shape().rows / dimensions, dimensions);
}
Var Categorical::sample(Stream& noise) const {
  const Shape shape{logits.shape().rows / dimensions, dimensions};
  return from_uniform(logits.tape(), shape, noise, [&](double u, Index i, Index j) {
    const Real* row = logits.val().row(i * dimensions + j);
    return inverse_cdf(u, std::span(row, std::size_t(logits.shape().cols)));
  });
}

// ---- by name ----

namespace {

template <class F>
constexpr Likelihood row(const char* name, Index outputs, bool together, bool has_scale,
                         Values values, double (*start)(double), F) {
  return {name,
          outputs,
          together,
          has_scale,
          values,
          start,
          [](const Outputs& o, Data x) -> Var { return F{}(o).log_prob(x.rows()); },
          [](const Outputs& o) -> Var { return F{}(o).mean(); },
          [](const Outputs& o, Stream& noise) -> Var { return F{}(o).sample(noise); }};
}

double logit(double mean) {
  const double m = std::clamp(mean, 0.001, 0.999);
  return std::log(m / (1 - m));
}
double as_it_is(double mean) { return mean; }
double centred(double mean) { return mean / 127.5 - 1; }
constexpr auto unknown = nullptr;

// Density exp(−|x − μ| / s) / 2s: real data with outliers, which cost it |x − μ|, not (x − μ)².
struct Laplace {
  Var location, log_scale;  // (B, D); log_scale also (1, 1)

  Var log_prob(Data x) const {
    const Var inverse = exp(-log_scale);
    return row_sums(-abs((x.rows() - location) * inverse) - log_scale - std::numbers::ln2);
  }
  Var mean() const { return location; }
  Var sample(Stream& noise) const {  // F inverted, from the nearer end
    return from_uniform(location.tape(), location.shape(), noise, [&](double u, Index i, Index j) {
      const double from_middle = u < 0.5 ? std::log(2 * u) : -std::log(2 * (1 - u));
      return double(location.val()(i, j)) + std::exp(entry(log_scale, i, j)) * from_middle;
    });
  }
};

// clang-format off
constexpr Likelihood table[] = {
//      name                  outputs tgthr. scale  x holds         start     distribution
    row("bernoulli",            1,    false, false, Values::binary, logit,    [](const Outputs& o) { return Bernoulli{o.block(0)}; }),
    row("continuous-bernoulli", 1,    false, false, Values::unit,   unknown,  [](const Outputs& o) { return ContinuousBernoulli{o.block(0)}; }),
    row("gaussian",             1,    false, true,  Values::real,   as_it_is, [](const Outputs& o) { return Gaussian{o.block(0), o.log_scale}; }),
    row("laplace",              1,    false, true,  Values::real,   as_it_is, [](const Outputs& o) { return Laplace{o.block(0), o.log_scale}; }),
    row("discretised-logistic", 1,    false, true,  Values::grey,   centred,  [](const Outputs& o) { return DiscretisedLogistic{o.block(0), o.log_scale}; }),
    row("beta-binomial",        2,    false, false, Values::grey,   unknown,  [](const Outputs& o) { return BetaBinomial{exp(bounded(o.block(0))), exp(bounded(o.block(1)))}; }),
    row("categorical",          256,  true,  false, Values::grey,   unknown,  [](const Outputs& o) { return Categorical{reshape(o.all, o.all.shape().rows * o.dimensions, levels), o.dimensions}; }),
};
// clang-format on

}  // namespace

std::span<const Likelihood> likelihoods() { return table; }

const Likelihood& likelihood(std::string_view name) {
  std::string known;
  for (const Likelihood& l : table) {
    if (l.name == name) return l;
    known += concat(known.empty() ? "" : ", ", l.name);
  }
  fail<UsageError>("likelihood: there is none called '", name, "'", hint, "one of ", known);
}

LikelihoodScale likelihood_scale(std::string_view text) {
  using Kind = LikelihoodScale::Kind;
  if (text == "learned") return {Kind::learned, 1};
  if (text == "per-dimension") return {Kind::per_dimension, 1};
  double s = 0;
  constexpr std::string_view fixed = "fixed:";
  const char* end = text.data() + text.size();
  if (text.starts_with(fixed))
    if (const auto [to, error] = std::from_chars(text.data() + fixed.size(), end, s);
        error == std::errc() && to == end && s > 0 && std::isfinite(s))
      return {Kind::fixed, s};
  fail<UsageError>("likelihood scale: '", text, "' is none", hint,
                   "one of learned, per-dimension, fixed:S with a number S > 0");
}

namespace {

std::string names_with_scale() {
  std::string names;
  for (const Likelihood& l : table)
    if (l.has_scale) names += concat(names.empty() ? "" : ", ", l.name);
  return names;
}

}  // namespace

LikelihoodHead::LikelihoodHead(Parameters& p, const std::string& name, const Likelihood& l,
                               Index dimensions, std::optional<LikelihoodScale> wanted)
    : row(&l), dimensions(dimensions), scale(wanted.value_or(LikelihoodScale{})) {
  check<UsageError>(l.has_scale || !wanted, "likelihood scale: ", l.name, " has no scale", hint,
                    "a scale belongs to ", names_with_scale());
  check<UsageError>(scale.fixed > 0, "likelihood scale: must be positive: ", scale.fixed);
  if (l.has_scale && scale.kind == LikelihoodScale::Kind::learned)
    log_scale = p.add(name + ".log_scale", {1, 1});
}

Index LikelihoodHead::outputs() const {
  const bool each = row->has_scale && scale.kind == LikelihoodScale::Kind::per_dimension;
  return (row->outputs + each) * dimensions;
}

ChosenLikelihood LikelihoodHead::operator()(Var output) const {
  check(output.shape().cols == outputs(), row->name, ": the network gave ", output.shape().cols,
        " numbers for each example, but ", outputs(), " are needed for ", dimensions, " dimensions",
        hint, "LikelihoodHead::outputs() says how many");
  Outputs o{output, dimensions, {}};
  if (row->has_scale) switch (scale.kind) {
      case LikelihoodScale::Kind::learned:
        o.log_scale = bounded(output.tape()(log_scale));
        break;
      case LikelihoodScale::Kind::fixed:
        o.log_scale = output.tape().constant(Real(std::log(scale.fixed)));
        break;
      case LikelihoodScale::Kind::per_dimension:
        o.log_scale = bounded(o.block(row->outputs));
        break;
    }
  return {row, o};
}

void LikelihoodHead::start_at(ConstMatrix data_mean, Matrix bias) const {
  check(data_mean.shape() == Shape{1, dimensions} && bias.shape() == Shape{1, outputs()}, row->name,
        ": start_at: the mean of the data is ", data_mean.shape(), ", the bias ", bias.shape(),
        ", but there are ", dimensions, " dimensions and ", outputs(), " outputs");
  std::fill(bias.begin(), bias.end(), Real{0});
  if (!row->start) return;
  for (Index j = 0; j < dimensions; ++j) bias.data[j] = Real(row->start(double(data_mean.data[j])));
}

}  // namespace vaegrad::inline VAEGRAD_ABI
