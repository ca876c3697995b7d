#include <algorithm>
#include <array>

#include <vaegrad/autodiff/by_name.hpp>
#include <vaegrad/models/coding/exact_math.hpp>
#include <vaegrad/models/coding/pixel_coder.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

constexpr std::uint32_t total = 1u << pixel_bits;
constexpr Index levels = 256;

// f of a network's output, tabled at steps of 1/256 between ±reach: what is lost by rounding the
// output is of second order, below 10⁻⁵ bits.
template <class T>
class OutputTable {
 public:
  template <class F>
  OutputTable(int reach, F f) : reach_(reach) {
    for (int i = -reach * steps; i <= reach * steps; ++i) values_.push_back(f(double(i) / steps));
  }
  T operator()(double output) const {
    return values_[std::size_t((std::clamp(output, -reach_, reach_) + reach_) * steps + 0.5)];
  }

 private:
  static constexpr int steps = 256;
  double reach_;
  std::vector<T> values_;
};

// Scales are kept within bounds: log s = 7 tanh(h / 7), as in models/likelihoods.hpp.
double bounded(double h) { return 7 * exact_tanh(h / 7); }

// Numbers of a pixel that the network gave for eight images.
struct PixelOutputs {
  const Block& output;
  Index dimensions, pixel, lane;

  const double* block(Index k) const {  // the k-th number of each pixel
    return output.row(k * dimensions + pixel) + lane;
  }
  const double* level(Index c) const {  // of 256 for each pixel
    return output.row(pixel * levels + c) + lane;
  }
};

// P(x = 1) = sigmoid(l). Bytes above 1 get one count each.
struct BernoulliCounts {
  static constexpr const char* name = "bernoulli";
  static constexpr Index outputs = 1;
  static constexpr bool has_scale = false, grey = false;

  struct Shared {
    OutputTable<std::uint32_t> ones{24, [](double l) {
                                      const double p = exact_sigmoid(l);
                                      return 1 + std::uint32_t(p * (total - levels));
                                    }};
    explicit Shared(const PixelLikelihood&) {}
  };
  static constexpr std::uint32_t others = total - levels + 2;  // the counts of bytes above 1

  const Shared& shared;
  std::array<std::uint32_t, abreast> ones;

  explicit BernoulliCounts(const Shared& s) : shared(s) {}

  void load(const PixelOutputs& y) {
    for (Index i = 0; i < abreast; ++i) ones[std::size_t(i)] = shared.ones(y.block(0)[i]);
  }
  CodeInterval interval(Index lane, std::uint8_t x) const {
    const std::uint32_t zeros = others - ones[std::size_t(lane)];
    if (x > 1) return {others + x - 2u, 1};
    return x ? CodeInterval{zeros, others - zeros} : CodeInterval{0, zeros};
  }
  std::pair<std::uint8_t, CodeInterval> find(Index lane, std::uint32_t c) const {
    const auto x =
        std::uint8_t(c >= others ? c - others + 2 : c >= others - ones[std::size_t(lane)]);
    return {x, interval(lane, x)};
  }
};

// The value whose interval holds c, by halving, where cumulative(k) are the counts of the values
// before k.
template <class Cumulative>
std::pair<std::uint8_t, CodeInterval> by_halving(std::uint32_t c, Cumulative cumulative) {
  std::uint32_t low = 0, high = levels, start = 0, end = total;
  while (high - low > 1) {
    const std::uint32_t middle = (low + high) / 2, at = cumulative(middle);
    if (at <= c)
      low = middle, start = at;
    else
      high = middle, end = at;
  }
  return {std::uint8_t(low), {start, end - start}};
}

// P(x <= k) = sigmoid(((k − 127) / 127.5 − m) / s) for k < 255: the logistic between the edges of
// the bytes, with the tails in 0 and 255
struct LogisticCounts {
  static constexpr const char* name = "discretised-logistic";
  static constexpr Index outputs = 1;
  static constexpr bool has_scale = true, grey = true;

  struct Shared {
    const CdfTable& cdf = logistic_cdf();
    OutputTable<double> inverse_scale{32, [](double h) { return exact_exp(-bounded(h)); }};
    bool per_pixel;
    double fixed = 0;                    // 1 / s
    std::array<double, levels> edges{};  // below k

    explicit Shared(const PixelLikelihood& l)
        : per_pixel(l.scale == PixelLikelihood::Scale::per_pixel) {
      if (!per_pixel)
        fixed = l.scale == PixelLikelihood::Scale::fixed ? 1 / l.scale_value
                                                         : exact_exp(-bounded(l.scale_value));
      for (Index k = 0; k < levels; ++k) edges[std::size_t(k)] = (double(k) - 128) / 127.5;
    }
  };

  const Shared& shared;
  std::array<double, abreast> mean, inverse_scale;

  explicit LogisticCounts(const Shared& s) : shared(s) {}

  void load(const PixelOutputs& y) {
    for (std::size_t i = 0; i < abreast; ++i) {
      mean[i] = y.block(0)[i];
      inverse_scale[i] = shared.per_pixel ? shared.inverse_scale(y.block(1)[i]) : shared.fixed;
    }
  }
  std::uint32_t cumulative(std::size_t lane, std::uint32_t k) const {
    if (k == 0) return 0;
    if (k == levels) return total;
    const std::uint64_t mass = shared.cdf((shared.edges[k] - mean[lane]) * inverse_scale[lane]);
    return std::uint32_t((mass * (total - levels) >> 32) + k);
  }
  CodeInterval interval(Index lane, std::uint8_t x) const {
    const std::uint32_t start = cumulative(std::size_t(lane), x);
    return {start, cumulative(std::size_t(lane), x + 1u) - start};
  }
  std::pair<std::uint8_t, CodeInterval> find(Index lane, std::uint32_t c) const {
    return by_halving(c, [&](std::uint32_t k) { return cumulative(std::size_t(lane), k); });
  }
};

// Likelihoods that are known up to a factor, value by value: partial sums of them for eight images,
// of which each is a distribution function after division by the last.
struct PartialSums {
  Eight sums[levels + 1];  // sums[k]: of the values before k
  double share[abreast];   // counts per unit

  void finish() {
    for (Index i = 0; i < abreast; ++i) share[i] = double(total - levels) / sums[levels][i];
  }
  std::uint32_t cumulative(Index lane, std::uint32_t k) const {
    if (k == levels) return total;
    const double counts = sums[k][lane] * share[lane];
    return std::min(std::uint32_t(counts), total - std::uint32_t(levels)) + k;
  }
  CodeInterval interval(Index lane, std::uint8_t x) const {
    const std::uint32_t start = cumulative(lane, x);
    return {start, cumulative(lane, x + 1u) - start};
  }
  std::pair<std::uint8_t, CodeInterval> find(Index lane, std::uint32_t c) const {
    return by_halving(c, [&](std::uint32_t k) { return cumulative(lane, k); });
  }
};

// p(k+1) / p(k) = (n−k) (k+α) / ((k+1) (n−k−1+β)),  n = 255; from p(0) = 1 all p(k) lie within
// 10^±280 for α, β within exp ±7
struct BetaBinomialCounts : PartialSums {
  static constexpr const char* name = "beta-binomial";
  static constexpr Index outputs = 2;
  static constexpr bool has_scale = false, grey = true;

  struct Shared {
    OutputTable<double> scale{32, [](double h) { return exact_exp(bounded(h)); }};
    std::array<double, levels> ratio{};  // (n−k) / (k+1)

    explicit Shared(const PixelLikelihood&) {
      for (Index k = 0; k < levels; ++k)
        ratio[std::size_t(k)] = double(levels - 1 - k) / double(k + 1);
    }
  };

  const Shared& shared;
  explicit BetaBinomialCounts(const Shared& s) : shared(s) {}

  void load(const PixelOutputs& y) {
    Eight a, b;
    for (Index i = 0; i < abreast; ++i) {
      a[i] = shared.scale(y.block(0)[i]);
      b[i] = shared.scale(y.block(1)[i]);
    }
    Eight p = Eight{} + 1.0, sum = Eight{};
    sums[0] = sum;
    for (Index k = 0;; ++k) {
      sums[k + 1] = sum = sum + p;
      if (k == levels - 1) break;
      p = p * (shared.ratio[std::size_t(k)] * (a + double(k)) / (b + double(levels - 2 - k)));
    }
    finish();
  }
};

// p(k) ∝ exp(l_k)
struct CategoricalCounts : PartialSums {
  static constexpr const char* name = "categorical";
  static constexpr Index outputs = levels;
  static constexpr bool has_scale = false, grey = true;

  struct Shared {
    OutputTable<double> exponential{64, [](double h) { return exact_exp(h); }};
    explicit Shared(const PixelLikelihood&) {}
  };

  const Shared& shared;
  explicit CategoricalCounts(const Shared& s) : shared(s) {}

  void load(const PixelOutputs& y) {
    Eight most = *reinterpret_cast<const Eight*>(y.level(0));
    for (Index c = 1; c < levels; ++c)
      for (Index i = 0; i < abreast; ++i) most[i] = std::max(most[i], y.level(c)[i]);
    Eight sum{};
    sums[0] = sum;
    for (Index c = 0; c < levels; ++c) {
      for (Index i = 0; i < abreast; ++i) sum[i] += shared.exponential(y.level(c)[i] - most[i]);
      sums[c + 1] = sum;
    }
    finish();
  }
};

template <class Counts>
class Coder : public PixelCoder {
 public:
  explicit Coder(const PixelLikelihood& l)
      : shared_(l),
        dimensions_(l.dimensions),
        outputs_((Counts::outputs + (l.scale == PixelLikelihood::Scale::per_pixel)) *
                 l.dimensions) {
    check((l.scale != PixelLikelihood::Scale::none) == Counts::has_scale, "coding: the ", l.name,
          " likelihood has ", Counts::has_scale ? "a" : "no", " scale");
  }

  Index outputs() const override { return outputs_; }
  double input(std::uint8_t byte) const override {
    return Counts::grey ? to_grid(double(byte) / 255, activation_bits) : double(byte > 0);
  }
  void push(Rans& to, const Block& output, Index images, const std::uint8_t* x) const override {
    Counts counts(shared_);
    for (Index pixel = dimensions_; pixel-- > 0;)
      for (Index lane = output.width; (lane -= abreast) >= 0;) {
        counts.load({output, dimensions_, pixel, lane});
        for (Index i = std::min(abreast, images - lane); i-- > 0;)
          to.push(counts.interval(i, x[pixel * output.width + lane + i]), pixel_bits);
      }
  }
  void pop(Rans& from, const Block& output, Index images, std::uint8_t* x) const override {
    Counts counts(shared_);
    for (Index pixel = 0; pixel < dimensions_; ++pixel)
      for (Index lane = 0; lane < output.width; lane += abreast) {
        counts.load({output, dimensions_, pixel, lane});
        for (Index i = 0; i < std::min(abreast, images - lane); ++i)
          x[pixel * output.width + lane + i] =
              from.pop(pixel_bits, [&](std::uint32_t c) { return counts.find(i, c); });
      }
  }

 private:
  typename Counts::Shared shared_;
  Index dimensions_, outputs_;
};

struct Row {
  const char* name;
  std::unique_ptr<PixelCoder> (*make)(const PixelLikelihood&);
};
template <class Counts>
constexpr Row row() {
  return {Counts::name, [](const PixelLikelihood& l) -> std::unique_ptr<PixelCoder> {
            return std::make_unique<Coder<Counts>>(l);
          }};
}
constexpr Row coder_table[] = {row<BernoulliCounts>(), row<LogisticCounts>(),
                               row<BetaBinomialCounts>(), row<CategoricalCounts>()};

}  // namespace

std::unique_ptr<PixelCoder> pixel_coder(const PixelLikelihood& likelihood) {
  for (const Row& r : coder_table)
    if (likelihood.name == r.name) return r.make(likelihood);
  fail("coding: the ", likelihood.name, " likelihood is no probability of bytes", hint, "one of ",
       known_names(coder_table));
}

}  // namespace vaegrad::inline VAEGRAD_ABI
