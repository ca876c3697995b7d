#include <algorithm>
#include <cmath>

#include <vaegrad/autodiff/kernels/parallel.hpp>
#include <vaegrad/autodiff/random.hpp>
#include <vaegrad/lab/data/batches.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

Batches::Batches(const Examples& examples, std::size_t batch, std::uint64_t seed)
    : rows_(examples.rows), order_(rows_), batch_(batch), seed_(seed) {
  check(batch > 0, "batches: the batch size must be at least 1: 0", hint, "--batch 128");
  check(!rows_.empty(), "batches: no examples to make batches of: 0", hint,
        "choose a split that has some");
}

void Batches::shuffle(std::uint32_t epoch) {
  order_ = rows_;
  // Fisher and Yates, as permutation() does, but in place: an epoch allocates nothing.
  Stream stream(seed_, Purpose::shuffle, epoch);
  for (std::size_t i = order_.size(); i > 1; --i) std::swap(order_[i - 1], order_[stream.below(i)]);
}

std::span<const std::uint32_t> Batches::operator[](std::size_t i) const {
  const std::size_t first = i * batch_;
  check(first < order_.size(), "batches: no batch ", i, " among ", count());
  return std::span(order_).subspan(first, std::min(batch_, order_.size() - first));
}

namespace {

constexpr Index worth_threads = 1 << 13;

// An epoch meets its examples in no order, and memory that nobody expects takes 100 ns a line: it is
// asked for two examples ahead.
template <class Get>
void ask_for(std::span<const std::uint32_t> rows, Index i, Get get) {
  if (i >= Index(rows.size())) return;
  const auto all = std::as_bytes(get(rows[static_cast<std::size_t>(i)]));
  for (std::size_t k = 0; k < all.size(); k += 64) __builtin_prefetch(all.data() + k);
}

// x = f(x, byte) for every pixel
template <class F>
void for_each_pixel(Matrix x, const Images& file, std::span<const std::uint32_t> rows, F f) {
  const auto image = [&](std::size_t row) { return file.image(row); };
  parallel_for(x.rows, x.size() >= worth_threads, [&](Index i) {
    ask_for(rows, i + 2, image);
    const std::uint8_t* bytes = image(rows[static_cast<std::size_t>(i)]).data();
    Real* to = x.row(i);
    for (Index j = 0; j < x.cols; ++j) to[j] = f(to[j], bytes[j]);
  });
}

}  // namespace

void fill(Matrix x, const Images& file, std::span<const std::uint32_t> rows, Binarize how,
          std::uint64_t seed, std::uint32_t draw) {
  const Shape shape{static_cast<Index>(rows.size()), static_cast<Index>(file.dimensions())};
  check(x.shape() == shape, "batch: it has the shape ", x.shape(), ", the examples ", shape);
  if (file.real()) {
    check<UsageError>(how == Binarize::none || file.unit,
                      "--binarize: the data are real numbers, not grey values", hint,
                      "leave --binarize away, and use --likelihood gaussian");
    // x = [u < v],  u ~ U(0, 1), in float as for bytes
    if (how == Binarize::sample) Stream(seed, Purpose::binarize, draw, rows).uniform(x);
    const auto numbers = [&](std::size_t row) { return file.numbers(row); };
    parallel_for(x.rows, x.size() >= worth_threads, [&](Index i) {
      ask_for(rows, i + 2, numbers);
      const auto from = numbers(rows[static_cast<std::size_t>(i)]);
      Real* to = x.row(i);
      for (std::size_t j = 0; j < from.size(); ++j)
        to[j] = how == Binarize::none ? static_cast<Real>(from[j])
                : how == Binarize::threshold
                    ? static_cast<Real>(from[j] >= 0.5f)
                    : static_cast<Real>(static_cast<float>(to[j]) < from[j]);
    });
  } else if (file.binary) {
    for_each_pixel(x, file, rows, [](Real, std::uint8_t b) { return static_cast<Real>(b); });
  } else if (how == Binarize::none) {
    for_each_pixel(x, file, rows, [](Real, std::uint8_t b) { return static_cast<Real>(b) / 255; });
  } else if (how == Binarize::threshold) {
    for_each_pixel(x, file, rows, [](Real, std::uint8_t b) { return static_cast<Real>(b >= 128); });
  } else {
    // x = [255 u < byte],  u ~ U(0, 1), computed in float so that float and double builds see the
    // same image
    Stream(seed, Purpose::binarize, draw, rows).uniform(x);
    for_each_pixel(x, file, rows, [](Real u, std::uint8_t b) {
      return static_cast<Real>(255 * static_cast<float>(u) < static_cast<float>(b));
    });
  }
}

void mutate(Matrix x, double rate, int levels, Real unit, std::span<const std::uint32_t> rows,
            std::uint64_t seed, std::uint32_t draw) {
  std::vector<Real> u(static_cast<std::size_t>(x.size()));
  Stream(seed, Purpose::mutate, draw, rows).uniform({u.data(), x.rows, x.cols});
  for (Index i = 0; i < x.size(); ++i) {
    // u < rate, and then u / rate is uniform again
    const double share = double(u[static_cast<std::size_t>(i)]) / rate;
    if (share < 1) x.data[i] = unit * Real(std::min(levels - 1, int(share * levels)));
  }
}

namespace {

// Of columns that `get(row)` gives, times `unit`. Distances are from the first row: no digits are
// lost where the mean is large beside the deviation. Those of `most` rows are added as Sum.
template <class Sum, class Get>
Moments moments_of(const Examples& examples, double unit, std::size_t most, Get get) {
  const std::size_t n = examples.count(), d = examples.file->dimensions();
  const auto first = get(examples.rows[0]);
  std::vector<double> sum(d), squares(d);
  for (std::size_t from = 0; from < n; from += most) {
    std::vector<Sum> part(d), part_squares(d);
    for (std::size_t i = from; i < std::min(n, from + most); ++i) {
      const auto x = get(examples.rows[i]);
      for (std::size_t j = 0; j < d; ++j) {
        const Sum from_first = static_cast<Sum>(x[j]) - static_cast<Sum>(first[j]);
        part[j] += from_first;
        part_squares[j] += from_first * from_first;
      }
    }
    for (std::size_t j = 0; j < d; ++j) sum[j] += part[j], squares[j] += part_squares[j];
  }
  Moments m{std::vector<double>(d), std::vector<double>(d)};
  for (std::size_t j = 0; j < d; ++j) {
    const double mean = sum[j] / static_cast<double>(n);
    const double variance = squares[j] / static_cast<double>(n) - mean * mean;
    m.mean[j] = unit * (static_cast<double>(first[j]) + mean);
    m.deviation[j] = unit * std::sqrt(std::max(variance, 0.0));
  }
  return m;
}

}  // namespace

Moments moments(const Examples& examples) {
  check(examples.count() > 0, "moments: no examples: 0", hint, "choose a split that has some");
  const Images& file = *examples.file;
  if (file.real())
    return moments_of<double>(examples, 1, examples.count(),
                              [&](std::uint32_t row) { return file.numbers(row); });
  constexpr std::size_t most = 32768;  // times 255² is still below 2^31
  return moments_of<std::int32_t>(examples, file.binary ? 1.0 : 1.0 / 255, most,
                                  [&](std::uint32_t row) { return file.image(row); });
}

}  // namespace vaegrad::inline VAEGRAD_ABI
