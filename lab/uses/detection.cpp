#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/autodiff/kernels/parallel.hpp>
#include <vaegrad/lab/files/packed.hpp>
#include <vaegrad/lab/ranks/spread.hpp>
#include <vaegrad/lab/uses/detection.hpp>
#include <vaegrad/models/estimators.hpp>
#include <vaegrad/models/metrics/nearest.hpp>
#include <vaegrad/models/metrics/pca.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

// Spread over ranks, `at_once` at a time: numbers(batch, rows, to) with these examples on a tape, on
// one rank, and take(numbers) on all, in order.
template <class Numbers, class Take>
void each_batch(const LoadedRun& run, const Examples& examples, std::size_t at_once,
                Numbers numbers, Take take) {
  Tape tape;
  spread_over_ranks(
      (examples.count() + at_once - 1) / at_once,
      [&](std::size_t i, std::vector<double>& to) {
        const std::size_t first = i * at_once;
        const auto rows =
            std::span(examples.rows).subspan(first, std::min(at_once, examples.count() - first));
        tape.reset();
        numbers(
            make_batch(tape, *run.model, examples, rows, run.settings, fixed_draw(examples.split)),
            rows, to);
      },
      [&](std::size_t, std::span<const double> of) { take(of); });
}

// Where a score of a far row is beyond what a float holds, it is so for its distance: behind every
// finite one, and the further the more.
void order_the_far(std::vector<double>& score, const std::vector<double>& log_norm, double sign) {
  for (std::size_t i = 0; i < score.size(); ++i)
    if (!std::isfinite(score[i]) || std::abs(score[i]) > std::numeric_limits<float>::max())
      score[i] =
          sign * double(std::numeric_limits<float>::max()) * (1 + std::max(0.0, log_norm[i]));
}
// log ‖x‖ of each row
std::vector<double> log_norms(ConstMatrix x) {
  std::vector<double> to;
  for (Index i = 0; i < x.rows; ++i) {
    double squares = 0;
    for (Index j = 0; j < x.cols; ++j) squares += double(x(i, j)) * double(x(i, j));
    to.push_back(0.5 * std::log(squares));
  }
  return to;
}
// Real numbers as the model sees them: standardised, when it does that.
OwnedMatrix seen(const Model& model, const Examples& examples) {
  OwnedMatrix x = pixels(examples);
  if (model.standard)
    for (Index i = 0; i < x.rows; ++i)
      for (Index j = 0; j < x.cols; ++j)
        x.view()(i, j) = Real((double(x.view()(i, j)) - model.standard->mean[std::size_t(j)]) /
                              model.standard->deviation[std::size_t(j)]);
  return x;
}

std::uint8_t paeth(int left, int up, int corner) {
  const int p = left + up - corner;
  const int a = std::abs(p - left), b = std::abs(p - up), c = std::abs(p - corner);
  return std::uint8_t(a <= b && a <= c ? left : b <= c ? up : corner);
}
// One of PNG's filters (Portable Network Graphics specification, section 9.2)
void filter(std::span<const std::uint8_t> image, std::size_t width, std::size_t pixel, int which,
            std::vector<std::uint8_t>& to) {
  to.clear();
  for (std::size_t i = 0; i < image.size(); ++i) {
    const bool first = i % width < pixel;
    const int left = first ? 0 : image[i - pixel], up = i < width ? 0 : image[i - width];
    const int corner = first || i < width ? 0 : image[i - width - pixel];
    const int predicted = which == 0   ? 0
                          : which == 1 ? left
                          : which == 2 ? up
                          : which == 3 ? (left + up) / 2
                                       : paeth(left, up, corner);
    to.push_back(std::uint8_t(image[i] - predicted));
  }
}
std::vector<double> negative(const std::vector<double>& a) {
  std::vector<double> to(a);
  for (double& v : to) v = -v;
  return to;
}
std::vector<double> difference(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> to(a);
  for (std::size_t i = 0; i < to.size(); ++i) to[i] -= b[i];
  return to;
}

using V = std::vector<double>;
using M = Measured;
// clang-format off
constexpr AnomalyScore scores[] = {
    {"log-px",         "-log p(x), importance weighted",               AnomalyScore::evidence,   [](const M& m) -> V { return negative(m.model.log_px); }},
    {"elbo",           "-ELBO",                                        AnomalyScore::evidence,   [](const M& m) -> V { return negative(m.model.elbo); }},
    {"reconstruction", "-E log p(x|z) (An and Cho 2015)",              AnomalyScore::code,       [](const M& m) -> V { return negative(m.model.log_likelihood); }},
    {"kl",             "KL(q(z|x) || p(z))",                           AnomalyScore::latent,     [](const M& m) -> V { return m.model.kl; }},
    {"ratio",          "log p(x) of a background model - log p(x) (Ren 2019)", AnomalyScore::background, [](const M& m) -> V { return difference(m.background.log_px, m.model.log_px); }},
    {"complexity",     "-log p(x) - the image's deflated size (Serra 2020)",   AnomalyScore::bytes,      [](const M& m) -> V { return difference(negative(m.model.log_px), m.complexity); }},
    {"pca",            "distance to the PCA plane of training pixels", AnomalyScore::plane,      [](const M& m) -> V { return m.plane; }},
    {"knn",            "distance to the 5th nearest training image",   AnomalyScore::neighbours, [](const M& m) -> V { return m.neighbours; }},
};
// clang-format on

}  // namespace

std::span<const AnomalyScore> anomaly_scores() { return scores; }

ExampleTerms example_terms(const LoadedRun& run, const Examples& examples, Index particles,
                           const std::function<void(std::size_t)>& progress) {
  const Model& model = *run.model;
  ExampleTerms t;
  if (model.deterministic) particles = 1;
  const std::size_t n = examples.count();
  t.log_likelihood.resize(n);
  if (!model.deterministic) t.log_px.resize(n), t.kl.resize(n), t.elbo.resize(n);
  std::vector<std::size_t> pending(n);
  std::iota(pending.begin(), pending.end(), std::size_t{0});
  // A row far from all that was met in training overflows exp(log variance) of its posterior. Any q
  // bounds log p(x): for such a row that of a part of it is taken, and no other row's is touched.
  for (double part = 1; part > 1e-9 && !pending.empty(); part *= 0.1) {
    Examples some{examples.split, examples.file, {}};
    for (const std::size_t i : pending) some.rows.push_back(examples.rows[i]);
    std::vector<std::size_t> left;
    std::size_t at = 0;
    each_batch(
        run, some, std::size_t(std::max<Index>(1, 2000 / particles)),
        [&](const Batch& b, std::span<const std::uint32_t> rows, std::vector<double>& to) {
          Stream noise(run.settings.seed, Purpose::evaluate, fixed_draw(examples.split), rows,
                       std::uint32_t(particles));
          const Wanted wanted{.kl = true, .log_ratio = true};
          Batch encoded = b;
          if (part < 1) encoded.x = Real(part) * b.x;
          Draw d = model.draw(encoded, noise, particles, wanted);
          const Var log_px_z = model.decode(d.z, b.condition).log_prob(repeat_rows(b.x, particles));
          Var log_px, log_likelihood = log_px_z, rate;
          if (!model.deterministic) {
            model.weigh(d, wanted);
            log_px = log_mean_exp(log_weights(log_px_z, d));
            log_likelihood = particle_mean(log_px_z, particles);
            rate = kl(d);
          }
          for (Index k = 0; k < Index(rows.size()); ++k) {
            to.push_back(double(log_likelihood.val()(k, 0)));
            if (model.deterministic) continue;
            to.push_back(double(log_px.val()(k, 0)));
            to.push_back(double(rate.val()(k, 0)));
            to.push_back(double(log_likelihood.val()(k, 0) - rate.val()(k, 0)));
          }
        },
        [&](std::span<const double> numbers) {
          for (const double* next = numbers.data(); next != numbers.data() + numbers.size(); ++at) {
            const std::size_t i = pending[at];
            bool finite = std::isfinite(t.log_likelihood[i] = *next++);
            if (!model.deterministic) {
              t.log_px[i] = *next++, t.kl[i] = *next++, t.elbo[i] = *next++;
              finite &= std::isfinite(t.log_px[i]) && std::isfinite(t.elbo[i]);
            }
            if (!finite) left.push_back(i);
          }
          if (progress && part == 1) progress(at);
        });
    pending = left;
  }
  const std::vector<double> far = log_norms(seen(model, examples));
  order_the_far(t.log_px, far, -1), order_the_far(t.log_likelihood, far, -1);
  order_the_far(t.elbo, far, -1), order_the_far(t.kl, far, 1);
  return t;
}

double complexity(std::span<const std::uint8_t> image, std::size_t width, std::size_t pixel) {
  std::vector<std::uint8_t> filtered;
  std::size_t least = SIZE_MAX;
  for (int which = 0; which < 5; ++which) {
    filter(image, width, pixel, which, filtered);
    least = std::min(least, packed(Packing::zlib, filtered).size());
  }
  return 8 * std::numbers::ln2 * double(least);
}

std::vector<double> complexity(const LoadedRun& run, const Examples& examples) {
  check<UsageError>(!examples.file->real(), "--score complexity: the data are real numbers", hint,
                    "it needs images with bytes 0..255");
  const bool binary =
      examples.file->binary || run.settings.binarize.value_or(Binarize::none) != Binarize::none;
  const Real unit = run.model->unit() == 1 || binary ? 1 : 255;
  const std::size_t pixel = std::size_t(run.model->image.channels);
  const std::size_t width = std::size_t(run.model->image.width) * pixel;  // bytes
  std::vector<double> to;
  each_batch(
      run, examples, 1000,
      [&](const Batch& b, std::span<const std::uint32_t> rows, std::vector<double>& of) {
        const ConstMatrix x = b.x.val();
        of.resize(rows.size());
        parallel_for(x.rows, true, [&](Index i) {
          std::vector<std::uint8_t> image;
          for (Index j = 0; j < x.cols; ++j)
            image.push_back(std::uint8_t(std::lround(unit * x(i, j))));
          of[std::size_t(i)] = complexity(image, width, pixel);
        });
      },
      [&](std::span<const double> of) { to.insert(to.end(), of.begin(), of.end()); });
  return to;
}

Measured measure(const LoadedRun& run, const LoadedRun* background, const Examples& train,
                 const Examples& examples, std::span<const AnomalyScore> of, Index particles,
                 const std::function<void(const std::string&)>& progress) {
  const auto needed = [&](std::initializer_list<AnomalyScore::Needs> any) {
    return std::any_of(of.begin(), of.end(), [&](const AnomalyScore& s) {
      return std::find(any.begin(), any.end(), s.needs) != any.end();
    });
  };
  const auto counted = [&](const char* what) {
    return [=, &examples](std::size_t done) {
      if (progress) progress(concat(what, ": ", done, " of ", examples.count()));
    };
  };
  using S = AnomalyScore;
  Measured m;
  if (needed({S::evidence, S::latent, S::code, S::background, S::bytes}))
    m.model = example_terms(run, examples, particles, counted("log p(x)"));
  if (background && needed({S::background}))
    m.background = example_terms(*background, examples, particles, counted("background"));
  if (needed({S::bytes})) m.complexity = complexity(run, examples);
  if (needed({S::plane, S::neighbours})) {
    const OwnedMatrix x = seen(*run.model, train), at = seen(*run.model, examples);
    const std::vector<double> far = log_norms(at);
    if (progress) progress("PCA and neighbours in pixels");
    if (needed({S::plane})) {
      m.plane = pca(x, std::min(run.model->latent, x.cols - 1)).errors(at);
      order_the_far(m.plane, far, 1);
    }
    if (needed({S::neighbours})) {
      const Index k = std::min<Index>(5, x.rows);
      const Neighbours found = nearest(at, x, k);
      for (std::size_t i = 0; i < examples.count(); ++i)
        m.neighbours.push_back(found.squared_distance(i, k - 1));
      order_the_far(m.neighbours, far, 1);
    }
  }
  return m;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
