#include <algorithm>
#include <cmath>

#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/lab/ranks/spread.hpp>
#include <vaegrad/lab/uses/decode.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

constexpr std::size_t batch = 500;

Var one_hot_of(Tape& tape, const Model& model, std::span<const Label> labels) {
  if (!model.classes()) return {};
  const Var y = tape.constant(Shape{Index(labels.size()), model.classes()});
  std::fill(y.val().begin(), y.val().end(), Real{0});
  for (std::size_t i = 0; i < labels.size(); ++i) y.val()(Index(i), Index(labels[i])) = 1;
  return y;
}

}  // namespace

std::vector<std::size_t> shape_of_many(const Model& model, std::size_t count) {
  const auto [h, w, c] = model.image;
  if (h == 1) return {count, std::size_t(model.dimensions())};
  if (c == 1) return {count, std::size_t(h), std::size_t(w)};
  return {count, std::size_t(h), std::size_t(w), std::size_t(c)};
}

OwnedMatrix decode(const Model& model, ConstMatrix z, std::span<const Label> labels) {
  check<UsageError>(model.given_pixels.empty() && model.latent > 0,
                    "the model completes images: it needs more than a code", hint,
                    "vaegrad sample draws its completions");
  check(z.cols == model.latent, "codes of ", z.cols, " numbers, but the model's have ",
        model.latent, hint, "vaegrad encode writes such codes");
  for (Index i = 0; i < z.rows && model.posterior->sphere; ++i) {
    double squares = 0;
    for (Index j = 0; j < z.cols; ++j) squares += double(z(i, j)) * double(z(i, j));
    check(std::abs(squares - 1) < 1e-3, "code ", i, " has the length ", std::sqrt(squares),
          ", but the model's lie on the unit sphere", hint, "divide each by its length");
  }
  check<UsageError>(!model.classes() || !labels.empty(), "a conditional model needs a class", hint,
                    "--class C, or --labels FILE for each code");
  check(labels.size() <= 1 || labels.size() == std::size_t(z.rows), labels.size(), " labels for ",
        z.rows, " codes", hint, "a label for each code");
  if (model.classes())
    for (const Label y : labels) model.check_class(Index(y));
  OwnedMatrix to(z.rows, model.dimensions());
  Tape tape;
  spread_rows_over_ranks(to.view(), batch, [&](std::size_t first, std::size_t n) {
    tape.reset();
    std::vector<Label> y;
    for (std::size_t i = 0; i < n && model.classes(); ++i)
      y.push_back(labels[labels.size() == 1 ? 0 : first + i]);
    const Var code = tape.constant(ConstMatrix{z.row(Index(first)), Index(n), z.cols});
    return ConstMatrix(shown(model, model.decode(code, one_hot_of(tape, model, y))).val());
  });
  return to;
}

OwnedMatrix reconstruct(const Model& model, const Examples& examples, const Settings& settings) {
  OwnedMatrix to(Index(examples.count()), model.image.size());
  const std::uint32_t draw = fixed_draw(examples.split);
  Tape tape;
  spread_rows_over_ranks(to.view(), batch, [&](std::size_t first, std::size_t n) {
    const auto rows = std::span(examples.rows).subspan(first, n);
    tape.reset();
    const Batch b = make_batch(tape, model, examples, rows, settings, draw);
    Stream noise(settings.seed, Purpose::evaluate, draw, rows);
    const ChosenLikelihood p = model.decode(model.draw(b, noise).z, b.condition);
    return ConstMatrix(whole(model, shown(model, p), b.condition).val());
  });
  return to;
}

OwnedMatrix sample(const Model& model, const Settings& settings, const Sampling& s) {
  if (model.image.height > 1 || s.aggregate) {
    return std::move(generate(model, settings, s).images);
  }
  OwnedMatrix to(Index(s.count), model.dimensions());
  Tape tape;
  spread_rows_over_ranks(to.view(), batch, [&](std::size_t first, std::size_t n) {
    tape.reset();
    Stream noise(s.seed, Purpose::prior, 1, std::uint32_t(first));
    std::vector<Label> y;
    for (std::size_t i = 0; i < n && model.classes(); ++i)
      y.push_back(Label(s.of_class.value_or(model.class_in_turn(first + i))));
    const Var condition = one_hot_of(tape, model, y);
    const Var z = model.sample_prior(tape, condition, Index(n), noise);
    const Var x = model.decode(s.temperature * z, condition).sample(noise);
    unstandardise(model, x.val(), model.modelled);
    return ConstMatrix(x.val());
  });
  return to;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
