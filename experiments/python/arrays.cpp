#include "arrays.hpp"

#include <cmath>
#include <vaegrad/lab/data/images.hpp>

namespace vaegrad {
namespace {

// Any sequence of numbers as an array. Error: it is none.
py::array any_array(const py::object& x, const char* name) {
  const py::array a = py::array::ensure(x);
  if (!a) PyErr_Clear();
  check<UsageError>(bool(a) && std::string_view("buif").find(a.dtype().kind()) != std::string::npos,
                    name, ": not an array of numbers: ", std::string(py::str(py::type::of(x))),
                    hint, "numpy.asarray of bytes 0..255 or of float32");
  return a;
}
template <class T>
py::array_t<T, py::array::c_style> row_by_row(const py::array& a) {
  return py::array_t<T, py::array::c_style | py::array::forcecast>::ensure(a);
}
bool is_bytes(const py::array& a) {
  return py::isinstance<py::array_t<std::uint8_t>>(a) || py::isinstance<py::array_t<bool>>(a);
}
std::vector<std::size_t> dims_of(const py::array& a) { return {a.shape(), a.shape() + a.ndim()}; }
void check_finite(std::span<const float> x, const char* name) {
  int wrong = 0;  // no early exit: this loop is vectorised
  for (const float v : x) wrong |= !(v - v == 0);
  if (!wrong) return;
  std::size_t i = 0;
  while (std::isfinite(x[i])) ++i;
  fail(name, ": number ", i, " is NaN, infinite, or too large for a float", hint,
       "remove or replace such rows: x[numpy.isfinite(x).all(axis=1)]");
}

}  // namespace

std::vector<Label> labels_of(const py::object& labels, const char* name) {
  if (labels.is_none()) return {};
  py::array a = any_array(labels, name);
  if (a.ndim() == 0) a = a.reshape({1});  // one for all
  const auto values = row_by_row<float>(a);
  Array array{dims_of(a)};
  array.values.assign(values.data(), values.data() + values.size());
  return make_labels(std::move(array), name);
}

py::array_t<float, py::array::c_style> floats_of(const py::object& x, const char* name) {
  auto a = row_by_row<float>(any_array(x, name));
  check<UsageError>(a.ndim() == 2, name, ": ", a.ndim(), " dimensions ", sizes(dims_of(a)),
                    ", but a row for each example is needed", hint, name, "[None] is one of a row");
  check_finite({a.data(), std::size_t(a.size())}, name);
  return a;
}

Shown images_of(const py::object& x, const py::object& labels, NumbersAs as, const char* name,
                const ImageShape* image) {
  const py::array a = any_array(x, name);
  Array array{dims_of(a)};
  auto& dims = array.dims;
  const bool flat = image && image->height > 1 && dims.size() == 2;
  if (flat && dims[1] == std::size_t(image->size())) {
    dims = {dims[0], std::size_t(image->height), std::size_t(image->width)};
    if (image->channels > 1) dims.push_back(std::size_t(image->channels));
  }
  check<UsageError>(a.size() > 0 && dims.size() > 1, name, ": no examples: its shape is ",
                    sizes(dims), hint, name, "[None] is one example");
  Shown to;
  Lent lent;
  if (is_bytes(a)) {
    const auto bytes = row_by_row<std::uint8_t>(a);
    lent.bytes = {bytes.data(), std::size_t(bytes.size())};
    to.held = bytes;
  } else {
    const auto values = row_by_row<float>(a);
    lent.values = {values.data(), std::size_t(values.size())};
    check_finite(lent.values, name);
    to.held = values;
  }
  to.images = make_images(std::move(array), name, as, lent);
  to.images.labels = labels_of(labels, "labels");
  check<UsageError>(labels.is_none() || to.images.labels.size() == to.images.count,
                    "labels: ", to.images.labels.size(), " for ", to.images.count, " examples of ",
                    name, hint, "one for each");
  return to;
}

py::array_t<float> array_of(OwnedMatrix&& x, std::vector<std::size_t> dims) {
  auto* numbers = new std::vector<Real>(std::move(x.numbers));
  const py::capsule owner(numbers, [](void* p) { delete static_cast<std::vector<Real>*>(p); });
  return py::array_t<float>(std::move(dims), numbers->data(), owner);
}
py::array_t<double> array_of(std::vector<double>&& x) {
  auto* numbers = new std::vector<double>(std::move(x));
  const py::capsule owner(numbers, [](void* p) { delete static_cast<std::vector<double>*>(p); });
  return py::array_t<double>(std::vector<std::size_t>{numbers->size()}, numbers->data(), owner);
}

}  // namespace vaegrad
