// The Python module: names, their words, and errors as exceptions.
#include <dlfcn.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <vaegrad/lab/run/run.hpp>

#include "run.hpp"

namespace vaegrad {
namespace {

PyObject *error = nullptr, *usage_error = nullptr;

PyObject* exception(py::module_& m, const char* name, PyObject* bases, const char* words) {
  const std::string full = concat("vaegrad.", name);
  PyObject* type = PyErr_NewExceptionWithDoc(full.c_str(), words, bases, nullptr);
  if (!type) throw py::error_already_set();
  m.add_object(name, type);
  return type;
}
// With the hint as an attribute too.
void raise(PyObject* type, const std::string& text) {
  const auto at = text.find(hint);
  const py::object e = py::reinterpret_borrow<py::object>(type)(text);
  e.attr("hint") =
      at == text.npos ? py::object(py::none()) : py::object(py::str(text.substr(at + hint.size())));
  PyErr_SetObject(type, e.ptr());
}
void define_errors(py::module_& m) {
  error = exception(m, "Error", PyExc_RuntimeError,
                    "What is wrong, with its numbers; .hint says what to do about it.");
  const py::tuple bases =
      py::make_tuple(py::handle(error), py::reinterpret_borrow<py::object>(PyExc_ValueError));
  usage_error = exception(m, "UsageError", bases.ptr(), "An argument or a setting is wrong.");
  py::register_exception_translator([](std::exception_ptr p) {
    try {
      std::rethrow_exception(p);
    } catch (const UsageError& e) {
      raise(usage_error, e.what());
    } catch (const Error& e) {
      raise(error, e.what());
    }
  });
}

// The folder of the file that this code is in.
std::filesystem::path own_folder() {
  Dl_info info;
  if (!dladdr(reinterpret_cast<const void*>(&own_folder), &info)) return {};
  return std::filesystem::path(info.dli_fname).parent_path();
}

}  // namespace

void define_run(py::module_& m) {
  using namespace py::literals;
  const auto none = py::none();
  const char* of_x = R"(
x: (n, height, width[, channels]) or (n, numbers); uint8 or float32, row by row, is not copied.
labels: (n,), of a model that is conditioned.)";
  const auto words = [&](const char* text) { return std::string(text) + of_x; };
  py::class_<PythonRun>(m, "Run", R"(A trained run.

Its methods release the GIL and may be called by several threads at once. x are examples as the program
reads them from a file: bytes 0..255, or numbers; where the run binarizes, it does so here.)")
      .def("encode", &PythonRun::encode, "x"_a, "labels"_a = none, py::kw_only(),
           "sample"_a = false,
           words("The codes of x, (n, latent) float32: the mean of q(z|x), or a sample of it, the "
                 "same at each call.\n")
               .c_str())
      .def("decode", &PythonRun::decode, "z"_a, "labels"_a = none,
           "E[x|z] of codes (n, latent), in the units of the data (pixels 0..1): (n, *shape) "
           "float32.\n\nlabels: (n,) or one for all, of a conditional model.")
      .def("reconstruct", &PythonRun::reconstruct, "x"_a, "labels"_a = none,
           words("E[x|z] with z ~ q(z|x), the same at each call: (n, *shape) float32.\n").c_str())
      .def(
          "sample", &PythonRun::sample, "n"_a = 100, py::kw_only(), "label"_a = none,
          "temperature"_a = 1.0, "seed"_a = none,
          "n draws: E[x|z] of images, x ~ p(x|z) of tables, z from the prior: (n, *shape) "
          "float32.\n\nlabel: what a conditional model is asked for (without: each class in turn). "
          "temperature: a factor on z.\nseed: the run's own where it is not given.")
      .def("elbo", &PythonRun::elbo, "x"_a, "labels"_a = none,
           words("log p(x|z) - KL of each example with one drawn z, in nats: (n,) float64.\n")
               .c_str())
      .def("log_prob", &PythonRun::log_prob, "x"_a, "labels"_a = none, py::kw_only(),
           "particles"_a = 5000, "seed"_a = none,
           words("log p(x) of each example by importance sampling, in nats: (n,) float64.\n")
               .c_str())
      .def("impute", &PythonRun::impute, "x"_a, "missing"_a = none, "labels"_a = none,
           py::kw_only(), "particles"_a = 100, "sweeps"_a = 10, "seed"_a = 1,
           words("x with what the model expects of its missing numbers given the others, in the "
                 "units of the data: (n, *shape) float32.\n\nmissing: true where a number is "
                 "missing, of x's "
                 "shape; without it, where x is NaN.\n")
               .c_str())
      .def("data", &PythonRun::data, "split"_a = "test",
           "The run's own examples: (x, labels), labels None where there are none.")
      .def_property_readonly(
          "folder", [](const PythonRun& r) { return r.run.folder; }, "Where the run lies.")
      .def_property_readonly(
          "latent", [](const PythonRun& r) { return r.run.model->latent; },
          "How many numbers a code has.")
      .def_property_readonly(
          "classes", [](const PythonRun& r) { return r.run.model->classes(); },
          "How many classes a conditional model knows; 0 of any other.")
      .def_property_readonly("shape", &PythonRun::shape, "Of one example.")
      .def_property_readonly("settings", &PythonRun::settings, "What it was trained with.")
      .def_property_readonly("metrics", &PythonRun::metrics,
                             "The columns of metrics.csv, a number for each epoch.")
      .def_property_readonly("parameters", &PythonRun::parameters,
                             "Its weights by name: views that cannot be written to.")
      .def("__repr__", &PythonRun::text);
  m.def(
      "load",
      [](const std::filesystem::path& folder, const std::string& weights,
         const std::optional<std::string>& prior) {
        return std::make_unique<PythonRun>(folder, weights, prior);
      },
      "folder"_a = "runs/latest", py::kw_only(), "weights"_a = "last", "prior"_a = none,
      "A trained run from its folder.\n\nweights: \"last\" or \"best\" on validation. prior: "
      "\"mixture\", \"two-stage\" or \"flow\", where\n`vaegrad fit-prior` fitted one, instead of "
      "its own.");
}

PYBIND11_MODULE(vaegrad, m) {
  m.doc() = "Variational autoencoders, trained and used by a C++ engine.";
  m.attr("__version__") = version;
  find_configs_in(own_folder() / "configs");
  define_errors(m);
  define_run(m);
  define_train(m);
}

}  // namespace vaegrad
