#include <numeric>

#include <vaegrad/lab/run/model.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

Initial initial_of(const Settings& s) { return {s.seed, initialiser(s.initialiser)}; }
// The pixels that are given.
std::vector<std::uint32_t> pixels(const Settings& s, ImageShape image) {
  const auto gives = condition(s.condition).gives;
  const auto [h, w, channels] = image;
  std::vector<std::uint32_t> which;
  if (!gives) return which;
  for (Index i = 0; i < h; ++i)
    for (Index j = 0; j < w; ++j)
      for (Index c = 0; c < channels; ++c)
        if (gives(i >= h / 2, j < w / 2))
          which.push_back(std::uint32_t((i * w + j) * channels + c));
  return which;
}

}  // namespace

Settings baseline_settings(const Settings& of) {
  Settings s = of;
  for (const Setting& row : all_settings()) {
    const std::string_view name = row.name;
    if (std::string_view(row.group) == "objective" || name == "latent" || name == "prior" ||
        name == "hierarchy" || name == "components" || name == "pseudo-inputs" ||
        name == "prior-flows" || name == "posterior" || name == "posterior-scale" ||
        name == "log-variance-bound" || name == "flows" || name == "flow-width")
      row.set(s, row.get(Settings{}));
  }
  s.upper_hidden.clear();
  s.model = "baseline";
  return s;
}

bool is_deterministic(const Settings& s) {
  return s.model == "autoencoder" || s.model == "baseline" || objective(s.objective).deterministic;
}

Architecture architecture(const Settings& s, ImageShape image, Index conditions) {
  const Likelihood& p = likelihood_of(s);
  return {.image = image,
          .conditions = conditions,
          .given_pixels = pixels(s, image),
          .trained_classes = {s.classes.begin(), s.classes.end()},
          .encoder = s.model != "baseline",
          .deterministic = is_deterministic(s),
          .network = with_normalisation(with_widths(network(s.network), widths(s)),
                                        normalisation(s.normalisation)),
          .hidden = widths(s),
          .activation = activation(s.activation),
          .initial = initial_of(s),
          .latent = std::accumulate(s.latent.begin(), s.latent.end(), Index{0}),
          .posterior = &posterior(s.posterior),
          .latents = {.latent = s.latent[0],
                      .scale = &posterior_scale(s.posterior_scale),
                      .flows = s.flows,
                      .activation = activation(s.activation),
                      .initial = initial_of(s),
                      .log_variance_bound = s.log_variance_bound,
                      .widths = s.flow_width},
          .prior = &prior(s.prior),
          .components = s.components,
          .prior_flows = s.prior_flows,
          .likelihood = &p,
          .scale = p.has_scale ? std::optional(likelihood_scale(s.likelihood_scale)) : std::nullopt,
          .distance_weight = s.ms_ssim_weight,
          .layers = s.latent,
          .between = s.upper_hidden,
          .hierarchy = &hierarchy(s.hierarchy)};
}

namespace {

// The mean of the data as what the decoder draws first; deviations to standardise by.
void start_at_data(Model& model, const Settings& s, const Examples& train) {
  if (!s.standardise && s.output_bias != "data-mean") return;
  const Moments m = moments(train);
  if (s.standardise) {
    for (std::size_t j = 0; j < m.deviation.size(); ++j)
      check(m.deviation[j] > 0, "--standardise: column ", j, name_of_column(train, j), " of ",
            s.data, " is ", m.mean[j], " in every training example", hint,
            "--drop-constant leaves such columns out");
    model.standard = Standard{m.mean, m.deviation};
    if (model.baseline) model.baseline->standard = model.standard;
  } else {  // of standardised data the mean is zero
    std::vector<Real> mean;
    for (const auto j : model.modelled)
      mean.push_back(Real((model.unit() == 1 ? 255 : 1) * m.mean[j]));
    model.start_at(mean);
  }
}

// Pseudo-inputs at random training examples, none twice before all are there.
void start_prior_at_data(Model& model, const Settings& s, const Examples& train) {
  const auto count = std::size_t(model.prior->examples()), n = train.rows.size();
  if (!count || s.pseudo_inputs != "data") return;
  std::vector<std::uint32_t> all = train.rows, rows(count);
  Stream choice(s.seed, Purpose::other);
  for (std::size_t k = 0; k < count; ++k) {
    const std::size_t i = k % n;
    std::swap(all[i], all[i + choice.below(n - i)]);
    rows[k] = all[i];
  }
  Tape tape;
  model.start_prior_at(make_batch(tape, model, train, rows, s, 1));
}

}  // namespace

std::unique_ptr<Model> new_model(const Settings& s, const DataSet& data) {
  const Images& images = *data.train.file;
  auto model = std::make_unique<Model>(architecture(s, images.shape(), condition_size(s, data)));
  start_at_data(*model, s, data.train);
  start_prior_at_data(*model, s, data.train);
  return model;
}

Index condition_size(const Settings& s, const DataSet& data) {
  if (s.model != "cvae" && s.model != "baseline") return 0;
  const Images& images = *data.train.file;
  if (condition(s.condition).gives) {
    check(images.height > 1 && images.width > 1, "--condition ", s.condition, ": ", s.data,
          " has rows of numbers, ", images.height, " x ", images.width, ", no images", hint,
          "--condition label");
    const Index all = Index(images.dimensions());
    return s.model == "cvae" ? all : Index(pixels(s, images.shape()).size());
  }
  check(!images.labels.empty(), "--model cvae: ", s.data, " has no labels to be given", hint,
        "--labels FILE names them");
  for (const Examples* part : {&data.validation, &data.test})
    check(!part->file || !part->count() || !part->file->labels.empty(), "--model cvae: the ",
          part->split == Split::test ? "test" : "validation", " examples of ", s.data,
          " have no labels to be given", hint, "--test-labels FILE names them");
  return Index(data.classes);
}

Batch make_batch(Tape& tape, const Model& model, const Examples& from,
                 std::span<const std::uint32_t> rows, const Settings& settings,
                 std::uint32_t draw) {
  const Var x = tape.constant(Shape{Index(rows.size()), model.image.size()});
  // Validation and test images are the same whatever the seed, so that runs can be compared.
  const std::uint64_t seed = from.split == Split::train ? settings.seed : 1;
  fill(x.val(), *from.file, rows, settings.binarize.value_or(Binarize::none), seed, draw);
  std::span<const std::uint32_t> labels;
  if (model.classes()) {
    auto* known = tape.memory_for<std::uint32_t>(x.shape().rows);
    check(!from.file->labels.empty(), "the examples have no labels for the model to be given");
    for (std::size_t i = 0; i < rows.size(); ++i) known[i] = from.file->labels[rows[i]];
    labels = {known, rows.size()};
  }
  return model.see(x, labels);
}

ObjectiveSettings objective_settings(const Settings& s, double share) {
  ObjectiveSettings to{
      .particles = s.particles, .groups = s.groups, .beta = s.beta * share, .seed = s.seed};
  to.given = s.objective_numbers;
  return to;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
