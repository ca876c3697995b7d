#pragma once
#include <vaegrad/autodiff/kernels/products.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// As multiply (kernels/products.hpp): tiles of C, each one dnnl_sgemm.
void frozen_multiply(Factor a, Factor b, Real* c, bool accumulate, const Real* row = nullptr);

}  // namespace vaegrad::inline VAEGRAD_ABI
