#include <vaegrad/autodiff/convolution.hpp>
#include <vaegrad/models/likelihoods/ms_ssim.hpp>
#include <vaegrad/models/likelihoods/parts.hpp>
#include <vaegrad/models/numerics/window_means.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

constexpr Index window = WindowMeans::size;
constexpr double sigma = 1.5, c1 = 0.01 * 0.01, c2 = 0.03 * 0.03, least = 1e-4;
constexpr double weights[] = {0.0448, 0.2856, 0.3001, 0.2363, 0.1333};

double sum_of_weights(Index scales) {
  double sum = 0;
  for (Index j = 0; j < scales; ++j) sum += weights[j];
  return sum;
}
ImageShape halved(ImageShape s) { return {s.height / 2, s.width / 2, s.channels}; }

// The means of 2 x 2, channel by channel, (B, halved(image).size())
Var halved(Var x, ImageShape image) {
  const ConvolutionGeometry g{image, image.channels, 2, 2};
  const Var w = x.tape().constant(g.weights());
  for (Index i = 0; i < w.shape().rows; ++i)
    for (Index c = 0; c < image.channels; ++c)
      w.val()(i, c) = i % image.channels == c ? Real(0.25) : Real{0};
  return convolve(x, w, g);
}
// exp(−d² / 2σ²) at d = −5..5, of sum 1: the window is this times itself
std::array<Real, window> gaussian_line() {
  std::array<double, window> bell;
  double sum = 0;
  for (Index i = 0; i < window; ++i) {
    const double d = double(i - window / 2);
    sum += bell[std::size_t(i)] = std::exp(-d * d / (2 * sigma * sigma));
  }
  std::array<Real, window> to;
  std::transform(bell.begin(), bell.end(), to.begin(), [=](double b) { return Real(b / sum); });
  return to;
}

}  // namespace

Index ms_ssim_scales(ImageShape image) {
  Index scales = 0;
  for (; scales < Index(std::size(weights)) && std::min(image.height, image.width) >= window;
       ++scales)
    image = halved(image);
  return scales;
}

Var ms_ssim(Data data, Var y, ImageShape image) {
  const Index scales = ms_ssim_scales(image);
  check<UsageError>(scales > 0, "ms-ssim: its window of ", window, " x ", window,
                    " does not fit into ", image, hint, "larger images, or another --likelihood");
  const auto line = gaussian_line();
  Var x = data.x, product;
  for (Index j = 0; j < scales; ++j) {
    const auto mean_of = [&](Var v) { return window_means(v, image, line); };
    const Var mx = mean_of(x), my = mean_of(y);
    const Var xx = mean_of(square(x)), yy = mean_of(square(y));
    const Var xy = mean_of(repeat_rows(x, data.times) * y);
    const auto ux = repeat_rows(mx, data.times), uxx = repeat_rows(xx, data.times);
    const auto l = (2 * ux * my + c1) / (square(ux) + square(my) + c1);
    const auto cs = (2 * (xy - ux * my) + c2) / (uxx - square(ux) + yy - square(my) + c2);
    const bool last = j + 1 == scales;
    const Var at_places = last ? Var(row_sums(l * cs)) : Var(row_sums(cs));
    const auto factor = pow(max((1.0 / double(my.shape().cols)) * at_places, least),
                            weights[j] / sum_of_weights(scales));
    product = product ? Var(product * factor) : Var(factor);
    if (last) break;
    x = halved(x, image), y = halved(y, image), image = halved(image);
  }
  return product;
}

Var MsSsim::log_prob(Data x) const {
  check_range("ms-ssim", x.x.val(), 1, false);
  return weight * double(image.size()) * (ms_ssim(x, mean(), image) - 1);
}
Var MsSsim::mean() const { return sigmoid(logits); }
Var MsSsim::sample(Stream&) const {
  fail<UsageError>("ms-ssim: no likelihood, so there is no p(x|z) to draw x from", hint,
                   "mean() is the decoder's picture");
}

namespace {

// 28 x 28: 2 scales of 5 (28 x 28, 14 x 14), the window is 11 x 11; weights 0.136, 0.864
std::string in_words(ImageShape image) {
  const Index scales = ms_ssim_scales(image);
  check<UsageError>(scales > 0, "--likelihood ms-ssim: it compares whole images of at least ",
                    window, " x ", window, ", the size of its window, and these are ", image, hint,
                    "larger images, or --likelihood bernoulli");
  std::string to = concat("ms-ssim: ", scales, " of ", std::size(weights), " scales fit (");
  for (Index j = 0; j < scales; ++j, image = halved(image))
    to += concat(j ? ", " : "", image.height, " x ", image.width);
  to += concat("; the window is ", window, " x ", window, "), of weight");
  for (Index j = 0; j < scales; ++j)
    to += concat(j ? ", " : " ", std::round(1000 * weights[j] / sum_of_weights(scales)) / 1000);
  return to;
}

}  // namespace

extern constinit const Likelihood ms_ssim_row =
    likelihood_row({.name = "ms-ssim",
                    .values = Values::unit,
                    .start = first_logit,
                    .instead = "-W D (1 - MS-SSIM)",
                    .on_images = in_words},
                   [](const Outputs& o) {
                     return MsSsim{o.block(0), o.image, o.weight};
                   });

}  // namespace vaegrad::inline VAEGRAD_ABI
