// vaegrad quality: what can be said about a run's samples without a network trained elsewhere.
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/run/training/progress.hpp>
#include <vaegrad/lab/uses/generate.hpp>
#include <vaegrad/models/metrics/classifier.hpp>
#include <vaegrad/models/metrics/frechet.hpp>
#include <vaegrad/models/metrics/logistic.hpp>
#include <vaegrad/models/metrics/nearest.hpp>

#include "opened.hpp"

namespace vaegrad {
namespace {

// Of images of one origin: samples, or test images.
struct Quality {
  std::string name;
  double entropy = NAN;    // H of the classes read, nats
  double certainty = NAN;  // the average probability of the class that is read
  double sure = NAN;       // the share of which that probability is above 0.9
  double asked = NAN;      // the share whose asked (or true) class is read
  double frechet = NAN;    // from the test images' features, in the classifier's last hidden layer
  double to_train = NAN;   // median distance to the nearest training image
  double from_test = NAN;  // median distance from a test image to the nearest of these
};

double median_distance(ConstMatrix from, ConstMatrix to) {
  const Neighbours found = nearest(from, to, 1);
  std::vector<double> d(found.squared_distances);
  std::nth_element(d.begin(), d.begin() + std::ptrdiff_t(d.size() / 2), d.end());
  return std::sqrt(d[d.size() / 2]);
}

Quality measured(std::string name, ConstMatrix images, std::span<const Label> asked,
                 const Classifier* reader, Index classes, ConstMatrix train, ConstMatrix test,
                 ConstMatrix test_features) {
  Quality q{std::move(name)};
  if (reader) {
    const OwnedMatrix p = reader->probabilities(images);
    const auto read = largest(p);
    q.entropy = class_entropy(read, classes);
    q.certainty = q.sure = 0;
    for (Index i = 0; i < images.rows; ++i) {
      const double most = double(p.view()(i, read[std::size_t(i)]));
      q.certainty += most / double(images.rows), q.sure += (most > 0.9) / double(images.rows);
    }
    if (test_features.rows) q.frechet = frechet_distance(reader->features(images), test_features);
    if (!asked.empty()) q.asked = accuracy(read, asked);
  }
  q.to_train = median_distance(images, train);
  if (test.rows) q.from_test = median_distance(test, images);
  return q;
}

std::string cell(double x, double unit = 1, int digits = 2) {
  return std::isfinite(x) ? fmt::format("{:.{}f}", unit * x, digits) : "-";
}

int run(Arguments arguments) {
  const Options options(
      arguments, {"count", "temperature", "seed", "classifier-epochs", "out", "weights", "data",
                  "labels", "test-data", "test-labels", "data-dir", "threads"});
  Sampling sampling;
  sampling.count = std::size_t(options.integer("count", 10000, 10, 1000000));
  sampling.temperature = options.real("temperature", 1, 0, 100);
  sampling.seed = std::uint64_t(options.integer("seed", 1, 0, INT64_MAX));
  ClassifierSettings of_classifier;
  of_classifier.epochs = int(options.integer("classifier-epochs", of_classifier.epochs, 1, 10000));
  LoadedRun opened = open_run(options);
  const DataSet data = load_named_data(opened, names_of(options)).set;
  check<UsageError>(!data.train.file->real(), opened.settings.data, ": real numbers, no images",
                    hint, "a run trained on images");
  const std::filesystem::path out = out_folder(options, opened, "quality");
  const Model& model = *opened.model;

  Progress progress;
  const OwnedMatrix train = pixels(data.train), test = pixels(data.test);
  const auto train_labels = labels_of(data.train), test_labels = labels_of(data.test);
  std::unique_ptr<Classifier> reader;
  const Index classes = Index(data.classes);
  if (!train_labels.empty()) {
    reader = std::make_unique<Classifier>(train.cols, classes, of_classifier);
    reader->fit(train, train_labels, [&](int done) {
      progress.update(fmt::format("classifier: {} of {} epochs", done, of_classifier.epochs));
    });
  }
  OwnedMatrix features;  // of the test images
  if (reader) features = reader->features(test);
  const auto of = [&](const char* name, const Generated& g) {
    progress.update(name);
    return measured(name, g.images, g.classes, reader.get(), classes, train, test, features);
  };
  std::vector<Quality> rows;
  rows.push_back(measured("test images", test, test_labels, reader.get(), classes, train, {}, {}));
  // As many training images as there are samples, among the others: how near real images come.
  Examples some = data.train;
  some.rows.resize(std::min(some.rows.size(), sampling.count));
  rows.push_back({"training images"});
  const OwnedMatrix of_some = pixels(some);
  rows.back().from_test = median_distance(test, of_some);
  if (reader) rows.back().frechet = frechet_distance(reader->features(of_some), features);
  rows.push_back(of("prior", generate(model, opened.settings, sampling)));
  sampling.aggregate = &data.train;
  rows.push_back(of("aggregate posterior", generate(model, opened.settings, sampling)));
  progress.finish(
      fmt::format("quality of {} samples in {}", sampling.count, duration(progress.seconds())));

  fmt::print("{} samples E[x|z] each, temperature {:g}; distances in pixels of 0 to 1\n\n",
             sampling.count, sampling.temperature);
  constexpr auto line = "{:<19}{:>9}{:>10}{:>8}{:>8}{:>9}{:>8}{:>8}\n";
  fmt::print(line, "", "entropy", "certainty", "> 0.9", "class", "Fréchet", "nearest", "nearest");
  fmt::print(line, "", "(nats)", "(%)", "(%)", "(%)", "", "train", "of test");
  nlohmann::json json;
  for (const Quality& q : rows) {
    fmt::print(line, q.name, cell(q.entropy, 1, 3), cell(q.certainty, 100), cell(q.sure, 100),
               cell(q.asked, 100), cell(q.frechet), cell(q.to_train), cell(q.from_test));
    const auto number = [](double x) {
      return std::isfinite(x) ? nlohmann::json(x) : nlohmann::json(nullptr);
    };
    json[q.name] = {{"class_entropy", number(q.entropy)},
                    {"certainty", number(q.certainty)},
                    {"above_0_9", number(q.sure)},
                    {"asked_class_read", number(q.asked)},
                    {"frechet_distance", number(q.frechet)},
                    {"median_distance_to_training", number(q.to_train)},
                    {"median_distance_from_test", number(q.from_test)}};
  }
  write_atomically(out / "quality.json", json.dump(2) + '\n');
  fmt::print("\n{}: quality.json\n", out.string());
  return 0;
}

std::string help() {
  return "usage: vaegrad quality [RUN] [options]\n\n"
         "What can be said about a run's samples without a network trained elsewhere. A\n"
         "classifier trained here on the run's training labels reads them: how evenly the\n"
         "classes occur (entropy), how sure it is, of how many it is more than 0.9 sure,\n"
         "whether a conditional model draws the class it is asked for, and how far the\n"
         "features of samples and of test images are apart (Fréchet, squared; Heusel et\n"
         "al. 2017, here by this classifier). Distances tell copies and gaps: from\n"
         "samples to the nearest training image, from test images to the nearest sample.\n"
         "Samples from the prior and from the aggregate posterior, beside test images.\n\n"
         "  RUN                     its folder [runs/latest]\n"
         "  --count N               samples of each kind [10000]\n"
         "  --temperature T         factor on z [1]\n"
         "  --classifier-epochs N   [12]\n"
         "  --seed N                of the samples [1]\n"
         "  --out DIR               [quality in the run's folder]\n" +
         std::string(opened_help) + "\nexample: vaegrad quality runs/latest --count 2000\n";
}

}  // namespace

const Command quality_command{"quality", "measures samples: classes, certainty, distances", run,
                              help};

}  // namespace vaegrad
