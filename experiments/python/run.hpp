// A trained run as Python sees it. Each call shows it data, or asks it for some.
#pragma once
#include <pybind11/pybind11.h>

#include <vaegrad/lab/run/run_data.hpp>

#include "arrays.hpp"

namespace vaegrad {

struct PythonRun {
  LoadedRun run;  // its folder as an absolute path
  // As they were when it was opened: another training may take the folder.
  std::optional<DataRecord> record;
  std::vector<Metrics> rows;

  // Of weights "last" or "best", under its own prior or one that was fitted to its codes.
  PythonRun(const std::filesystem::path& folder, const std::string& weights,
            const std::optional<std::string>& prior);

  py::array encode(const py::object& x, const py::object& labels, bool sample) const;
  py::array decode(const py::object& z, const py::object& labels) const;
  py::array reconstruct(const py::object& x, const py::object& labels) const;
  py::array sample(std::int64_t count, std::optional<std::int64_t> label, double temperature,
                   std::optional<std::uint64_t> seed) const;
  py::array elbo(const py::object& x, const py::object& labels) const;
  py::array log_prob(const py::object& x, const py::object& labels, std::int64_t particles,
                     std::optional<std::uint64_t> seed) const;
  py::array impute(const py::object& x, const py::object& missing, const py::object& labels,
                   std::int64_t particles, int sweeps, std::uint64_t seed) const;
  py::tuple data(const std::string& split) const;

  py::tuple shape() const;  // of one example
  py::dict settings() const;
  py::dict metrics() const;                            // the columns of metrics.csv
  static py::dict parameters(const py::object& self);  // views of the weights, by name
  std::string text() const;

 private:
  // What `f(examples, settings)` makes of x, computed without Python's lock.
  template <class F>
  auto shown(const py::object& x, const py::object& labels, F f) const;
};

// x and labels of a split, as the file has them.
py::tuple examples_of(const DataSet& data, const std::string& split);

void define_run(py::module_& m);
void define_train(py::module_& m);

}  // namespace vaegrad
