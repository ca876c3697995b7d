#include <algorithm>

#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/lab/ranks/spread.hpp>
#include <vaegrad/lab/uses/generate.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

void check_temperature(const Model& model, const Sampling& s) {
  check<UsageError>(s.temperature == 1 || !model.posterior->sphere, "--temperature ", s.temperature,
                    ": the model's codes lie on the unit sphere, where none is "
                    "nearer to the middle",
                    hint, "leave --temperature out");
  check<UsageError>(s.temperature == 1 || !model.hierarchical(), "--temperature ", s.temperature,
                    ": the lower layers of the model's codes are around what the upper ones say, ",
                    "not around 0", hint, "leave --temperature out");
}

Generated generate(const Model& model, const Settings& settings, const Sampling& s) {
  check<UsageError>(model.given_pixels.empty(), "the model completes images, it draws none alone",
                    hint, "vaegrad sample draws its completions");
  check<UsageError>(!model.deterministic || model.fitted_prior || s.aggregate || s.unasked,
                    "an autoencoder has no distribution of codes to draw from", hint,
                    "vaegrad fit-prior fits one to its codes; then --from mixture");
  check_temperature(model, s);
  check<UsageError>(!s.aggregate || !s.of_class, "--class: the aggregate posterior brings its own",
                    hint, "leave --class out");
  constexpr std::size_t batch = 500;
  Generated to{OwnedMatrix(Index(s.count), model.dimensions()), {}};
  Tape tape;
  const auto picked = [&](std::size_t i) {
    Stream pick(s.seed, Purpose::prior, 2 + std::uint32_t(i));
    return s.aggregate->rows[pick.below(s.aggregate->count())];
  };
  const auto class_of = [&](std::size_t i) {
    return Label(s.of_class.value_or(model.class_in_turn(i)));
  };
  for (std::size_t i = 0; model.classes() && i < s.count; ++i)
    to.classes.push_back(s.aggregate ? s.aggregate->file->labels[picked(i)] : class_of(i));
  spread_rows_over_ranks(to.images.view(), batch, [&](std::size_t first, std::size_t n) {
    tape.reset();
    // Numbers go by the image's place, so that they do not depend on the batch.
    Stream noise(s.seed, Purpose::prior, 1, std::uint32_t(first));
    Var z, condition;
    if (s.aggregate) {
      std::vector<std::uint32_t> rows;
      for (std::size_t i = 0; i < n; ++i) rows.push_back(picked(first + i));
      const Batch b =
          make_batch(tape, model, *s.aggregate, rows, settings, fixed_draw(s.aggregate->split));
      condition = b.condition;
      z = model.draw(b, noise).z;
    } else {
      if (model.classes()) {
        condition = tape.constant(Shape{Index(n), model.classes()});
        const Matrix y = condition.val();
        std::fill(y.begin(), y.end(), Real{0});
        for (std::size_t i = 0; i < n; ++i) y(Index(i), Index(class_of(first + i))) = 1;
      }
      z = model.sample_prior(tape, condition, Index(n), noise);
    }
    return ConstMatrix(shown(model, model.decode(s.temperature * z, condition)).val());
  });
  const ConstMatrix images = to.images;
  const auto bad =
      std::count_if(images.begin(), images.end(), [](Real x) { return !is_finite(x); });
  check(bad == 0, bad, " of the ", images.size(), " numbers of ", s.count,
        " samples are not finite", hint, "has training diverged? try --weights best");
  return to;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
