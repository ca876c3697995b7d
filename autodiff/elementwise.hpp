// The tables of elementary functions: value and derivative in a row, everything else is generated.
// A row becomes a function on expressions, a fused loop forward and backward, and an entry of the
// catalogue that the gradient test walks. The formulas are in terms of Lanes (lane_math.hpp).
//
// At kinks: relu'(0) = 0, leaky_relu'(0) = slope, |x|'(0) = 0; where a = b, min and max give the
// whole adjoint to a, so clamp passes it on the closed interval [low, high]. Where a product of 0 and
// ∞ has a limit, the row has the limit: silu and gelu at ±∞, pow at 0.
#pragma once
#include <vaegrad/autodiff/catalogue.hpp>
#include <vaegrad/autodiff/expression.hpp>
#include <vaegrad/autodiff/kernels/epilogue.hpp>
#include <vaegrad/autodiff/kernels/lane_gamma.hpp>
#include <vaegrad/autodiff/kernels/lane_math.hpp>

#include <vaegrad/autodiff/kernels/precise_begin.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// Two operands; one of them may be a number.
template <class A, class B>
concept Operands = (Operand<A> || Operand<B>)&&(Operand<A> || Number<A>)&&(Operand<B> || Number<B>);

// So that a wrong operand meets one sentence instead of a page of candidates.
template <class A>
concept WrongOperand = !Operand<A> && !Number<A> && !std::same_as<A, Lanes>;
template <class A, class B>
concept WrongOperands = (Operand<A> && WrongOperand<B>) || (WrongOperand<A> && Operand<B>);

// clang-format off
#define VAEGRAD_UNARY_ROW(fn, row, text, low, high, y_of_x, dy_dx)                                   \
  struct row {                                                                                       \
    static constexpr const char* name = text;                                                        \
    static ::vaegrad::Lanes f(::vaegrad::Lanes x) { using namespace ::vaegrad; return y_of_x; }      \
    static ::vaegrad::Lanes df([[maybe_unused]] ::vaegrad::Lanes x, [[maybe_unused]] ::vaegrad::Lanes y) { using namespace ::vaegrad; return dy_dx; } \
  };                                                                                                 \
  template <::vaegrad::Operand A>                                                                    \
  ::vaegrad::Unary<row, ::vaegrad::operand_t<A>> fn(const A& a) { return {::vaegrad::operand(a)}; }  \
  template <class A> requires (::vaegrad::WrongOperand<A>)                                             \
  ::vaegrad::Var fn(const A&) { static_assert(::vaegrad::Operand<A>, text " takes a Var or an expression of Vars"); return {}; } \
  VAEGRAD_ENTRY(row, fn, true, VAEGRAD_INPUTS({{3, 5}, low, high}), [](::vaegrad::Var x) -> ::vaegrad::Var { return fn(x); })
// A row in any namespace: VAEGRAD_UNARY(name, low, high, y = f(x), dy/dx from x and y)
#define VAEGRAD_UNARY(fn, low, high, y_of_x, dy_dx) VAEGRAD_UNARY_ROW(fn, fn##_row, #fn, low, high, y_of_x, dy_dx)
#define UNARY VAEGRAD_UNARY

//    name         checked on   y = f(x)                          dy/dx, from x and y
UNARY(exp,         -2,    2,    exp(x),                           y)
UNARY(log,         0.2,   3,    log(x),                           1 / x)
UNARY(log1p,       -0.8,  3,    log1p(x),                         1 / (1 + x))
UNARY(expm1,       -2,    2,    expm1(x),                         y + 1)
UNARY(sqrt,        0.2,   3,    sqrt(x),                          Real(0.5) / y)
UNARY(square,      -2,    2,    x * x,                            2 * x)
UNARY(abs,         -2,    2,    abs(x),                           select(x > 0, 1, select(x < 0, -1, 0)))
UNARY(sin,         -4,    4,    sin(x),                           cos(x))
UNARY(cos,         -4,    4,    cos(x),                           -sin(x))
UNARY(tanh,        -2,    2,    tanh(x),                          1 - y * y)
UNARY(sigmoid,     -9,    9,    sigmoid(x),                       y * (1 - y))
UNARY(log_sigmoid, -9,    9,    -softplus(-x),                    sigmoid(-x))
UNARY(softplus,    -9,    9,    softplus(x),                      sigmoid(x))
UNARY(relu,        -2,    2,    max(x, 0),                        select(x > 0, 1, 0))
UNARY(elu,         -2,    2,    select(x > 0, x, expm1(x)),       select(x > 0, 1, y + 1))
UNARY(silu,        -9,    9,    finite_below(x) * sigmoid(x),     sigmoid(x) + finite(y) * sigmoid(-x))
UNARY(gelu,        -4,    4,    finite_below(x) * normal_cdf(x),  normal_cdf(x) + finite(x) * normal_density(x))
UNARY(erf,         -2,    2,    erf(x),                           Real(2 * std::numbers::inv_sqrtpi) * exp_minus_square(x, 1))
UNARY(lgamma,      0.2,   6,    lgamma(x),                        digamma(x))
UNARY(lgamma_remainder, 0.2, 6, lgamma_remainder(x),              lgamma_remainder_slope(x))
UNARY(log1mexp,    0.1,   3,    log1mexp(x),                      1 / expm1(x))
UNARY(log_sinhc,   -4,    4,    log_sinhc(x),                     langevin(x))
UNARY(langevin,    -4,    4,    langevin(x),                      langevin_slope(x, y))
UNARY(negative,    -2,    2,    -x,                               -1)  // also unary -

#define VAEGRAD_BINARY_ROW(fn, key, row, text, is_infix, la, ha, lb, hb, y_of_ab, dy_da, dy_db)      \
  struct row {                                                                                       \
    static constexpr const char* name = text;                                                        \
    static constexpr bool infix = is_infix;                                                          \
    static ::vaegrad::Lanes f(::vaegrad::Lanes a, ::vaegrad::Lanes b) { using namespace ::vaegrad; return y_of_ab; } \
    static ::vaegrad::Lanes da([[maybe_unused]] ::vaegrad::Lanes a, [[maybe_unused]] ::vaegrad::Lanes b, [[maybe_unused]] ::vaegrad::Lanes y) { using namespace ::vaegrad; return dy_da; } \
    static ::vaegrad::Lanes db([[maybe_unused]] ::vaegrad::Lanes a, [[maybe_unused]] ::vaegrad::Lanes b, [[maybe_unused]] ::vaegrad::Lanes y) { using namespace ::vaegrad; return dy_db; } \
  };                                                                                                 \
  template <class A, class B> requires (::vaegrad::Operands<A, B>)                                     \
  ::vaegrad::Binary<row, ::vaegrad::operand_t<A>, ::vaegrad::operand_t<B>> fn(const A& a, const B& b) { return {::vaegrad::operand(a), ::vaegrad::operand(b)}; } \
  template <class A, class B> requires (::vaegrad::WrongOperands<A, B>)                                \
  ::vaegrad::Var fn(const A&, const B&) { static_assert(::vaegrad::Operands<A, B>, text " takes Vars, expressions of Vars, and numbers"); return {}; } \
  VAEGRAD_ENTRY(row, key, true, VAEGRAD_INPUTS({{3, 5}, la, ha}, {{3, 5}, lb, hb}), [](::vaegrad::Var a, ::vaegrad::Var b) -> ::vaegrad::Var { return fn(a, b); })
// The same for two operands: VAEGRAD_BINARY(name, low of a, high of a, low of b, high of b, y, dy/da, dy/db)
#define VAEGRAD_BINARY(fn, la, ha, lb, hb, y, da, db) VAEGRAD_BINARY_ROW(fn, fn, fn##_of_two_row, #fn, false, la, ha, lb, hb, y, da, db)
#define BINARY VAEGRAD_BINARY
#define INFIX(key, sign, la, ha, lb, hb, y, da, db) VAEGRAD_BINARY_ROW(operator sign, key, key##_row, #sign, true, la, ha, lb, hb, y, da, db)

//    name             a checked on   b checked on   y = f(a, b)               dy/da                     dy/db
INFIX(add,       +,    -2,  2,        -2,  2,        a + b,                    1,                        1)
INFIX(subtract,  -,    -2,  2,        -2,  2,        a - b,                    1,                        -1)
INFIX(multiply,  *,    -2,  2,        -2,  2,        a * b,                    b,                        a)
INFIX(divide,    /,    -2,  2,        0.5, 2,        a / b,                    1 / b,                    -y / b)
BINARY(pow,            0.2, 3,        -2,  2,        pow(a, b),                pow_slope(a, b),          pow_slope_of_exponent(a, b, y))
BINARY(min,            -2,  2,        -2,  2,        min(a, b),                select(a <= b, 1, 0),     select(a <= b, 0, 1))
BINARY(max,            -2,  2,        -2,  2,        max(a, b),                select(a >= b, 1, 0),     select(a >= b, 0, 1))
BINARY(leaky_relu,     -2,  2,        0.1, 0.5,      select(a > 0, a, b * a),  select(a > 0, 1, b),      select(a > 0, 0, a))
#undef UNARY
#undef BINARY
#undef INFIX
// clang-format on

// What may be an epilogue of a product
template <>
inline constexpr bool slope_by_result<relu_row> = true;
template <>
inline constexpr bool slope_by_result<tanh_row> = true;
template <>
inline constexpr bool slope_by_result<sigmoid_row> = true;
template <>
inline constexpr bool slope_by_result<elu_row> = true;

// −x
template <Operand A>
auto operator-(const A& a) {
  return negative(a);
}

// min(max(x, low), high); gives dy/dx = 1 on [low, high], else 0
template <Operand A, Number N, Number M>
auto clamp(const A& x, N low, M high) {
  return min(max(x, low), high);
}
VAEGRAD_COMPOSED(clamp, VAEGRAD_INPUTS({{3, 5}, -0.4, 0.9}),
                 [](Var x) -> Var { return clamp(x, -0.5, 1); })

}  // namespace vaegrad::inline VAEGRAD_ABI

#include <vaegrad/autodiff/kernels/precise_end.hpp>
