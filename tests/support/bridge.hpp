// One entry of the catalogue, evaluated: value, and adjoints of its inputs. The same sources are
// compiled against the float library (in the test) and against the double one (bridge_f64.cpp);
// what crosses between the two is plain doubles.
#pragma once
#include <cstddef>
#include <string_view>
#include <vector>

namespace bridge {

struct Numbers {
  std::ptrdiff_t rows, cols;
  std::vector<double> values = std::vector<double>(std::size_t(rows * cols));
};
struct Evaluated {
  Numbers y;
  std::vector<Numbers> adj;  // of Σ w y, w = 1, 1.25, 1.5, 1.75, 1, ..
};
Evaluated in_double(std::string_view op, std::string_view name, const std::vector<Numbers>& in);

}  // namespace bridge
