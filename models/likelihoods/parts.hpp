// What the files of likelihoods share: how a row of the table is made, samples from a uniform
// number, and what x must hold.
#pragma once
#include <algorithm>
#include <cmath>

#include <vaegrad/models/distributions.hpp>
#include <vaegrad/models/likelihoods/likelihood.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// The row with its functions, from the distribution that F makes of the network's outputs.
template <class F>
constexpr Likelihood likelihood_row(Likelihood row, F) {
  row.log_prob = [](const Outputs& o, Data x) -> Var { return F{}(o).log_prob(x.rows()); };
  row.mean = [](const Outputs& o) -> Var { return F{}(o).mean(); };
  row.sample = [](const Outputs& o, Stream& noise) -> Var { return F{}(o).sample(noise); };
  return row;
}

// The logit of a mean, away from 0 and 1: where an output that is one starts.
inline double first_logit(double mean) {
  const double m = std::clamp(mean, 0.001, 0.999);
  return std::log(m / (1 - m));
}

// Values of a byte.
inline constexpr Index byte_levels = 256;

// Error: a number of x is outside [0, most], or not whole where it must be.
inline void check_range(const char* where, ConstMatrix x, Index most, bool whole) {
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
inline double entry(const Var& v, Index i, Index j) {
  const Matrix m = v.val();
  return double(m(m.rows == 1 ? 0 : i, m.cols == 1 ? 0 : j));
}

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

}  // namespace vaegrad::inline VAEGRAD_ABI
