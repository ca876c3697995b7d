#include <cmath>
#include <numbers>

#include <vaegrad/lab/uses/onnx/functions.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

using Name = OnnxGraph::Name;
using G = OnnxGraph;

// Σ_k c_k xᵏ
Name polynomial(G& g, const Name& x, std::initializer_list<double> c) {
  Name sum = g.number(*(c.end() - 1));
  for (auto k = c.end() - 1; k-- != c.begin();) sum = g.add(g.mul(sum, x), *k);
  return sum;
}
Name select(G& g, const Name& x, const char* op, double than, const Name& yes, const Name& no) {
  return g.node("Where", {g.node(op, {x, g.number(than)}), yes, no});
}
Name one(G& g, const char* op, const Name& a) { return g.node(op, {a}); }

// log(1 + x) = x − x²/2 + .. near 0, where 1 + x loses the digits of x
Name log1p(G& g, const Name& x) {
  const Name near = g.mul(x, polynomial(g, x, {1, -1 / 2., 1 / 3., -1 / 4., 1 / 5.}));
  const Name small = one(g, "Abs", x);
  return select(g, small, "Less", 0.03, near, one(g, "Log", g.add(x, 1)));
}
Name expm1(G& g, const Name& x) {
  const Name near = g.mul(x, polynomial(g, x, {1, 1 / 2., 1 / 6., 1 / 24., 1 / 120.}));
  const Name small = one(g, "Abs", x);
  return select(g, small, "Less", 0.03, near, g.add(one(g, "Exp", x), -1));
}
// log(1 − e^−x) for x > 0 (Maechler 2012)
Name log1mexp(G& g, const Name& x) {
  const Name minus = one(g, "Neg", x);
  const Name near = one(g, "Log", one(g, "Neg", expm1(g, minus)));
  return select(g, x, "Less", 0.693147, near, log1p(g, one(g, "Neg", one(g, "Exp", minus))));
}
// S(x) = 1/12x − 1/360x³ + 1/1260x⁵ − .., of x + 8 and more; below, from S(x) − S(x + 1) =
// (x + ½) log(1 + 1/x) − 1 = s²/3 + s⁴/5 + ..  with s = 1/(2x + 1)
Name lgamma_remainder(G& g, const Name& x) {
  constexpr int up = 8;
  const Name less = g.node("Min", {x, g.number(up)});
  const auto series = [&](const Name& z) {
    const Name r = one(g, "Reciprocal", z);
    return g.mul(r, polynomial(g, g.mul(r, r), {1 / 12., -1 / 360., 1 / 1260.}));
  };
  const Name inverse = one(g, "Reciprocal", less);
  Name below = g.add(g.mul(g.add(less, 0.5), one(g, "Log", g.add(inverse, 1))), -1);
  for (int k = 0; k < up; ++k) {
    const Name s = one(g, "Reciprocal", g.add(g.mul(g.add(less, k), 2), 1)), squared = g.mul(s, s);
    const Name step =
        g.mul(squared,
              polynomial(g, squared, {1 / 3., 1 / 5., 1 / 7., 1 / 9., 1 / 11., 1 / 13., 1 / 15.}));
    below = k ? g.add(below, step) : select(g, less, "Less", 1, below, step);
  }
  below = g.add(below, series(g.add(less, up)));
  return select(g, x, "Less", up, below, series(g.node("Max", {x, g.number(up)})));
}
// (x − ½) log x − x + ½ log 2π + S(x)
Name lgamma(G& g, const Name& x) {
  const Name leading = g.sub(g.mul(g.add(x, -0.5), one(g, "Log", x)), x);
  return g.add(g.add(leading, 0.5 * std::log(2 * std::numbers::pi)), lgamma_remainder(g, x));
}
// log(sinh x / x) = |x| + log(1 − e^−2|x|) − log 2|x|;  x²/6 − x⁴/180 + .. near 0
Name log_sinhc(G& g, const Name& x) {
  const Name squared = g.mul(x, x);
  const Name near =
      g.mul(squared, polynomial(g, squared, {1 / 6., -1 / 180., 1 / 2835., -1 / 37800.}));
  const Name a = g.node("Max", {one(g, "Abs", x), g.number(0.5)});
  const Name twice = g.mul(a, 2);
  const Name far = g.sub(g.add(a, log1mexp(g, twice)), one(g, "Log", twice));
  return select(g, one(g, "Abs", x), "Less", 0.5, near, far);
}
// coth x − 1/x;  x/3 − x³/45 + .. near 0
Name langevin(G& g, const Name& x) {
  const Name squared = g.mul(x, x);
  const Name near = g.mul(x, polynomial(g, squared, {1 / 3., -1 / 45., 2 / 945., -1 / 4725.}));
  const Name away = select(g, one(g, "Abs", x), "Less", 0.5, g.number(1), x);
  const Name far = g.sub(one(g, "Reciprocal", one(g, "Tanh", away)), one(g, "Reciprocal", away));
  return select(g, one(g, "Abs", x), "Less", 0.5, near, far);
}

// clang-format off
#define AS(op) [](G& g, const Name& a, const Name&) { return one(g, op, a); }
#define OF_TWO(op) [](G& g, const Name& a, const Name& b) { return g.node(op, {a, b}); }
#define BY(expression) []([[maybe_unused]] G& g, [[maybe_unused]] const Name& a, [[maybe_unused]] const Name& b) -> Name { return expression; }
constexpr OnnxFunction functions[] = {
    {"exp", AS("Exp")},
    {"log", AS("Log")},
    {"log1p", BY(log1p(g, a))},
    {"expm1", BY(expm1(g, a))},
    {"sqrt", AS("Sqrt")},
    {"square", BY(g.mul(a, a))},
    {"abs", AS("Abs")},
    {"sin", AS("Sin")},
    {"cos", AS("Cos")},
    {"tanh", AS("Tanh")},
    {"sigmoid", AS("Sigmoid")},
    {"log_sigmoid", BY(one(g, "Neg", one(g, "Softplus", one(g, "Neg", a))))},
    {"softplus", AS("Softplus")},
    {"relu", AS("Relu")},
    {"elu", AS("Elu")},
    {"silu", BY(g.mul(a, one(g, "Sigmoid", a)))},
    {"gelu", BY(g.mul(g.mul(a, 0.5), g.add(one(g, "Erf", g.mul(a, std::numbers::sqrt2 / 2)), 1)))},
    {"erf", AS("Erf")},
    {"lgamma", BY(lgamma(g, a))},
    {"lgamma_remainder", BY(lgamma_remainder(g, a))},
    {"log1mexp", BY(log1mexp(g, a))},
    {"log_sinhc", BY(log_sinhc(g, a))},
    {"langevin", BY(langevin(g, a))},
    {"negative", AS("Neg")},
    {"+", OF_TWO("Add")},
    {"-", OF_TWO("Sub")},
    {"*", OF_TWO("Mul")},
    {"/", OF_TWO("Div")},
    {"pow", OF_TWO("Pow")},
    {"min", OF_TWO("Min")},
    {"max", OF_TWO("Max")},
    {"leaky_relu", BY(g.node("Where", {g.node("Greater", {a, g.number(0)}), a, g.mul(a, b)}))},
};

using Ints = std::vector<std::int64_t>;
#define OVER(op, ...) [](G& g, const Name& a, Index) { return g.node(op, {a}, {{"axes", Ints{__VA_ARGS__}}}); }
#define SUM_OVER(...) [](G& g, const Name& a, Index) { return g.node("ReduceSum", {a, g.integers({__VA_ARGS__})}); }
constexpr OnnxReduction reductions[] = {
    {"", [](G&, const Name& a, Index) { return a; }},
    {"sum", SUM_OVER(0, 1)},
    {"average", OVER("ReduceMean", 0, 1)},
    {"row_sums", SUM_OVER(1)},
    {"column_sums", SUM_OVER(0)},
    {"max", OVER("ReduceMax", 1)},
    {"row_norms", OVER("ReduceL2", 1)},
    {"log_sum_exp", OVER("ReduceLogSumExp", 1)},
    {"log_mean_exp", [](G& g, const Name& a, Index cols) { return g.add(g.node("ReduceLogSumExp", {a}, {{"axes", Ints{1}}}), -std::log(double(cols))); }},
};
#undef AS
#undef OF_TWO
#undef BY
#undef OVER
#undef SUM_OVER
// clang-format on

template <class Table>
const auto* row_of(const Table& table, std::string_view name) {
  for (const auto& row : table)
    if (row.name == name) return &row;
  return static_cast<decltype(&table[0])>(nullptr);
}

}  // namespace

const OnnxFunction* onnx_function(std::string_view name) { return row_of(functions, name); }
const OnnxReduction* onnx_reduction(std::string_view name) { return row_of(reductions, name); }

}  // namespace vaegrad::inline VAEGRAD_ABI
