// What a training step asks of the system's allocator, once it has settled: nothing.
//
// This executable defines operator new, malloc and their relatives itself, so that calls from every
// thread and every shared library are counted. Calls made inside dnnl_sgemm and
// dnnl_primitive_execute, which the linker wraps for it, are oneDNN's own and counted apart.
#include <doctest/doctest.h>
#include <malloc.h>
#include <oneapi/dnnl/dnnl.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <new>
#include <vaegrad/lab/data/batches.hpp>
#include <vaegrad/models/inference/posterior.hpp>
#include <vaegrad/models/model.hpp>
#include <vaegrad/models/models.hpp>

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
}

namespace {

struct Counts {
  std::atomic<long> operator_new, malloc, malloc_in_onednn, products, primitives;
} counts;
thread_local bool in_onednn = false;

void count_malloc() { ++(in_onednn ? counts.malloc_in_onednn : counts.malloc); }

void* counted_new(std::size_t bytes, std::size_t alignment) {
  ++(in_onednn ? counts.malloc_in_onednn : counts.operator_new);
  void* p = alignment > alignof(std::max_align_t) ? __libc_memalign(alignment, bytes)
                                                  : __libc_malloc(bytes ? bytes : 1);
  if (!p) throw std::bad_alloc();
  return p;
}

}  // namespace

extern "C" {
void* malloc(std::size_t n) { return count_malloc(), __libc_malloc(n); }
void* calloc(std::size_t n, std::size_t size) { return count_malloc(), __libc_calloc(n, size); }
void* realloc(void* p, std::size_t n) { return count_malloc(), __libc_realloc(p, n); }
void* memalign(std::size_t a, std::size_t n) { return count_malloc(), __libc_memalign(a, n); }
void* aligned_alloc(std::size_t a, std::size_t n) { return count_malloc(), __libc_memalign(a, n); }
int posix_memalign(void** to, std::size_t a, std::size_t n) {
  count_malloc();
  *to = __libc_memalign(a, n);
  return *to ? 0 : ENOMEM;
}

decltype(dnnl_sgemm) __real_dnnl_sgemm;  // by the linker's --wrap
dnnl_status_t __wrap_dnnl_sgemm(char transa, char transb, dnnl_dim_t m, dnnl_dim_t n, dnnl_dim_t k,
                                float alpha, const float* a, dnnl_dim_t lda, const float* b,
                                dnnl_dim_t ldb, float beta, float* c, dnnl_dim_t ldc) {
  ++counts.products;
  in_onednn = true;
  const dnnl_status_t status =
      __real_dnnl_sgemm(transa, transb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
  in_onednn = false;
  return status;
}

decltype(dnnl_primitive_execute) __real_dnnl_primitive_execute;
dnnl_status_t __wrap_dnnl_primitive_execute(const_dnnl_primitive_t primitive, dnnl_stream_t stream,
                                            int n, const dnnl_exec_arg_t* arguments) {
  ++counts.primitives;
  in_onednn = true;
  const dnnl_status_t status = __real_dnnl_primitive_execute(primitive, stream, n, arguments);
  in_onednn = false;
  return status;
}
}

// The forms for arrays, and those that do not throw, call these.
void* operator new(std::size_t n) { return counted_new(n, 1); }
void* operator new(std::size_t n, std::align_val_t a) { return counted_new(n, std::size_t(a)); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }

using namespace vaegrad;

namespace {

struct Counted {
  long operator_new, malloc, malloc_in_onednn, products, primitives;
};
Counted seen() {
  return {counts.operator_new, counts.malloc, counts.malloc_in_onednn, counts.products,
          counts.primitives};
}

// 784-400-20 or conv-20, ReLU: batches of 128 and a short one of 44, binarised afresh, with Adam.
struct Training {
  Images images;
  Parameters p;
  Vae<GaussianNetwork, LikelihoodNetwork> vae;
  Adam adam{p};
  Tape tape;
  std::vector<std::uint32_t> order;
  std::uint32_t step_number = 0;

  explicit Training(const char* name) : Training(network(name)) {}
  explicit Training(const Network& net)
      : vae{{p, "encoder", net, {28, 28}, 20, activation("relu"), {}},
            {p,
             "decoder",
             20,
             net,
             {28, 28},
             likelihood("bernoulli"),
             784,
             {},
             activation("relu"),
             {}}},
        order(300) {
    images.count = 300, images.height = images.width = 28;
    images.bytes.resize(300 * 784);
    std::vector<Real> grey(300 * 784);
    Stream(1, Purpose::data).uniform({grey.data(), 300, 784});
    for (std::size_t i = 0; i < grey.size(); ++i)
      images.bytes[i] = std::uint8_t(255 * grey[i] * grey[i]);
    for (std::uint32_t i = 0; i < 300; ++i) order[i] = i;
  }

  double step(std::span<const std::uint32_t> rows) {
    tape.reset();
    const Var x = tape.constant(Shape{Index(rows.size()), 784});
    fill(x.val(), images, rows, Binarize::sample, 1, step_number);
    Stream noise(1, Purpose::latent, step_number++, rows);
    const Var loss = -average(elbo(vae, x, noise)());
    p.zero_gradient();
    tape.backward(loss);
    adam.step();
    return double(loss.item());
  }
  std::span<const std::uint32_t> batch(int i) const {
    return std::span(order).subspan(std::size_t(i % 3) * 128, i % 3 == 2 ? 44 : 128);
  }
};

// The same examples, 784-50-10 with a prior that is learnt.
struct PriorTraining : Training {
  Model model;
  Adam model_adam{model.parameters};

  static Architecture architecture(const char* prior) {
    const Activation relu = activation("relu");
    return {.image = {28, 28},
            .network = with_widths(network("mlp"), {50}),
            .hidden = {50},
            .activation = relu,
            .initial = {},
            .latent = 10,
            .posterior = posteriors()[0],
            .latents = {10, &posterior_scale("log-variance"), 0, relu, {}},
            .prior = &vaegrad::prior(prior),
            .components = 30,
            .likelihood = &likelihood("bernoulli"),
            .scale = {}};
  }
  explicit PriorTraining(const char* prior)
      : Training(network("mlp")), model(architecture(prior)) {}

  double step(std::span<const std::uint32_t> rows) {
    tape.reset();
    const Var x = tape.constant(Shape{Index(rows.size()), 784});
    fill(x.val(), images, rows, Binarize::sample, 1, step_number);
    Stream noise(1, Purpose::latent, step_number++, rows);
    const Var loss = -average(model.bound(elbo_objective, {x, {}}, noise, {}).objective);
    model.parameters.zero_gradient();
    tape.backward(loss);
    model_adam.step();
    return double(loss.item());
  }
};

// A compiler may leave out what nobody sees, and Clang does.
void* volatile last_seen;
void* seen_by_all(void* p) { return last_seen = p, p; }

}  // namespace

TEST_CASE("the counters count") {
  const Counted before = seen();
  delete[] static_cast<int*>(seen_by_all(new (std::nothrow) int[100]));
  delete static_cast<int*>(seen_by_all(new int));
  std::free(seen_by_all(std::malloc(10)));
  std::free(seen_by_all(std::aligned_alloc(64, 128)));
  CHECK(seen().operator_new - before.operator_new == 2);
  CHECK(seen().malloc - before.malloc == 2);
}

namespace {

template <class Trained>
void check_steady_state(const char* name, bool convolutional) {
  for (const int n : {1, 2, 4}) {
    set_threads(n);
    Trained training(name);
    double first = training.step(training.batch(0)), last = 0;
    training.step(training.batch(1));
    training.step(training.batch(2));
    const Counted before = seen();
    constexpr int steps = 12;  // four of them short
    for (int i = 3; i < 3 + steps; ++i) last = training.step(training.batch(i));
    const Counted after = seen();
    CAPTURE(n);
    CAPTURE(std::string(name));
    CHECK(after.operator_new - before.operator_new == 0);
    CHECK(after.malloc - before.malloc == 0);
    CHECK(after.products > before.products);
    CHECK((after.primitives > before.primitives) == convolutional);
    MESSAGE(name, ", ", n, " threads, per step: ", double(after.products - before.products) / steps,
            " dnnl_sgemm and ", double(after.primitives - before.primitives) / steps,
            " primitives with ", double(after.malloc_in_onednn - before.malloc_in_onednn) / steps,
            " allocations inside");
    CHECK(last < first);
  }
  set_threads(omp_get_max_threads());
}

}  // namespace

TEST_CASE("a steady-state training step allocates nothing") {
  check_steady_state<Training>("mlp", false);
}
TEST_CASE("nor does one with convolutions, outside oneDNN's execute") {
  check_steady_state<Training>("conv", true);
}
TEST_CASE("nor does one with a prior that is learnt, by pseudo-inputs or by a flow") {
  check_steady_state<PriorTraining>("vamp", false);
  check_steady_state<PriorTraining>("flow", false);
}

TEST_CASE("nor does one with any posterior of the table") {
  for (const PosteriorRow* row : posteriors()) {
    CAPTURE(std::string(row->name));
    Parameters p;
    constexpr Index latent = 8, particles = 2;
    const Linear in(p, "in", 784, 50, {}), out(p, "out", latent, 784, {});
    const auto posterior = row->make(p, "q", 50,
                                     {.latent = latent,
                                      .scale = &posterior_scale("log-variance"),
                                      .flows = 3,
                                      .activation = activation("relu"),
                                      .initial = {},
                                      .widths = {16, 12}});
    Adam adam(p);
    Tape tape;
    const auto step = [&](std::uint32_t number, Index rows) {
      tape.reset();
      const Var x = tape.constant(Shape{rows, 784});
      Stream(1, Purpose::data, number).uniform(x.val());
      PosteriorAt q = posterior->at(tanh(in(x)));
      Stream noise(1, Purpose::latent, number, 0, particles);
      const Var z = posterior->sample(q, noise, particles);
      const Var log_q = posterior->log_prob(q, z, particles, false);
      p.zero_gradient(), tape.backward(average(log_q) + average(square(out(z)))), adam.step();
    };
    for (std::uint32_t i = 0; i < 3; ++i) step(i, i == 2 ? 44 : 128);
    const Counted before = seen();
    for (std::uint32_t i = 3; i < 9; ++i) step(i, i % 3 == 2 ? 44 : 128);
    const Counted after = seen();
    CHECK(after.operator_new - before.operator_new == 0);
    CHECK(after.malloc - before.malloc == 0);
  }
}
