// train(): settings as keywords, the run's folder as the program leaves it.
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <algorithm>
#include <utility>
#include <vaegrad/autodiff/kernels/parallel.hpp>
#include <vaegrad/lab/whole_run.hpp>

#include "computing.hpp"
#include "run.hpp"

namespace vaegrad {
namespace {

// Python's or numpy's
bool is_bool(const py::handle& value, bool which) {
  py::detail::make_caster<bool> truth;
  return truth.load(value, false) && bool(truth) == which;
}

// Lets in signals, calls `callback` after each epoch, and keeps what either raises until the run is
// saved. Its methods are called without Python's lock.
class PythonObserver : public Observer {
 public:
  PythonObserver(Computing& computing, const py::object& callback, bool given)
      : computing_(computing), callback_(callback), given_(given) {}

  bool stop() override {
    if (!stopped_) guarded([&] { computing_.look_for_signals(); });
    return stopped_;
  }
  void epoch(const Training&, const Metrics& m) override {
    if (callback_.is_none()) return;
    const py::gil_scoped_acquire lock;
    guarded([&] {
      py::dict row;
      row["epoch"] = m.epoch, row["step"] = m.step, row["seconds"] = m.seconds;
      for (const MetricColumn& c : metric_columns) row[c.name] = m.*c.value;
      stopped_ = is_bool(computing_.let_in([&] { return callback_(row); }), true);
    });
  }
  void note(const std::string& text) override {
    const py::gil_scoped_acquire lock;
    guarded([&] {
      if (PyErr_WarnEx(PyExc_RuntimeWarning, text.c_str(), 1) != 0) throw py::error_already_set();
    });
  }
  // With Python's lock, once all is saved.
  void rethrow(const std::filesystem::path& folder) {
    if (!raised_) return;
    if (raised_->matches(PyExc_KeyboardInterrupt)) {
      const std::string text = concat("interrupted and saved; vaegrad.train(", given_ ? "x, " : "",
                                      "resume=\"", folder.string(), "\") goes on");
      PyErr_SetString(PyExc_KeyboardInterrupt, text.c_str());
      throw py::error_already_set();
    }
    throw *raised_;
  }

 private:
  template <class F>
  void guarded(F f) {
    try {
      f();
    } catch (const py::error_already_set& e) {
      const py::gil_scoped_acquire lock;
      if (!raised_) raised_.emplace(e);
      stopped_ = true;
    }
  }

  Computing& computing_;
  const py::object& callback_;  // counted by who holds Python's lock
  bool given_;                  // an array, which no folder says
  std::optional<py::error_already_set> raised_;
  bool stopped_ = false;
};

std::string text_of(const py::handle& value) {
  const auto is_list = py::isinstance<py::list>(value) || py::isinstance<py::tuple>(value);
  if (!is_list) return py::str(value);
  std::string to;
  for (const py::handle one : value) to += concat(to.empty() ? "" : ",", text_of(one));
  return to;
}

// learning_rate=1e-4, hidden=[400, 200], standardise=True as the command line has them
std::vector<std::string> arguments_of(const py::dict& settings) {
  std::vector<std::string> to;
  for (const auto& [key, value] : settings) {
    std::string name = py::str(key);
    std::replace(name.begin(), name.end(), '_', '-');
    if (value.is_none() || is_bool(value, false)) continue;
    const bool known = std::ranges::any_of(
        all_settings(), [&](const Setting& s) { return s.name == name && !*s.value; });
    const bool on = is_bool(value, true);
    check<UsageError>(!on || known, std::string(py::str(key)), ": True, but it is no switch", hint,
                      "vaegrad.settings() says what it takes");
    to.push_back(concat("--", name));
    if (!on) to.back() += concat('=', text_of(value));
  }
  return to;
}

std::unique_ptr<PythonRun> train_with(const py::object& x, const py::object& labels,
                                      const py::object& test, const py::object& test_labels,
                                      const py::object& callback, const py::kwargs& keywords) {
  std::vector<std::string> arguments = arguments_of(keywords);
  const bool given = !x.is_none();
  check<UsageError>(!given || !keywords.contains("data"),
                    "data: the examples are given as an array already", hint, "leave data out");
  for (const auto& [value, option] :
       {std::pair(&labels, "--labels"), std::pair(&test, "--test-data"),
        std::pair(&test_labels, "--test-labels")}) {
    if (given || value->is_none()) continue;
    check<UsageError>(py::isinstance<py::str>(*value) || py::hasattr(*value, "__fspath__"),
                      "labels, test and test_labels are arrays, but no array x is given", hint,
                      "train(x, labels, ..), or data=FILE and labels=FILE");
    const auto path = py::reinterpret_steal<py::object>(PyOS_FSPath(value->ptr()));
    if (!path) throw py::error_already_set();
    arguments.push_back(concat(option, '=', std::string(py::str(path))));
  }
  check<UsageError>(!given || !test.is_none() || test_labels.is_none(), "test_labels without test",
                    hint, "without test a part of x is for testing, with its labels");
  if (given) arguments.push_back(concat("--data=", in_memory));
  Settings settings = read_settings(arguments);
  check_consistent(settings);
  if (given) settings.names_data = false;  // of a run that goes on they must be the same
  if (settings.threads) set_threads(settings.threads);
  const NumbersAs as = numbers_as(settings);
  std::optional<Shown> train_images, test_images;
  if (given) train_images = images_of(x, labels, as, "x");
  if (given && !test.is_none()) test_images = images_of(test, test_labels, as, "test");
  std::filesystem::path folder;
  {
    Computing computing;
    PythonObserver observer(computing, callback, given);
    const DataSet data =
        given ? take_training_data(
                    settings, std::move(train_images->images),
                    test_images ? std::optional(std::move(test_images->images)) : std::nullopt)
              : load_training_data(settings);
    folder = train_whole(settings, data, observer).folder;
    const py::gil_scoped_acquire lock;
    observer.rethrow(folder);
  }
  return std::make_unique<PythonRun>(folder, "last", std::nullopt);
}

py::dict settings() {
  py::dict to;
  for (const Setting& s : all_settings()) {
    if (std::string_view(s.name) == "config" || std::string_view(s.name) == "data") continue;
    std::string name = s.name;
    std::replace(name.begin(), name.end(), '-', '_');
    to[py::str(name)] = concat(s.value, *s.value ? ": " : "", s.help);
  }
  return to;
}

py::tuple data(const std::string& name, const std::string& split,
               const std::filesystem::path& data_dir) {
  const DataSet set = [&] {
    const Computing computing;
    DataOptions options;
    options.data_dir = data_dir;
    return load_data_set(name, options);
  }();
  return examples_of(set, split);
}

}  // namespace

void define_train(py::module_& m) {
  using namespace py::literals;
  const auto none = py::none();
  m.def("train", &train_with, "x"_a = none, "labels"_a = none, py::kw_only(), "test"_a = none,
        "test_labels"_a = none, "callback"_a = none, R"(Train a model and return its Run.

x: (n, height, width[, channels]) or (n, columns): bytes 0..255 or numbers, as the program reads them
from a file; or None, and data="mnist" names a data set or a path as on the command line (without
either: Fashion-MNIST by the default configuration).
labels: (n,), for a conditional model. test, test_labels: test examples; without them a tenth of x.
Beside data=FILE they are files too.
callback: called after each epoch with a dict, a row of metrics.csv; returning True stops the training.
settings: those of `vaegrad train`, with _ for -: latent=2, hidden=[400, 200], learning_rate=1e-4,
objective="iwae", particles=5, epochs=20, out="runs/a", overwrite=True, resume="runs/a", ..
vaegrad.settings() lists them.

The run's folder is the one that `vaegrad train` leaves. Ctrl-C saves it and raises KeyboardInterrupt;
train(x, resume=folder) goes on exactly. The GIL is released meanwhile.)");
  m.def("settings", &settings, "The keywords of train(), and what each takes.");
  m.def(
      "data", &data, "name"_a = "fashion-mnist", "split"_a = "test", "data_dir"_a = "",
      R"(Examples of a data set by name, or of a file: (x, labels), labels None where there are none.

split: "train", "validation" or "test"; x is uint8 for images, float32 for real numbers.)");
  m.def("set_threads", &set_threads, "n"_a, "Compute on n threads.");
  m.def("threads", &threads, "How many threads compute.");
}

}  // namespace vaegrad
