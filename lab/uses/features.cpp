#include <vaegrad/lab/uses/features.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

OtherData load_other_data(const LoadedRun& run, const std::string& name,
                          const std::filesystem::path& labels) {
  DataSet set = load_data_set(name, {.data_dir = run.settings.data_dir, .labels = labels});
  OtherData other{set.test, set.classes};
  if (set.train.file == set.test.file) {  // a file without test data of its own: all of it
    for (const Examples* more : {&set.train, &set.validation})
      other.examples.rows.insert(other.examples.rows.end(), more->rows.begin(), more->rows.end());
    std::sort(other.examples.rows.begin(), other.examples.rows.end());
  }
  const Images& images = *other.examples.file;
  const Model& model = *run.model;
  check(images.shape() == model.image, name, ": images of ", images.shape(),
        ", but the run was trained on ", model.image, hint, "data of that size");
  const Likelihood& p = *model.decoder.head.row;
  check(p.values == Values::real || !images.real(), name, ": real numbers, but the run's ", p.name,
        " likelihood takes bytes", hint, "images with bytes 0..255");
  check(run.settings.model != "cvae" || run.settings.condition != "label" || !images.labels.empty(),
        name, ": no labels, but the run is conditional", hint, "--labels FILE");
  check(p.values != Values::binary || !images.grey() || run.settings.binarize, name,
        ": grey values 0..255, but the run was trained on data that are 0 and 1", hint,
        "vaegrad data ", name, " --binarize sample --out FILE.idx makes such data");
  return other;
}

OwnedMatrix encode(const Model& model, const Examples& examples, const Settings& settings,
                   Code code) {
  check<UsageError>(code == Code::mean || !model.deterministic,
                    "an autoencoder has one code for each image, no distribution to sample", hint,
                    "--mean");
  check<UsageError>(model.inference != nullptr, "a baseline has no code", hint,
                    "train with --model cvae");
  constexpr std::size_t batch = 500;
  OwnedMatrix codes(Index(examples.count()), model.latent);
  Tape tape;
  for (std::size_t first = 0; first < examples.count(); first += batch) {
    const auto rows =
        std::span(examples.rows).subspan(first, std::min(batch, examples.count() - first));
    tape.reset();
    const std::uint32_t draw = fixed_draw(examples.split);
    const Batch b = make_batch(tape, model, examples, rows, settings, draw);
    Stream noise(settings.seed, Purpose::evaluate, draw, rows);
    const Var z = code == Code::mean ? model.code(b).mean : model.draw(b, noise).z;
    std::copy(z.val().begin(), z.val().end(), codes.view().row(Index(first)));
  }
  return codes;
}

OwnedMatrix pixels(const Examples& examples) {
  OwnedMatrix to(Index(examples.count()), Index(examples.file->dimensions()));
  if (examples.count()) fill(to.view(), *examples.file, examples.rows, Binarize::none, 0, 0);
  return to;
}

std::vector<std::uint8_t> labels_of(const Examples& examples) {
  std::vector<std::uint8_t> to;
  if (!examples.file->labels.empty())
    for (std::uint32_t row : examples.rows) to.push_back(examples.file->labels[row]);
  return to;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
