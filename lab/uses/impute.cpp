#include <cmath>

#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/lab/ranks/spread.hpp>
#include <vaegrad/lab/run/model.hpp>
#include <vaegrad/lab/uses/decode.hpp>
#include <vaegrad/lab/uses/impute.hpp>
#include <vaegrad/models/estimators.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

using Places = std::vector<Index>;

Var chosen(Var from, const Places& which) {
  const Var to = from.tape().constant(Shape{from.shape().rows, Index(which.size())});
  for (Index i = 0; i < from.shape().rows; ++i)
    for (std::size_t k = 0; k < which.size(); ++k) to.val()(i, Index(k)) = from.val()(i, which[k]);
  return to;
}

// log p(x_o|z): the likelihood of these dimensions alone, since given z all are independent.
Var log_prob_of(const ChosenLikelihood& p, Var x, Index particles, const Places& observed) {
  const Index dimensions = p.outputs.dimensions, each = p.outputs.all.shape().cols / dimensions;
  Places columns;
  if (p.row->together)
    for (const Index j : observed)
      for (Index k = 0; k < each; ++k) columns.push_back(j * each + k);
  else
    for (Index k = 0; k < each; ++k)
      for (const Index j : observed) columns.push_back(k * dimensions + j);
  Outputs o{chosen(p.outputs.all, columns), Index(observed.size()), p.outputs.log_scale};
  if (o.log_scale && o.log_scale.shape().cols == dimensions)
    o.log_scale = chosen(o.log_scale, observed);
  return p.row->log_prob(o, repeat_rows(chosen(x, observed), particles));
}

// One example: its numbers in units of x, of which some are to be found.
struct Example {
  const Model& model;
  Batch batch;
  Places observed, missing;

  void take(Matrix mean) {
    for (const Index j : missing) batch.x.val()(0, j) = mean(0, j);
  }
  // Row 0: Σ_k w̄_k E[x|z_k]
  Matrix expected(Stream& noise, Index particles) const {
    const Wanted wanted{.log_ratio = true};
    Draw d = model.draw(batch, noise, particles, wanted);
    const ChosenLikelihood p = model.decode(d.z, batch.condition);
    model.weigh(d, wanted);
    const Matrix mean = p.mean().val();
    Var log_w = d.log_ratio;
    if (!observed.empty()) log_w = log_w + log_prob_of(p, batch.x, particles, observed);
    const Var w = softmax(reshape(log_w, 1, particles));
    return matmul(w, batch.x.tape().constant(ConstMatrix(mean))).val();
  }
};

}  // namespace

OwnedMatrix impute(const Model& model, const Examples& examples, const Settings& settings,
                   std::span<const std::uint8_t> missing, const Imputing& how,
                   const std::function<void(std::size_t)>& progress) {
  const Index dimensions = model.dimensions();
  const std::size_t n = examples.count();
  check<UsageError>(!model.deterministic, "impute: an autoencoder has no distribution of codes",
                    hint, "train with --model vae");
  check_is_likelihood(*model.decoder.head.row, "impute");
  check<UsageError>(model.given_pixels.empty(), "impute: the model completes images itself", hint,
                    "vaegrad reconstruct");
  check<UsageError>(missing.size() == n * std::size_t(dimensions), "impute: the mask has ",
                    missing.size(), " numbers, the examples ", n * std::size_t(dimensions), hint,
                    "one for each number of each example");
  check<UsageError>(how.particles >= 1 && how.sweeps >= 0, "impute: ", how.particles,
                    " particles, ", how.sweeps, " sweeps", hint, "at least 1, and 0");
  OwnedMatrix to(Index(n), dimensions);
  Tape tape;
  const auto imputed = [&](std::size_t i) {
    const auto row = std::span(examples.rows).subspan(i, 1);
    const auto begin = [&]() -> Example {
      tape.reset();
      Example e{model,
                make_batch(tape, model, examples, row, settings, fixed_draw(examples.split)),
                {},
                {}};
      for (Index j = 0; j < dimensions; ++j)
        (missing[i * std::size_t(dimensions) + std::size_t(j)] ? e.missing : e.observed)
            .push_back(j);
      return e;
    };
    OwnedMatrix x(1, dimensions);  // what is known of it so far
    {
      Example e = begin();
      Stream noise(how.seed, Purpose::prior, 0, row);
      const Var z = model.sample_prior(tape, e.batch.condition, 1, noise);
      e.take(model.decode(z, e.batch.condition).mean().val());
      std::copy(e.batch.x.val().begin(), e.batch.x.val().end(), x.view().begin());
    }
    for (int sweep = 0; sweep <= how.sweeps; ++sweep) {
      Example e = begin();
      if (e.missing.empty()) break;
      e.take(x.view());
      const bool last = sweep == how.sweeps;
      Stream noise(how.seed, Purpose::evaluate, std::uint32_t(sweep), row,
                   std::uint32_t(last ? how.particles : 1));
      e.take(e.expected(noise, last ? how.particles : 1));
      std::copy(e.batch.x.val().begin(), e.batch.x.val().end(), x.view().begin());
    }
    for (Index j = 0; j < dimensions; ++j) {
      const double v = double(x.view()(0, j));
      const auto at = std::size_t(j);
      x.view()(0, j) =
          Real(model.standard      ? model.standard->mean[at] + model.standard->deviation[at] * v
               : model.unit() == 1 ? v / 255
                                   : v);
    }
    return x;
  };
  spread_over_ranks(
      n,
      [&](std::size_t i, std::vector<double>& numbers) {
        const OwnedMatrix x = imputed(i);
        numbers.assign(ConstMatrix(x).begin(), ConstMatrix(x).end());
      },
      [&](std::size_t i, std::span<const double> numbers) {
        std::transform(numbers.begin(), numbers.end(), to.view().row(Index(i)),
                       [](double v) { return Real(v); });
        if (progress) progress(i + 1);
      });
  return to;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
