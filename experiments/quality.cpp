// vaegrad quality: what can be said about a run's samples without a network trained elsewhere.
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>
#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/files/json_text.hpp>
#include <vaegrad/lab/pictures/picture_parts.hpp>
#include <vaegrad/lab/run/training/progress.hpp>
#include <vaegrad/lab/uses/fits/fit.hpp>
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
  OwnedMatrix some = {};   // the first few, to be looked at
};
constexpr Index looked_at = 10;

double median_distance(ConstMatrix from, ConstMatrix to) {
  const Neighbours found = nearest(from, to, 1);
  std::vector<double> d(found.squared_distances);
  std::nth_element(d.begin(), d.begin() + std::ptrdiff_t(d.size() / 2), d.end());
  return std::sqrt(d[d.size() / 2]);
}

std::string cell(double x, double unit = 1, int digits = 2) {
  return std::isfinite(x) ? fmt::format("{:.{}f}", unit * x, digits) : "-";
}

// What images are held against: those of the run's data, and a classifier trained on them.
class Judge {
 public:
  // Images that a model saw drawn anew are those of E[x|z], grey; by a threshold they are 0 and 1.
  Judge(const DataSet& data, std::optional<Binarize> binarize, const ClassifierSettings& settings,
        Progress& progress)
      : data_(data),
        classes_(Index(data.classes)),
        as_(binarize == Binarize::threshold ? Binarize::threshold : Binarize::none),
        train_(pixels(data.train, as_)),
        test_(pixels(data.test, as_)) {
    const auto labels = labels_of(data.train);
    if (labels.empty()) return;
    if (std::all_of(labels.begin(), labels.end(), [&](Label y) { return y == labels[0]; })) {
      progress.finish(
          fmt::format("one class: all {} training labels are {}, so there is nothing to read",
                      labels.size(), labels[0]));
      return;
    }
    reader_ = std::make_unique<Classifier>(train_.cols, classes_, settings);
    reader_->fit(train_, labels, [&](int done) {
      progress.update(fmt::format("classifier: {} of {} epochs", done, settings.epochs));
    });
    features_ = reader_->features(test_);
  }

  Quality of_test_images() const {
    Quality q{"test images"};
    read(q, test_, labels_of(data_.test));
    q.some = first(test_);
    q.to_train = median_distance(test_, train_);
    return q;
  }
  // As many training images as there are samples, among the others: how near real images come.
  Quality of_training_images(std::size_t count) const {
    Examples some = data_.train;
    some.rows = spread(some, count);  // a folder's images lie class by class
    const OwnedMatrix images = pixels(some, as_);
    Quality q{"training images"};
    q.from_test = median_distance(test_, images);
    q.frechet = frechet(images);
    return q;
  }
  Quality of_samples(std::string name, const Generated& samples) const {
    Quality q{std::move(name)};
    read(q, samples.images, samples.classes);
    q.some = first(samples.images);
    q.frechet = frechet(samples.images);
    q.to_train = median_distance(samples.images, train_);
    q.from_test = median_distance(test_, samples.images);
    return q;
  }

 private:
  static OwnedMatrix first(ConstMatrix images) {
    std::vector<std::uint32_t> which(std::size_t(std::min(images.rows, looked_at)));
    std::iota(which.begin(), which.end(), 0u);
    return rows_of(images, which);
  }
  double frechet(ConstMatrix images) const {
    const bool spread = reader_ && images.rows > 1 && features_.rows > 1;
    return spread ? frechet_distance(reader_->features(images), features_) : NAN;
  }
  void read(Quality& q, ConstMatrix images, std::span<const Label> asked) const {
    if (!reader_) return;
    const OwnedMatrix p = reader_->probabilities(images);
    const auto classes = largest(p);
    q.entropy = class_entropy(classes, classes_);
    q.certainty = 0, q.sure = share_above(p, 0.9);
    for (Index i = 0; i < images.rows; ++i)
      q.certainty += double(p.view()(i, classes[std::size_t(i)])) / double(images.rows);
    if (!asked.empty()) q.asked = accuracy(classes, asked);
  }

  const DataSet& data_;
  Index classes_;
  Binarize as_;
  OwnedMatrix train_, test_, features_;  // the last of the test images
  std::unique_ptr<Classifier> reader_;   // none without labels
};

// Test and training images, then samples of every origin that there is.
std::vector<Quality> measured(LoadedRun& run, const DataSet& data, Sampling s, const Judge& judge,
                              Progress& progress) {
  const Model& model = *run.model;
  std::vector<Quality> rows{judge.of_test_images(), judge.of_training_images(s.count)};
  const auto samples = [&](const char* name) {
    progress.update(name);
    rows.push_back(judge.of_samples(name, generate(model, run.settings, s)));
  };
  s.unasked = true;
  samples(model.deterministic ? "N(0, I)" : "prior");
  s.aggregate = &data.train;
  samples(model.deterministic ? "codes" : "aggregate posterior");
  s.aggregate = nullptr;
  for (const Fit* fit : fits()) {
    if (!is_fitted(run, *fit)) continue;
    use_fitted_prior(run, *fit);
    samples(fit->name);
  }
  return rows;
}

void print(const std::vector<Quality>& rows) {
  constexpr auto line = "{:<19}{:>9}{:>10}{:>8}{:>8}{:>9}{:>8}{:>8}\n";
  fmt::print(line, "", "entropy", "certainty", "> 0.9", "class", "Fréchet", "nearest", "nearest");
  fmt::print(line, "", "(nats)", "(%)", "(%)", "(%)", "", "train", "of test");
  for (const Quality& q : rows)
    fmt::print(line, q.name, cell(q.entropy, 1, 3), cell(q.certainty, 100), cell(q.sure, 100),
               cell(q.asked, 100), cell(q.frechet), cell(q.to_train), cell(q.from_test));
}

// A row of each origin.
bool draw(const std::vector<Quality>& rows, const Model& model, const std::filesystem::path& path) {
  if (is_table(model)) return false;
  ImageGrid grid = grid_for(model, "Test images, and E[x|z] of codes z from each origin");
  for (const Quality& q : rows) {
    if (q.some.rows < looked_at) continue;
    grid.row_labels.push_back(q.name);
    append_images(grid, q.some);
  }
  grid.columns = int(looked_at);
  return draw(grid, path);
}

nlohmann::json as_json(const std::vector<Quality>& rows) {
  nlohmann::json json;
  const auto number = [](double x) {
    return std::isfinite(x) ? nlohmann::json(x) : nlohmann::json(nullptr);
  };
  for (const Quality& q : rows)
    json[q.name] = {{"class_entropy", number(q.entropy)},
                    {"certainty", number(q.certainty)},
                    {"above_0_9", number(q.sure)},
                    {"asked_class_read", number(q.asked)},
                    {"frechet_distance", number(q.frechet)},
                    {"median_distance_to_training", number(q.to_train)},
                    {"median_distance_from_test", number(q.from_test)}};
  return json;
}

int run_quality(Arguments arguments) {
  const Options options(arguments,
                        of_a_run({"count", "temperature", "seed", "classifier-epochs", "out"}));
  Sampling sampling;
  sampling.count = std::size_t(options.integer("count", 10000, 10, 1000000));
  sampling.temperature = options.real("temperature", 1, 0, 100);
  sampling.seed = std::uint64_t(options.integer("seed", 1, 0, INT64_MAX));
  ClassifierSettings of_classifier;
  of_classifier.epochs = int(options.integer("classifier-epochs", of_classifier.epochs, 1, 10000));
  LoadedRun opened = open_run(options);
  const DataSet data = load_run_data(opened, options);
  check<UsageError>(opened.model->given_pixels.empty(),
                    "the model completes images, it draws none alone", hint,
                    "vaegrad sample draws its completions");
  check_temperature(*opened.model, sampling);
  for (const Fit* fit : fits()) is_fitted(opened, *fit);  // one that is damaged is said now
  check<UsageError>(!data.train.file->real(), opened.settings.data, ": real numbers, no images",
                    hint, "a run trained on images");
  const std::filesystem::path out = out_folder(options, opened, "quality");

  Progress progress;
  const Judge judge(data, opened.settings.binarize, of_classifier, progress);
  const std::vector<Quality> rows = measured(opened, data, sampling, judge, progress);
  progress.finish(
      fmt::format("quality of {} samples in {}", sampling.count, duration(progress.seconds())));
  fmt::print("{} samples E[x|z] each, temperature {:g}; distances in pixels of 0 to 1\n\n",
             sampling.count, sampling.temperature);
  print(rows);
  write_atomically(out / "quality.json", json_text(as_json(rows)));
  const bool drawn = draw(rows, *opened.model, out / "quality.png");
  fmt::print("\n{}: quality.json{}\n", out.string(), drawn ? ", quality.png" : "");
  return 0;
}

std::string quality_help() {
  return "usage: vaegrad quality [RUN] [options]\n\n"
         "What can be said about a run's samples without a network trained elsewhere. A\n"
         "classifier trained here on the run's training labels reads them: how evenly the\n"
         "classes occur (entropy), how sure it is, of how many it is more than 0.9 sure,\n"
         "whether a conditional model draws the class it is asked for, and how far the\n"
         "features of samples and of test images are apart (Fréchet, squared; Heusel et\n"
         "al. 2017, here by this classifier). Distances tell copies and gaps: from\n"
         "samples to the nearest training image, from test images to the nearest sample.\n"
         "Samples from the prior, from the aggregate posterior and from each prior that\n"
         "fit-prior fitted, beside test images; quality.png shows some of each.\n\n"
         "  RUN                     its folder [runs/latest]\n"
         "  --count N               samples of each kind [10000]\n"
         "  --temperature T         factor on z [1]\n"
         "  --classifier-epochs N   [12]\n"
         "  --seed N                of the samples [1]\n"
         "  --out DIR               [quality in the run's folder]\n"
         "  --data NAME|PATH        the run's own data, where they lie now\n" +
         std::string(opened_help) + "\nexample: vaegrad quality runs/latest --count 2000\n";
}

}  // namespace

const Command quality_command{"quality", "measures samples: classes, certainty, distances",
                              run_quality, quality_help};

}  // namespace vaegrad
