// This file replaces malloc and its family for the whole program: each call goes on to glibc's own
// and is counted while counting is on. operator new comes here too, since libstdc++'s calls malloc.
// dnnl_sgemm and dnnl_primitive_execute are wrapped, to know what happens inside them.
#include "allocations.hpp"

#include <oneapi/dnnl/dnnl.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define VAEGRAD_SANITIZED 1
#endif
#endif
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && \
    !defined(VAEGRAD_SANITIZED)
#define VAEGRAD_COUNTS_ALLOCATIONS 1
#endif

namespace {

std::atomic<bool> counting{false};
std::atomic<long> outside{0}, inside{0};
thread_local bool in_onednn = false;

#if defined(VAEGRAD_COUNTS_ALLOCATIONS)
void count() {
  if (counting.load(std::memory_order_relaxed))
    (in_onednn ? inside : outside).fetch_add(1, std::memory_order_relaxed);
}
#endif

}  // namespace

#if defined(VAEGRAD_COUNTS_ALLOCATIONS)
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t n) { return count(), __libc_malloc(n); }
void* calloc(std::size_t n, std::size_t size) { return count(), __libc_calloc(n, size); }
void* realloc(void* p, std::size_t n) { return count(), __libc_realloc(p, n); }
void* memalign(std::size_t alignment, std::size_t n) {
  return count(), __libc_memalign(alignment, n);
}
void* aligned_alloc(std::size_t alignment, std::size_t n) {
  return count(), __libc_memalign(alignment, n);
}
int posix_memalign(void** to, std::size_t alignment, std::size_t n) {
  count();
  *to = __libc_memalign(alignment, n);
  return *to ? 0 : ENOMEM;
}
}
#endif

extern "C" {
// The linker sends every call of these here (--wrap), and those of __real_.. to oneDNN.
decltype(dnnl_sgemm) __real_dnnl_sgemm, __wrap_dnnl_sgemm;
dnnl_status_t __wrap_dnnl_sgemm(char a_flip, char b_flip, dnnl_dim_t m, dnnl_dim_t n, dnnl_dim_t k,
                                float alpha, const float* a, dnnl_dim_t lda, const float* b,
                                dnnl_dim_t ldb, float beta, float* c, dnnl_dim_t ldc) {
  in_onednn = true;
  const dnnl_status_t status =
      __real_dnnl_sgemm(a_flip, b_flip, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
  in_onednn = false;
  return status;
}

decltype(dnnl_primitive_execute) __real_dnnl_primitive_execute, __wrap_dnnl_primitive_execute;
dnnl_status_t __wrap_dnnl_primitive_execute(const_dnnl_primitive_t primitive, dnnl_stream_t stream,
                                            int n, const dnnl_exec_arg_t* arguments) {
  in_onednn = true;
  const dnnl_status_t status = __real_dnnl_primitive_execute(primitive, stream, n, arguments);
  in_onednn = false;
  return status;
}
}

namespace vaegrad::inline VAEGRAD_ABI {

void start_counting_allocations() {
  outside = inside = 0;
  counting = true;
}

AllocationCount stop_counting_allocations() {
  counting = false;
#if defined(VAEGRAD_COUNTS_ALLOCATIONS)
  return {outside, inside, true};
#else
  return {};
#endif
}

}  // namespace vaegrad::inline VAEGRAD_ABI
