// Probabilities from numbers of any size, along each row.
#pragma once
#include <vaegrad/autodiff/structure.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// log p_ij = d_ij − log Σ_k exp d_ik,  d_ij = x_ij − max_k x_ik,  along each row. The largest goes out
// before anything else: log Σ exp x of large x rounds away what the differences need.
template <Operand A>
Var log_softmax(const A& a) {
  const Var x = a, largest = max(stop_gradient(x)), log_total = log_sum_exp(x - largest);
  return (x - largest) - log_total;
}
// p_ij = exp d_ij / Σ_k exp d_ik
template <Operand A>
Var softmax(const A& a) {
  const Var x = a, largest = max(stop_gradient(x)), log_total = log_sum_exp(x - largest);
  return exp((x - largest) - log_total);
}
VAEGRAD_COMPOSED(log_softmax, VAEGRAD_INPUTS({{3, 7}}), [](Var x) { return log_softmax(x); })
VAEGRAD_COMPOSED(softmax, VAEGRAD_INPUTS({{3, 7}}), [](Var x) { return softmax(x); })

}  // namespace vaegrad::inline VAEGRAD_ABI
