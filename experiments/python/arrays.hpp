// From numpy's arrays to images, labels and codes, and back. Nothing is copied where numbers lie as
// they are needed: bytes or float32, row by row; results give their memory to numpy.
#pragma once
#include <pybind11/numpy.h>

#include <optional>
#include <vaegrad/lab/data/data_set.hpp>
#include <vaegrad/models/metrics/owned_matrix.hpp>

namespace vaegrad {

namespace py = pybind11;

// Images, and the array whose numbers they are while it lives.
struct Shown {
  py::array held;
  Images images;
};
// x (n, height, width[, channels]) or (n, columns), for a model also (n, all numbers of an image);
// labels as in make_labels, or None. `name` is what errors call it. Errors: no numbers, numbers that
// are not finite, labels of another count.
Shown images_of(const py::object& x, const py::object& labels, NumbersAs as, const char* name,
                const ImageShape* image = nullptr);
// None: none
std::vector<Label> labels_of(const py::object& labels, const char* name);
// (n, columns) float32, row by row
py::array_t<float, py::array::c_style> floats_of(const py::object& x, const char* name);

// To numpy, which frees it.
py::array_t<float> array_of(OwnedMatrix&& x, std::vector<std::size_t> dims);
py::array_t<double> array_of(std::vector<double>&& x);

}  // namespace vaegrad
