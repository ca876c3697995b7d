// Epilogues: the function that follows a product, applied to each part of its result while that is in
// the cache, u ↦ a(u); and its adjoint, for functions whose slope is known by their result.
//
// Rows of numbers: of a dense layer an example's, of an image a pixel's channels; a bias is one row.
#pragma once
#include <array>

#include <vaegrad/autodiff/kernels/lanes.hpp>
#include <vaegrad/autodiff/matrix.hpp>

#include <vaegrad/autodiff/kernels/precise_begin.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// Outlives every tape that it is recorded on.
struct Epilogue {
  const char* name;
  void (*value)(Real* u, Index n);  // u ← a(u)
  // δ = a'(u) ȳ by y = a(u), and sums += δ, each entry by entry, n of them
  void (*pull)(const Real* y, const Real* y_adj, Real* delta, Real* sums, Index n);
};

// Whether a row of elementwise.hpp has a df(x, y) that is right with y in the place of x: said of
// those that may be an epilogue.
template <class Row>
constexpr bool slope_by_result = false;

template <class Row>
requires slope_by_result<Row>
constexpr Epilogue epilogue_of{
    Row::name,
    [](Real* u, Index n) {
      Index i = 0;
      for (; i + Lanes::size <= n; i += Lanes::size) Row::f(Lanes::load(u + i)).store(u + i);
      if (const int live = int(n - i)) Row::f(Lanes::load(u + i, live)).store(u + i, live);
    },
    [](const Real* y, const Real* y_adj, Real* delta, Real* sums, Index n) {
      const auto at = [&](Index i, auto... live) {
        const Lanes result = Lanes::load(y + i, live...);
        const Lanes d = Row::df(result, result) * Lanes::load(y_adj + i, live...);
        d.store(delta + i, live...);
        (Lanes::load(sums + i, live...) + d).store(sums + i, live...);
      };
      Index i = 0;
      for (; i + Lanes::size <= n; i += Lanes::size) at(i);
      if (const int live = int(n - i)) at(i, live);
    }};

// Where an adjoint goes: nowhere, when data is null.
struct Contribution {
  Real* data = nullptr;
  bool accumulate = false;
};

// ---- internal: for ops ----

// y ← a(y + b), b a row
void apply_epilogue(const Epilogue& a, Real* y, const Real* b, Index rows, Index cols);
// δ of these rows, and its sum over them, a row
void pull_epilogue(const Epilogue& a, const Real* y, const Real* y_adj, Real* delta, Real* sum,
                   Index rows, Index cols);
// The same of all, by the team, the sum to a bias. Without a place for δ, which may be that of y_adj,
// it is memory of the calling thread, which keeps what the largest needs, until it asks again. The
// same bits for any number of threads.
const Real* pull_epilogue(const Epilogue& a, const Real* y, const Real* y_adj, Index rows,
                          Index cols, const Contribution& bias, Real* delta = nullptr);
// δ's sum to a bias
void give_to_bias(const Real* sum, Index cols, const Contribution& bias);

}  // namespace vaegrad::inline VAEGRAD_ABI

#include <vaegrad/autodiff/kernels/precise_end.hpp>
