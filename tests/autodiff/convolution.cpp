// The three kernels of a convolution against the definition, over a grid of geometries, and against
// each other: ⟨A x, y⟩ = ⟨x, Aᵀ y⟩. Here for double; convolution_f32.cpp runs the same on float.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/autodiff/kernels/parallel.hpp>

#include "../support/message.hpp"
#include "../support/threads.hpp"

using namespace vaegrad;

namespace {

using Numbers = std::vector<Real>;

Numbers random_numbers(Index n) {
  static std::mt19937 bits(11);
  Numbers x(static_cast<std::size_t>(n));
  for (Real& v : x) v = Real(double(bits()) / 4294967296.0 - 0.5);
  return x;
}

// A as a matrix, read off the formula: entry (y, x) is the weight that joins them, or none.
struct Joined {
  Index y, x, w;
};
std::vector<Joined> joined(const ConvolutionGeometry& g) {
  std::vector<Joined> all;
  const ImageShape out = g.out();
  for (Index y = 0; y < out.size(); ++y)
    for (Index x = 0; x < g.in.size(); ++x) {
      const Index i =
          x / g.in.channels / g.in.width + g.padding - y / g.channels / out.width * g.stride;
      const Index j =
          x / g.in.channels % g.in.width + g.padding - y / g.channels % out.width * g.stride;
      if (i < 0 || i >= g.kernel || j < 0 || j >= g.kernel) continue;
      const Index row = (i * g.kernel + j) * g.in.channels + x % g.in.channels;
      all.push_back({y, x, row * g.channels + y % g.channels});
    }
  return all;
}

constexpr double eps = double(std::numeric_limits<Real>::epsilon());

// Computed against Σ a b, whose terms come one by one. The bound holds for every order of summation
// (Higham, Accuracy and Stability of Numerical Algorithms, 3.1).
class Sums {
 public:
  explicit Sums(const Numbers& start)
      : value_(start.begin(), start.end()), size_(start.size()), terms_(start.size(), 1) {
    for (std::size_t i = 0; i < start.size(); ++i) size_[i] = std::abs(value_[i]);
  }
  void add(Index i, Real a, Real b) {
    value_[std::size_t(i)] += double(a) * double(b);
    size_[std::size_t(i)] += std::abs(double(a) * double(b));
    ++terms_[std::size_t(i)];
  }
  bool agrees(const Numbers& computed) const {
    for (std::size_t i = 0; i < value_.size(); ++i)
      if (!(std::abs(double(computed[i]) - value_[i]) <= 2 * (terms_[i] + 1) * eps * size_[i]))
        return false;
    return true;
  }

 private:
  std::vector<double> value_, size_, terms_;
};

// What is overwritten must not be read: it starts as NaN. Nothing is written past the end.
template <class Compute, class AddUp>
void against_definition(Index size, Compute compute, AddUp add_up) {
  for (const bool accumulate : {false, true}) {
    Numbers result(std::size_t(size), std::numeric_limits<Real>::quiet_NaN());
    if (accumulate) result = random_numbers(size);
    Sums sums(accumulate ? result : Numbers(std::size_t(size)));
    result.push_back(42);
    compute(result.data(), accumulate);
    add_up(sums);
    CHECK(result.back() == 42);
    result.pop_back();
    CHECK(sums.agrees(result));
  }
}

void check_kernels(const ConvolutionGeometry& g, Index batch) {
  CAPTURE(concat(g.in, " -> ", g.out(), ", kernel ", g.kernel, ", stride ", g.stride, ", padding ",
                 g.padding, ", batch ", batch));
  const Index n_in = g.in.size(), n_out = g.out().size(), n_w = g.weights().size();
  const Numbers x = random_numbers(batch * n_in), y = random_numbers(batch * n_out),
                w = random_numbers(n_w);
  const std::vector<Joined> A = joined(g);
  const auto each = [&](auto f) {
    for (Index b = 0; b < batch; ++b)
      for (const Joined& j : A) f(std::size_t(b * n_out + j.y), std::size_t(b * n_in + j.x), j.w);
  };
  against_definition(
      batch * n_out,
      [&](Real* to, bool add) { convolve_images(g, batch, x.data(), w.data(), to, add); },
      [&](Sums& s) {
        each(
            [&](auto at_y, auto at_x, Index k) { s.add(Index(at_y), x[at_x], w[std::size_t(k)]); });
      });
  against_definition(
      batch * n_in,
      [&](Real* to, bool add) {
        convolve_images_transposed(g, batch, y.data(), w.data(), to, add);
      },
      [&](Sums& s) {
        each(
            [&](auto at_y, auto at_x, Index k) { s.add(Index(at_x), y[at_y], w[std::size_t(k)]); });
      });
  against_definition(
      n_w, [&](Real* to, bool add) { convolution_weights(g, batch, x.data(), y.data(), to, add); },
      [&](Sums& s) { each([&](auto at_y, auto at_x, Index k) { s.add(k, x[at_x], y[at_y]); }); });

  // ⟨A x, y⟩ = ⟨x, Aᵀ y⟩ = ⟨w, w̄⟩, relative to the size of what is summed
  Numbers ax(y.size()), aty(x.size()), dw(w.size());
  convolve_images(g, batch, x.data(), w.data(), ax.data(), false);
  convolve_images_transposed(g, batch, y.data(), w.data(), aty.data(), false);
  convolution_weights(g, batch, x.data(), y.data(), dw.data(), false);
  const auto inner = [](const Numbers& a, const Numbers& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += double(a[i]) * double(b[i]);
    return sum;
  };
  double size = 0;
  each([&](auto at_y, auto at_x, Index k) {
    size += std::abs(double(x[at_x]) * double(w[std::size_t(k)]) * double(y[at_y]));
  });
  const double bound = 10 * eps * std::max(size, 1e-300);
  CHECK(std::abs(inner(ax, y) - inner(x, aty)) <= bound);
  CHECK(std::abs(inner(ax, y) - inner(w, dw)) <= bound);
}

std::vector<ConvolutionGeometry> geometries() {
  std::vector<ConvolutionGeometry> all;
  const Index channels[][2] = {{1, 1}, {1, 5}, {3, 16}, {16, 2}, {17, 33}, {32, 16}};
  std::size_t next = 0;
  for (const auto& [height, width] : {std::array<Index, 2>{7, 5}, {6, 9}, {8, 8}, {4, 11}})
    for (Index kernel = 1; kernel <= 5; ++kernel)
      for (Index stride = 1; stride <= 3; ++stride)
        for (Index padding = 0; padding < kernel; ++padding) {
          const auto& [in, out] = channels[next++ % std::size(channels)];
          const ConvolutionGeometry g{{height, width, in}, out, kernel, stride, padding};
          if (height + 2 * padding >= kernel && width + 2 * padding >= kernel) all.push_back(g);
        }
  return all;
}

}  // namespace

TEST_CASE("convolutions against their definition, and each the adjoint of the other") {
  Index number = 0;
  for (const ConvolutionGeometry& g : geometries()) check_kernels(g, 1 + number++ % 3);
  MESSAGE(number, " geometries");
}

TEST_CASE("convolutions of batches that are cut") {
  check_kernels({{9, 7, 16}, 32, 4, 2, 1}, 37);
  check_kernels({{9, 7, 1}, 32, 4, 2, 1}, 150);
  check_kernels({{5, 5, 24}, 20, 3, 1, 1}, 65);
}

TEST_CASE("convolutions: the same bits for every number of threads") {
  const int omp_before = omp_get_max_threads();
  for (const ConvolutionGeometry& g :
       {ConvolutionGeometry{{28, 28, 1}, 32, 4, 2, 1}, {{14, 14, 32}, 64, 4, 2, 1}}) {
    constexpr Index batch = 43;
    const Numbers x = random_numbers(batch * g.in.size()),
                  y = random_numbers(batch * g.out().size()),
                  w = random_numbers(g.weights().size());
    std::vector<Numbers> one;
    for (const int team : {1, 2, 3, 5}) {
      const Threads use(team);
      std::vector<Numbers> r{y, x, w};
      convolve_images(g, batch, x.data(), w.data(), r[0].data(), false);
      convolve_images_transposed(g, batch, y.data(), w.data(), r[1].data(), false);
      convolution_weights(g, batch, x.data(), y.data(), r[2].data(), false);
      if (team == 1) one = r;
      for (std::size_t k = 0; k < 3; ++k)
        CHECK(std::memcmp(r[k].data(), one[k].data(), r[k].size() * sizeof(Real)) == 0);
    }
  }
  CHECK(omp_get_max_threads() == omp_before);
}

TEST_CASE("a mirrored convolution gives back any size") {
  for (Index n = 4; n <= 33; ++n) {
    const ConvolutionGeometry first{{n, n + 1, 3}, 4, 4, 2, 1};
    Tape tape;
    const Var x = tape.constant(Shape{2, first.in.size()}), w = tape.constant(first.weights());
    CHECK(convolve_transposed(convolve(x, w, first), w, first).shape() == x.shape());
  }
}

TEST_CASE("upsampling repeats pixels") {
  Tape tape;
  const Var x = tape.constant({{1, 10, 2, 20}});  // 1 x 2 pixels of 2 channels
  const Matrix y = upsample(x, {1, 2, 2}, 2).val();
  const Real expected[] = {1, 10, 1, 10, 2, 20, 2, 20, 1, 10, 1, 10, 2, 20, 2, 20};
  REQUIRE(y.shape() == Shape{1, 16});
  CHECK(std::equal(y.begin(), y.end(), expected));
}

TEST_CASE("convolutions refuse what does not fit") {
  Tape tape;
  const Var x = tape.constant(Shape{2, 25}), w = tape.constant(Shape{9, 4});
  CHECK(message_of([&] {
          convolve(x, w, {{5, 6, 1}, 4, 3});
        }) ==
        "convolve: the input is (2, 25), but an image of 5 x 6 has 30 numbers\n"
        "  hint: one image per row, its channels last");
  CHECK(message_of([&] {
          convolve(x, w, {{5, 5, 1}, 4, 2});
        }) ==
        "convolve: the weights are (9, 4), expected (4, 4)\n"
        "  hint: ConvolutionGeometry::weights() says their shape");
  CHECK(message_of([&] {
          convolve(x, w, {{5, 5, 1}, 4, 7});
        }) ==
        "convolve: a window of 7 x 7 does not fit into 5 x 5 with padding 0\n"
        "  hint: a smaller kernel, or larger images");
  CHECK(message_of([&] {
          convolve(x, w, {{5, 5, 1}, 4, 3, 1, 3});
        }) ==
        "convolve: padding 3 with a kernel of 3\n"
        "  hint: a window must see the image: padding is less than the kernel");
  CHECK(message_of([&] {
          convolve_transposed(x, w, {{5, 5, 1}, 4, 3});
        }) ==
        "convolve_transposed: the input is (2, 25), but an image of 3 x 3 x 4 has 36 numbers\n"
        "  hint: one image per row, its channels last");
  CHECK(message_of([&] {
          upsample(x, {5, 5, 1}, 0);
        }) == "upsample: the factor must be at least 1: 0");
}
