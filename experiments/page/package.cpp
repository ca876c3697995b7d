#include "package.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/files/packed.hpp>

#include "half.hpp"
#include "replay.hpp"

namespace vaegrad {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

constexpr Index particles = 100;  // of the log p(x) that is measured here

// Of halves first all upper bytes, then all lower ones: signs and exponents are few, so that they
// pack to about five bits.
std::string packed_weights(const Model& model) {
  std::vector<std::uint16_t> halves;
  for (const auto& [name, param] : model.parameters.list())
    for (Real x : model.parameters.value(param)) halves.push_back(half_bits(float(x)));
  std::vector<std::uint8_t> bytes(2 * halves.size());
  for (std::size_t i = 0; i < halves.size(); ++i) {
    bytes[i] = std::uint8_t(halves[i] >> 8);
    bytes[halves.size() + i] = std::uint8_t(halves[i] & 255);
  }
  const std::string small = packed(Packing::zlib, bytes);
  return base64({reinterpret_cast<const std::uint8_t*>(small.data()), small.size()});
}

Json names_and_shapes(const Model& model) {
  Json all = Json::array();
  for (const auto& [name, param] : model.parameters.list())
    all.push_back({name, param.shape.rows, param.shape.cols});
  return all;
}

// Bytes 0..255, of binary images too
std::string packed_images(const Examples& examples) {
  std::vector<std::uint8_t> bytes;
  for (const std::uint32_t row : examples.rows) {
    const auto image = examples.file->image(row);
    for (const std::uint8_t v : image)
      bytes.push_back(examples.file->binary ? std::uint8_t(255 * v) : v);
  }
  const std::string small = packed(Packing::zlib, bytes);
  return base64({reinterpret_cast<const std::uint8_t*>(small.data()), small.size()});
}

Json read_json(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error)) return nullptr;
  const Json json = Json::parse(read_file(path, std::size_t{1} << 24), nullptr, false);
  return json.is_object() ? json : Json(nullptr);
}

// The epoch after which the model had these weights.
int epoch_of(const LoadedRun& run, const std::string& weights) {
  const Json summary = read_json(run.folder / "summary.json");
  const bool best = weights == "best";
  const auto known = [&](const Json& from, const char* key) {
    return from.is_object() && from.contains(key) && from[key].is_number_integer();
  };
  if (best && known(summary, "best_epoch")) return summary["best_epoch"];
  if (!best && summary.is_object() && summary.contains("final") && known(summary["final"], "epoch"))
    return summary["final"]["epoch"];
  return run.settings.epochs;
}

// Where the run comes from, and what is known of it.
Json provenance(const LoadedRun& run, const DataSet& data, const std::string& weights) {
  Json settings = Json::object();
  for (const Setting& s : all_settings())
    if (const std::string value = s.get(run.settings); !value.empty()) settings[s.name] = value;
  Json checksums = Json::object();
  for (const Checksum& c : data.checksums)
    checksums[fs::path(c.file).filename().string()] = c.sha256;
  const Json summary = read_json(run.folder / "summary.json");
  const Json evaluation = read_json(run.folder / "evaluation.json");
  Json to{{"name", run.folder.filename().string()},
          {"version", version},
          {"settings", settings},
          {"data_sha256", checksums},
          {"epoch", epoch_of(run, weights)},
          {"parameters", run.model->parameters.count()}};
  if (!summary.is_null())
    for (const char* key : {"version", "seconds_training", "test_elbo"})
      if (summary.contains(key) && (weights == "last" || key != std::string_view("test_elbo")))
        to[fmt::format("summary_{}", key)] = summary[key];
  if (!evaluation.is_null() && evaluation.value("weights", "last") == weights &&
      evaluation.contains("nll") && evaluation["nll"].is_number())
    for (const char* key :
         {"nll", "nll_standard_error", "nll_standard_error_examples", "particles", "examples"})
      if (evaluation.contains(key)) to["evaluation"][key] = evaluation[key];
  return to;
}

std::vector<double> rounded(const std::vector<double>& from, double unit) {
  std::vector<double> to = from;
  for (double& x : to) x = std::round(x / unit) * unit;
  return to;
}
// Numbers in a page have as many digits as they mean.
Json short_numbers(const std::vector<double>& from) {
  Json all = Json::array();
  for (double x : rounded(from, 1e-5)) all.push_back(Json::parse(fmt::format("{:.5f}", x)));
  return all;
}

// Weights of the epochs before that one that --keep-every kept, by their epoch.
std::map<int, fs::path> kept(const LoadedRun& run, int end) {
  std::map<int, fs::path> all;
  for (int epoch = 1; epoch < end; ++epoch) {
    const fs::path path = run.folder / fmt::format("model-{}.safetensors", epoch);
    std::error_code error;
    if (fs::exists(path, error)) all[epoch] = path;
  }
  return all;
}
Json epochs(LoadedRun& run, std::size_t most, int end) {
  const auto all = kept(run, end);
  Json to = Json::array();
  std::size_t i = 0;
  for (const auto& [epoch, path] : all) {  // spread evenly
    const std::size_t n = std::min(most, all.size()), place = i++;
    if (n == 0 || (place + 1) * n / all.size() == place * n / all.size()) continue;
    copy_weights(read_safetensors(path), *run.model);
    round_to_half(run.model->parameters);
    to.push_back({{"epoch", epoch}, {"weights", packed_weights(*run.model)}});
  }
  return to;
}

const char* name_of(Binarize how) {
  return how == Binarize::none ? "none" : how == Binarize::threshold ? "threshold" : "sample";
}

}  // namespace

void check_page_can_show(const LoadedRun& run, const DataSet& data) {
  const Model& model = *run.model;
  const Images& images = *data.test.file;
  check<UsageError>(images.height > 1 && images.width > 1, run.folder.string(), ": its data are a ",
                    "table of ", images.dimensions(), " columns, and a page shows images", hint,
                    "vaegrad encode and decode give numbers");
  check<UsageError>(!images.real(), run.folder.string(),
                    ": its data are real numbers, and a page holds images of bytes", hint,
                    "images of bytes 0..255");
  check<UsageError>(model.given_pixels.empty(), run.folder.string(),
                    ": the model completes images, of which a page has no view", hint,
                    "vaegrad sample draws its completions");
  check<UsageError>(!model.deterministic, run.folder.string(),
                    ": an autoencoder has no q(z|x) and no bound to show", hint,
                    "train with --model vae");
  check_is_likelihood(*model.decoder.head.row, run.folder.string());
  check<UsageError>(data.test.count() > 0, run.folder.string(), ": there are no test images", hint,
                    "a page shows what the model was not trained on");
}

nlohmann::json package(LoadedRun& run, const DataSet& data, const PageParts& parts) {
  Model& m = *run.model;
  const Examples& examples = parts.examples;
  const Images& file = *examples.file;
  Json to{{"run", provenance(run, data, parts.weights)}};

  // Of the weights as they are, and then as the page has them.
  to["own"]["elbo"] = short_numbers(evaluate(m, examples, run.settings).elbos);
  const Evidence own = evidence(m, examples, run.settings, particles);
  to["own"]["log_px"] = short_numbers(own.log_px);
  to["own"]["nll"] = {{"nll", own.nll},
                      {"nll_standard_error", own.standard_error},
                      {"nll_standard_error_examples", own.examples_error},
                      {"particles", particles},
                      {"examples", examples.count()}};
  round_to_half(m.parameters);
  to["rounded"]["elbo"] = short_numbers(evaluate(m, examples, run.settings).elbos);

  to["image"] = {
      {"height", m.image.height}, {"width", m.image.width}, {"channels", m.image.channels}};
  to["latent"] = m.latent;
  to["layers"] =
      m.hierarchical()
          ? Json(std::vector<Index>(m.inference->layers().begin(), m.inference->layers().end()))
          : Json{m.latent};
  to["classes"] = m.classes();
  to["trained_classes"] = m.trained_classes;
  to["standard_normal"] = m.standard_normal;
  to["binary"] = file.binary;
  to["binarize"] = name_of(run.settings.binarize.value_or(Binarize::none));
  to["unit"] = m.unit();
  to["seed"] = std::to_string(run.settings.seed);  // 64 bits, which JSON's readers cut to 53
  to["draw"] = fixed_draw(examples.split);
  to["rows"] = examples.rows;
  if (!file.labels.empty()) {
    Json labels = Json::array();
    for (const std::uint32_t row : examples.rows) labels.push_back(file.labels[row]);
    to["labels"] = labels;
    if (!file.label_names.empty()) to["label_names"] = file.label_names;
  }
  to["programs"] = replays(m, examples, run.settings);
  to["parameters"] = names_and_shapes(m);
  to["weights"] = packed_weights(m);
  if (parts.images) to["images"] = packed_images(examples);
  // last: the model has their weights then
  to["epochs"] = epochs(run, parts.epochs, epoch_of(run, parts.weights));
  return to;
}

}  // namespace vaegrad
