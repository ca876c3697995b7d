#include <vaegrad/lab/ranks/spread.hpp>
#include <vaegrad/lab/uses/features.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

OtherData load_other_data(const LoadedRun& run, const DataNames& names, Settings& settings) {
  DataNames all = names;
  all.all_classes = true;
  RunData data = load_named_data(run, all, settings);
  const bool whole = data.set.train.file == data.set.test.file;
  return {whole ? choose_split(data.set, "all") : data.set.test, data.set.classes};
}

OwnedMatrix encode(const Model& model, const Examples& examples, const Settings& settings,
                   Code code) {
  check<UsageError>(code == Code::mean || !model.deterministic,
                    "an autoencoder has one code for each image, no distribution to sample", hint,
                    "--mean");
  check<UsageError>(model.inference != nullptr, "a baseline has no code", hint,
                    "train with --model cvae");
  OwnedMatrix codes(Index(examples.count()), model.latent);
  Tape tape;
  spread_rows_over_ranks(codes.view(), 500, [&](std::size_t first, std::size_t n) -> ConstMatrix {
    const auto rows = std::span(examples.rows).subspan(first, n);
    tape.reset();
    const std::uint32_t draw = fixed_draw(examples.split);
    const Batch b = make_batch(tape, model, examples, rows, settings, draw);
    Stream noise(settings.seed, Purpose::evaluate, draw, rows);
    return (code == Code::mean ? model.code(b).mean : model.draw(b, noise).z).val();
  });
  return codes;
}

OwnedMatrix pixels(const Examples& examples, Binarize as) {
  OwnedMatrix to(Index(examples.count()), Index(examples.file->dimensions()));
  if (examples.count()) fill(to.view(), *examples.file, examples.rows, as, 0, 0);
  return to;
}

std::vector<Label> labels_of(const Examples& examples) {
  std::vector<Label> to;
  if (!examples.file->labels.empty())
    for (std::uint32_t row : examples.rows) to.push_back(examples.file->labels[row]);
  return to;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
