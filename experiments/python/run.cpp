#include "run.hpp"

#include <algorithm>
#include <vaegrad/lab/data/images.hpp>
#include <vaegrad/lab/uses/decode.hpp>
#include <vaegrad/lab/uses/features.hpp>
#include <vaegrad/lab/uses/fits/fit.hpp>
#include <vaegrad/lab/uses/impute.hpp>

#include "computing.hpp"

namespace vaegrad {
namespace {

// As numbers of a file: bytes, or float32; channels only where there are three.
py::array numbers_of(const Examples& examples) {
  const Images& file = *examples.file;
  std::vector<std::size_t> dims{examples.count()};
  if (file.height > 1) dims.push_back(file.height);
  dims.push_back(file.width);
  if (file.channels > 1) dims.push_back(file.channels);
  const auto filled = [&](auto to, auto row) -> py::array {
    auto* at = to.mutable_data();
    for (const std::uint32_t i : examples.rows) {
      const auto from = row(i);
      at = std::copy(from.begin(), from.end(), at);
    }
    return to;
  };
  if (file.real()) return filled(py::array_t<float>(dims), [&](auto i) { return file.numbers(i); });
  return filled(py::array_t<std::uint8_t>(dims), [&](auto i) { return file.image(i); });
}

}  // namespace

py::tuple examples_of(const DataSet& data, const std::string& split) {
  const Examples examples = choose_split(data, split);
  const std::vector<Label> labels = vaegrad::labels_of(examples);
  py::object y = py::none();
  if (!labels.empty()) {
    py::array_t<std::int64_t> to(std::vector<std::size_t>{labels.size()});
    std::copy(labels.begin(), labels.end(), to.mutable_data());
    y = std::move(to);
  }
  return py::make_tuple(numbers_of(examples), y);
}

PythonRun::PythonRun(const std::filesystem::path& folder, const std::string& weights,
                     const std::optional<std::string>& prior) {
  check<UsageError>(weights == "last" || weights == "best", "weights: there is no '", weights, "'",
                    hint, "one of last, best");
  const Computing computing;
  run = load_run(std::filesystem::absolute(folder), weights);
  record = read_data_record(run.folder);
  std::error_code error;
  if (std::filesystem::exists(run.folder / "metrics.csv", error)) rows = read_metrics(run.folder);
  if (prior) use_fitted_prior(run, fit(*prior));
}

template <class F>
auto PythonRun::shown(const py::object& x, const py::object& labels, F f) const {
  Shown given = images_of(x, labels, numbers_as(run.settings, record), "x", &run.model->image);
  Computing computing;
  Settings settings = run.settings;
  const Examples examples = show_images(run, record, std::move(given.images), settings);
  return f(examples, settings, computing);
}

py::array PythonRun::encode(const py::object& x, const py::object& labels, bool sample) const {
  const Code code = sample ? Code::sample : Code::mean;
  OwnedMatrix z = shown(x, labels, [&](const Examples& e, const Settings& s, Computing&) {
    return vaegrad::encode(*run.model, e, s, code);
  });
  const std::vector<std::size_t> dims{std::size_t(z.rows), std::size_t(z.cols)};
  return array_of(std::move(z), dims);
}

py::array PythonRun::decode(const py::object& z, const py::object& labels) const {
  const auto codes = floats_of(z, "z");
  const std::vector<Label> of_codes = labels_of(labels, "labels");
  OwnedMatrix x = [&] {
    const Computing computing;
    return vaegrad::decode(*run.model, {codes.data(), codes.shape(0), codes.shape(1)}, of_codes);
  }();
  return array_of(std::move(x), shape_of_many(*run.model, std::size_t(codes.shape(0))));
}

py::array PythonRun::reconstruct(const py::object& x, const py::object& labels) const {
  OwnedMatrix y = shown(x, labels, [&](const Examples& e, const Settings& s, Computing&) {
    return vaegrad::reconstruct(*run.model, e, s);
  });
  return array_of(std::move(y), shape_of_many(*run.model, std::size_t(y.rows)));
}

py::array PythonRun::sample(std::int64_t count, std::optional<std::int64_t> label,
                            double temperature, std::optional<std::uint64_t> seed) const {
  const Model& model = *run.model;
  check<UsageError>(count >= 1, "sample: ", count, " samples", hint, "at least 1");
  check<UsageError>(!label || (model.classes() && *label >= 0 && *label < model.classes()),
                    "label ", label.value_or(0), ": the model knows ", model.classes(), " classes",
                    hint, model.classes() ? "they count from 0" : "train with model=\"cvae\"");
  if (label) model.check_class(Index(*label));
  check<UsageError>(temperature >= 0 && temperature <= 100, "temperature ", temperature,
                    ": not from 0 to 100", hint, "1 leaves the prior as it is");
  const std::size_t most =
      std::size_t(PTRDIFF_MAX) / sizeof(Real) / std::size_t(model.image.size());
  check<UsageError>(std::size_t(count) < most, "sample: ", count, " samples", hint, "fewer");
  Sampling how;
  how.count = std::size_t(count);
  if (label) how.of_class = Index(*label);
  how.temperature = temperature;
  how.seed = seed.value_or(run.settings.seed);
  OwnedMatrix x = [&] {
    const Computing computing;
    check_temperature(model, how);
    return vaegrad::sample(model, run.settings, how);
  }();
  return array_of(std::move(x), shape_of_many(model, how.count));
}

py::array PythonRun::elbo(const py::object& x, const py::object& labels) const {
  check<UsageError>(!run.model->deterministic, "elbo: an autoencoder has none", hint,
                    "train with model=\"vae\"");
  check_is_likelihood(*run.model->decoder.head.row, "elbo");
  return array_of(shown(x, labels, [&](const Examples& e, const Settings& s, Computing&) {
    return evaluate(*run.model, e, s).elbos;
  }));
}

py::array PythonRun::log_prob(const py::object& x, const py::object& labels, std::int64_t particles,
                              std::optional<std::uint64_t> seed) const {
  check<UsageError>(!run.model->deterministic, "log_prob: an autoencoder has no p(x)", hint,
                    "train with model=\"vae\"");
  check_is_likelihood(*run.model->decoder.head.row, "log_prob");
  check<UsageError>(particles >= 1, "log_prob: ", particles, " particles", hint, "at least 1");
  return array_of(shown(x, labels, [&](const Examples& e, Settings& s, Computing& computing) {
    s.seed = seed.value_or(s.seed);
    return evidence(*run.model, e, s, Index(particles),
                    [&](std::size_t) { computing.look_for_signals(); })
        .log_px;
  }));
}

py::array PythonRun::impute(const py::object& x, const py::object& missing,
                            const py::object& labels, std::int64_t particles, int sweeps,
                            std::uint64_t seed) const {
  const auto numpy = py::module_::import("numpy");
  const auto masked = numpy.attr("ma");
  const py::object given = numpy.attr("asarray")(x);
  const bool of_numbers =
      std::string_view("biuf").find(given.attr("dtype").attr("kind").cast<std::string>()) !=
      std::string_view::npos;
  check<UsageError>(of_numbers && given.attr("ndim").cast<int>() >= 2,
                    "x: no examples: its shape is ", std::string(py::str(given.attr("shape"))),
                    ", its type ", std::string(py::str(given.attr("dtype"))), hint,
                    "x[None] is one example");
  py::object mask = !missing.is_none()                              ? numpy.attr("asarray")(missing)
                    : py::isinstance(x, masked.attr("MaskedArray")) ? masked.attr("getmaskarray")(x)
                                                                    : numpy.attr("isnan")(given);
  check<UsageError>(mask.attr("shape").equal(given.attr("shape")), "missing: its shape is ",
                    std::string(py::str(mask.attr("shape"))), ", that of x ",
                    std::string(py::str(given.attr("shape"))), hint,
                    "true where a number of x is missing; without it, where x is NaN");
  const py::object known = numpy.attr("where")(mask, given.attr("dtype").attr("type")(0), given);
  // .. as x is taken: its channels last, without the columns that training left out
  const ImageShape image = run.model->image;
  const py::array numbers = given;
  if (channels_first({numbers.shape(), numbers.shape() + numbers.ndim()}))
    mask = numpy.attr("moveaxis")(mask, 1, -1);
  if (record && image.height == 1) {
    py::list out;
    for (const DroppedColumn& d : record->dropped) out.append(d.column);
    mask = numpy.attr("delete")(mask, out, 1);
  }
  const py::array_t<bool, py::array::c_style | py::array::forcecast> bits = mask;
  OwnedMatrix y =
      shown(known, labels, [&](const Examples& e, const Settings& s, Computing& computing) {
        return vaegrad::impute(
            *run.model, e, s,
            {reinterpret_cast<const std::uint8_t*>(bits.data()), std::size_t(bits.size())},
            {Index(particles), sweeps, seed}, [&](std::size_t) { computing.look_for_signals(); });
      });
  return array_of(std::move(y), shape_of_many(*run.model, std::size_t(y.rows)));
}

py::tuple PythonRun::data(const std::string& split) const {
  const DataSet set = [&] {
    const Computing computing;
    return load_own_data(run);
  }();
  return examples_of(set, split);
}

py::tuple PythonRun::shape() const {
  const std::vector<std::size_t> dims = shape_of_many(*run.model, 1);
  py::tuple to(dims.size() - 1);
  for (std::size_t i = 1; i < dims.size(); ++i) to[i - 1] = dims[i];
  return to;
}
py::dict PythonRun::settings() const {
  py::dict to;
  for (const Setting& s : all_settings())
    if (const std::string value = s.get(run.settings); !value.empty()) {
      std::string name = s.name;
      std::replace(name.begin(), name.end(), '-', '_');
      to[py::str(name)] = value;
    }
  return to;
}
py::dict PythonRun::metrics() const {
  py::dict to;
  const auto column = [&](const char* name, auto value) {
    std::vector<double> all;
    for (const Metrics& m : rows) all.push_back(value(m));
    to[name] = array_of(std::move(all));
  };
  column("epoch", [](const Metrics& m) { return double(m.epoch); });
  column("step", [](const Metrics& m) { return double(m.step); });
  column("seconds", [](const Metrics& m) { return m.seconds; });
  for (const MetricColumn& c : metric_columns)
    column(c.name, [&](const Metrics& m) { return m.*c.value; });
  return to;
}
py::dict PythonRun::parameters(const py::object& self) {
  const Model& model = *self.cast<const PythonRun&>().run.model;
  py::dict to;
  for (const Parameters* block : {&model.parameters, &model.buffers})
    for (const auto& [name, param] : block->list()) {
      const ConstMatrix at = block->value(param);
      py::array_t<float> view({at.rows, at.cols}, at.data, self);
      view.attr("setflags")(py::arg("write") = false);
      to[py::str(name)] = view;
    }
  return to;
}
std::string PythonRun::text() const {
  const Settings& s = run.settings;
  return concat("<vaegrad.Run ", run.folder.string(), ": ", s.model, " of ", run.model->image,
                ", latent ", setting("latent").get(s), ", ", s.likelihood, ", ", s.objective, '>');
}

}  // namespace vaegrad
