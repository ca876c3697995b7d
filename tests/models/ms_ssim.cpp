// MS-SSIM against a plain program of the same formula, windows laid one by one and variances about
// their means; against what can be worked out by hand; its gradient; and what it must refuse.
#include <doctest/doctest.h>

#include <cmath>
#include <vaegrad/models/inference/scale_adjoint.hpp>
#include <vaegrad/models/likelihoods.hpp>

#include "../support/message.hpp"

using namespace vaegrad;

namespace {

using Picture = std::vector<double>;

// What one could get wrong, one at a time.
enum class Wrong {
  nothing,
  weights_as_printed,    // the first M of the five weights, not divided by their sum
  luminance_everywhere,  // l at each scale
  means_apart,           // mean l times mean cs at the last scale
  square_window,         // all numbers of the window alike
  every_second_pixel,    // no mean of 2 x 2 between scales
};

struct Terms {
  double l = 0, cs = 0, both = 0;  // means over the places and channels
};
Terms terms_of(const Picture& x, const Picture& y, ImageShape s, Wrong wrong) {
  Terms t;
  double places = 0;
  for (Index c = 0; c < s.channels; ++c)
    for (Index top = 0; top + 11 <= s.height; ++top)
      for (Index left = 0; left + 11 <= s.width; ++left, ++places) {
        const auto mean = [&](auto f) {
          double sum = 0, all = 0;
          for (int i = 0; i < 11; ++i)
            for (int j = 0; j < 11; ++j) {
              const double d2 = (i - 5) * (i - 5) + (j - 5) * (j - 5);
              const double w = wrong == Wrong::square_window ? 1 : std::exp(-d2 / 4.5);
              const auto at = std::size_t(((top + i) * s.width + left + j) * s.channels + c);
              sum += w * f(x[at], y[at]), all += w;
            }
          return sum / all;
        };
        const double mx = mean([](double a, double) { return a; });
        const double my = mean([](double, double b) { return b; });
        const double vx = mean([=](double a, double) { return (a - mx) * (a - mx); });
        const double vy = mean([=](double, double b) { return (b - my) * (b - my); });
        const double vxy = mean([=](double a, double b) { return (a - mx) * (b - my); });
        const double l = (2 * mx * my + 1e-4) / (mx * mx + my * my + 1e-4);
        const double cs = (2 * vxy + 9e-4) / (vx + vy + 9e-4);
        t.l += l, t.cs += cs, t.both += l * cs;
      }
  return {t.l / places, t.cs / places, t.both / places};
}
Picture halved(const Picture& x, ImageShape s, Wrong wrong) {
  Picture to;
  for (Index i = 0; i < s.height / 2; ++i)
    for (Index j = 0; j < s.width / 2; ++j)
      for (Index c = 0; c < s.channels; ++c) {
        const auto at = [&](Index a, Index b) {
          return x[std::size_t(((2 * i + a) * s.width + 2 * j + b) * s.channels + c)];
        };
        to.push_back(wrong == Wrong::every_second_pixel
                         ? at(0, 0)
                         : (at(0, 0) + at(0, 1) + at(1, 0) + at(1, 1)) / 4);
      }
  return to;
}
double plain_ms_ssim(Picture x, Picture y, ImageShape s, Wrong wrong = Wrong::nothing) {
  std::vector<Terms> scales;
  for (; scales.size() < 5 && s.height >= 11 && s.width >= 11;
       s = {s.height / 2, s.width / 2, s.channels}) {
    scales.push_back(terms_of(x, y, s, wrong));
    x = halved(x, s, wrong), y = halved(y, s, wrong);
  }
  const double weights[] = {0.0448, 0.2856, 0.3001, 0.2363, 0.1333};
  double all = 0, product = 1;
  for (std::size_t j = 0; j < scales.size(); ++j) all += weights[j];
  if (wrong == Wrong::weights_as_printed) all = 1;
  for (std::size_t j = 0; j < scales.size(); ++j) {
    const Terms& t = scales[j];
    const bool last = j + 1 == scales.size();
    const double term = wrong == Wrong::means_apart && last            ? t.l * t.cs
                        : last || wrong == Wrong::luminance_everywhere ? t.both
                                                                       : t.cs;
    product *= std::pow(term, weights[j] / all);
  }
  return product;
}

// A drawing with edges and a slope, 0..1, and a copy with noise of this size.
Picture drawing(ImageShape s, std::uint32_t which) {
  Picture to;
  for (Index i = 0; i < s.height; ++i)
    for (Index j = 0; j < s.width; ++j)
      for (Index c = 0; c < s.channels; ++c)
        to.push_back(0.1 + 0.3 * (((i + 2 * which) / 5 + j / (4 + c)) % 2 == 0) +
                     0.5 * double(i * j) / double(s.height * s.width));
  return to;
}
Picture noisy(Picture x, double size, std::uint32_t seed = 1) {
  Stream noise(seed, Purpose::test);
  for (double& v : x)
    v = std::clamp(v + size * 2 * (double(noise.below(1'000'000)) / 1e6 - 0.5), 0.0, 1.0);
  return x;
}
Var row(Tape& tape, const std::vector<Picture>& pictures) {
  const Var v = tape.constant(Shape{Index(pictures.size()), Index(pictures[0].size())});
  for (std::size_t i = 0; i < pictures.size(); ++i)
    std::transform(pictures[i].begin(), pictures[i].end(), v.val().row(Index(i)),
                   [](double a) { return Real(a); });
  return v;
}
double of(const Picture& x, const Picture& y, ImageShape s) {
  Tape tape;
  return double(ms_ssim(row(tape, {x}), row(tape, {y}), s).item());
}
Picture constant(double value, ImageShape s) { return Picture(std::size_t(s.size()), value); }

}  // namespace

TEST_CASE("ms-ssim is the plain program's, for 1 to 5 scales, odd sizes and several channels") {
  for (const ImageShape s :
       {ImageShape{11, 13, 1}, {28, 28, 1}, {47, 45, 3}, {91, 95, 1}, {177, 176, 1}}) {
    CAPTURE(s.height);
    const Picture x = drawing(s, 0), y = noisy(x, 0.3), z = noisy(drawing(s, 1), 0.1, 2);
    CHECK(of(x, y, s) == doctest::Approx(plain_ms_ssim(x, y, s)).epsilon(1e-10));
    CHECK(of(x, z, s) == doctest::Approx(plain_ms_ssim(x, z, s)).epsilon(1e-10));
    CHECK(of(y, x, s) == doctest::Approx(of(x, y, s)).epsilon(1e-12));
  }
}

TEST_CASE("a program with one rule wrong has another value") {
  const ImageShape s{58, 60, 1};
  const Picture x = drawing(s, 0);
  Picture y = noisy(x, 0.3);  // darker from top to bottom, so that l differs by place
  for (std::size_t k = 0; k < y.size(); ++k) y[k] *= 1 - 0.7 * double(k) / double(y.size());
  const double right = of(x, y, s);
  REQUIRE(right == doctest::Approx(plain_ms_ssim(x, y, s)).epsilon(1e-10));
  for (const Wrong wrong : {Wrong::weights_as_printed, Wrong::luminance_everywhere,
                            Wrong::means_apart, Wrong::square_window, Wrong::every_second_pixel}) {
    CAPTURE(int(wrong));
    CHECK(std::abs(plain_ms_ssim(x, y, s, wrong) - right) > 1e-4);
  }
}

TEST_CASE("ms-ssim by hand: even pictures, equal ones, and one turned to its negative") {
  // without contrast cs = 1: what is left is l to the power of the last scale's weight
  const double a = 0.2, b = 0.7, l = (2 * a * b + 1e-4) / (a * a + b * b + 1e-4);
  for (const auto& [s, w] : {std::pair(ImageShape{11, 11, 1}, 1.0),
                             {ImageShape{28, 28, 1}, 0.2856 / 0.3304},
                             {ImageShape{44, 60, 2}, 0.3001 / 0.6305},
                             {ImageShape{176, 176, 1}, 0.1333 / 1.0001}})
    CHECK(of(constant(a, s), constant(b, s), s) == doctest::Approx(std::pow(l, w)).epsilon(1e-9));
  const ImageShape s{28, 28, 1};
  const Picture x = drawing(s, 0);
  CHECK(of(x, x, s) == doctest::Approx(1).epsilon(1e-12));
  Picture negative = x;
  for (double& v : negative) v = 1 - v;
  // negative at both scales, so each counts as 1e-4, and the powers add up to 1
  CHECK(of(x, negative, s) == doctest::Approx(1e-4).epsilon(1e-9));
}

TEST_CASE("ms-ssim falls with noise, and a repeated x is its copies") {
  const ImageShape s{28, 28, 1};
  const Picture x = drawing(s, 0), other = drawing(s, 1);
  double before = 1;
  for (const double size : {0.02, 0.05, 0.1, 0.2, 0.4, 0.8}) {
    const double now = of(x, noisy(x, size), s);
    CHECK(now < before - 1e-3);
    before = now;
  }
  Tape tape;
  const Var some = row(tape, {x, other});
  const Var y = row(tape, {noisy(x, 0.1), noisy(x, 0.2), noisy(other, 0.1), noisy(other, 0.3)});
  const Var once = ms_ssim(row(tape, {x, x, other, other}), y, s);
  const Var repeated = ms_ssim(repeat_rows(some, 2), y, s);
  for (Index i = 0; i < 4; ++i)
    CHECK(double(repeated.val()(i, 0)) == doctest::Approx(double(once.val()(i, 0))).epsilon(1e-12));
}

TEST_CASE("the gradient of ms-ssim as a row of the table, and a wrong one is noticed") {
  for (const ImageShape s : {ImageShape{12, 11, 1}, {23, 22, 2}, {45, 44, 1}}) {
    CAPTURE(s.height);
    Parameters p;
    LikelihoodHead head(p, "decoder", likelihood("ms-ssim"), s.size());
    head.image = s, head.weight = 0.01;
    const Picture x = drawing(s, 0), other = drawing(s, 1);
    const Param output = p.add("output", {4, head.outputs()}, [&](Matrix m) {
      for (Index i = 0; i < 4; ++i) {  // near x: no scale is below its floor
        const Picture near = noisy(i < 2 ? x : other, 0.3, std::uint32_t(i));
        for (Index j = 0; j < s.size(); ++j) {
          const double v = near[std::size_t(j)];
          m(i, j) = Real(std::log((v + 0.05) / (1.05 - v)));
        }
      }
    });
    const auto f = [&](Tape& tape) {
      const Var data = row(tape, {x, other});
      return sum(head(tape(output)).log_prob(repeat_rows(data, 2)));
    };
    const GradientCheck c = check_gradient(p, f);
    CHECK(c.agrees(1e-7));
    CHECK(c.scale > 1e-3);
    const auto wrong = [&](Tape& tape) {
      return record(ScaleAdjoint{}, f(tape), tape.constant(Real(1.001)));
    };
    CHECK(!check_gradient(p, wrong).agrees(1e-7));
  }
}

TEST_CASE("the row: -W D (1 - MS-SSIM), as many scales as fit, in words; and what is refused") {
  const Likelihood& p = likelihood("ms-ssim");
  CHECK(p.instead);
  CHECK(!p.discrete());
  const ImageShape s{28, 28, 1};
  const Picture x = drawing(s, 0), y = noisy(x, 0.2);
  Tape tape;
  Parameters none;
  LikelihoodHead head(none, "x", p, s.size());
  head.image = s, head.weight = 3;
  Picture logits = y;
  for (double& v : logits) v = std::log((v + 0.05) / (1.05 - v));
  const ChosenLikelihood chosen = head(row(tape, {logits}));
  const Matrix mean = chosen.mean().val();
  const Picture shown(mean.begin(), mean.end());
  CHECK(double(chosen.log_prob(row(tape, {x})).item()) ==
        doctest::Approx(-3 * 784 * (1 - plain_ms_ssim(x, shown, s))).epsilon(1e-9));

  for (const auto& [size, scales] : {std::pair(10, 0),
                                     {11, 1},
                                     {21, 1},
                                     {22, 2},
                                     {28, 2},
                                     {44, 3},
                                     {64, 3},
                                     {88, 4},
                                     {175, 4},
                                     {176, 5},
                                     {500, 5}})
    CHECK(ms_ssim_scales({size, size + 7, 1}) == scales);
  CHECK(p.on_images(s) ==
        "ms-ssim: 2 of 5 scales fit (28 x 28, 14 x 14; the window is 11 x 11), of weight 0.136, "
        "0.864");
  CHECK(message_of([&] {
          p.on_images({10, 28, 1});
        }) ==
        "--likelihood ms-ssim: it compares whole images of at least 11 x 11, the size of its "
        "window, and these are 10 x 28\n  hint: larger images, or --likelihood bernoulli");
  CHECK(message_of([&] {
          Stream noise(1, Purpose::test);
          chosen.sample(noise);
        }) ==
        "ms-ssim: no likelihood, so there is no p(x|z) to draw x from\n"
        "  hint: mean() is the decoder's picture");
  CHECK(message_of([&] {
          chosen.log_prob(tape.constant(Shape{1, 784}) + 2.0);
        }).find("ms-ssim: x must hold numbers 0..1") == 0);
  CHECK(message_of([&] { check_is_likelihood(p, "elbo"); }) ==
        "elbo: ms-ssim is no likelihood: -W D (1 - MS-SSIM) stands for log p(x|z), and no number "
        "made of it is one of log p(x)\n  hint: a run of --likelihood bernoulli, or of another "
        "that is one");
  CHECK(message_of([] { check_is_likelihood(likelihood("gaussian"), "elbo"); }) ==
        "(nothing was thrown)");
}
