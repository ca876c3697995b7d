#include <algorithm>

#include <vaegrad/lab/model.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

Initial initial_of(const Settings& s) {
  const Initialiser which = s.initialiser == "he"       ? Initialiser::he
                            : s.initialiser == "normal" ? Initialiser::normal
                                                        : Initialiser::glorot;
  return {s.seed, which};
}
std::vector<Index> reversed(std::vector<Index> widths) {
  std::reverse(widths.begin(), widths.end());
  return widths;
}

}  // namespace

Model::Model(const Settings& s, Index h, Index w)
    : height(h),
      width(w),
      vae{GaussianMlp(parameters, "encoder", h * w, s.hidden, s.latent, activation(s.activation),
                      initial_of(s)),
          BernoulliMlp(parameters, "decoder", s.latent, reversed(s.hidden), h * w,
                       activation(s.activation), initial_of(s))} {}

void fill_batch(Matrix x, const Examples& from, std::span<const std::uint32_t> rows,
                const Settings& settings, std::uint32_t draw) {
  fill(x, *from.file, rows, settings.binarize.value_or(Binarize::none), settings.seed, draw);
}

std::vector<Real> pixel_mean(const Examples& examples) {
  std::vector<std::uint64_t> sum(examples.file->dimensions());
  for (std::uint32_t row : examples.rows) {
    const auto image = examples.file->image(row);
    for (std::size_t j = 0; j < sum.size(); ++j) sum[j] += image[j];
  }
  const double scale = (examples.file->binary ? 1.0 : 255.0) * double(examples.count());
  std::vector<Real> mean(sum.size());
  for (std::size_t j = 0; j < sum.size(); ++j) mean[j] = Real(double(sum[j]) / scale);
  return mean;
}

void Terms::add(const Elbo& batch) {
  const auto total = [](Var v) {
    double sum = 0;
    for (Real x : v.val()) sum += double(x);
    return sum;
  };
  const std::size_t more = std::size_t(batch.kl.shape().rows), all = examples + more;
  const auto merge = [&](double& mean, double sum) {
    mean += (sum - double(more) * mean) / double(all);
  };
  merge(log_likelihood, total(batch.log_likelihood));
  merge(kl, total(batch.kl));
  examples = all;
}

Evaluation evaluate(const Model& model, const Examples& examples, const Settings& settings) {
  constexpr std::size_t batch = 250;
  Evaluation result;
  Tape tape;
  std::vector<double> kl_sum(std::size_t(settings.latent)), mean_sum(kl_sum), square_sum(kl_sum);
  for (std::size_t first = 0; first < examples.count(); first += batch) {
    const auto rows =
        std::span(examples.rows).subspan(first, std::min(batch, examples.count() - first));
    tape.reset();
    const Var x = tape.constant(Shape{Index(rows.size()), model.dimensions()});
    fill_batch(x.val(), examples, rows, settings, fixed_draw(examples.split));
    Stream noise(settings.seed, Purpose::evaluate, fixed_draw(examples.split), rows);

    const auto q = model.vae.encode(x);
    const Var z = q.sample(noise), per_latent = kl_per_latent(q, model.vae.prior);
    result.add(Elbo{model.vae.decode(z).log_prob(x), row_sums(per_latent)});
    for (Index i = 0; i < x.shape().rows; ++i)
      for (Index j = 0; j < settings.latent; ++j) {
        const double m = double(q.mean.val()(i, j));
        kl_sum[std::size_t(j)] += double(per_latent.val()(i, j));
        mean_sum[std::size_t(j)] += m;
        square_sum[std::size_t(j)] += m * m;
      }
  }
  const double n = double(result.examples);
  for (std::size_t j = 0; j < kl_sum.size(); ++j) {
    result.kl_per_latent.push_back(kl_sum[j] / n);
    const double variance = square_sum[j] / n - (mean_sum[j] / n) * (mean_sum[j] / n);
    result.active_units += variance > 0.01;
  }
  return result;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
