// The ops that stand in models/ are checked as the engine's are: by their lines in the catalogue.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vaegrad/autodiff/autodiff.hpp>

#define VAEGRAD_CATALOGUE  // the engine's own are in test_autodiff
#include <vaegrad/autodiff/entries.hpp>
#include <vaegrad/models/inference/posteriors/lower_product.hpp>
#include <vaegrad/models/inference/posteriors/masked.hpp>
#include <vaegrad/models/inference/posteriors/planar_step.hpp>
#include <vaegrad/models/inference/posteriors/radial_step.hpp>
#include <vaegrad/models/inference/posteriors/reflect.hpp>
#include <vaegrad/models/inference/posteriors/sphere_ops.hpp>
#include <vaegrad/models/inference/priors/weighted_squares.hpp>
#include <vaegrad/models/inference/scale_adjoint.hpp>
#include <vaegrad/models/networks/where_positive.hpp>
#include <vaegrad/models/numerics/window_means.hpp>
#include <vaegrad/models/objectives/stratified_tc.hpp>

using namespace vaegrad;

TEST_CASE("the gradients of the ops in models/") {
  const CatalogueCheck check = check_catalogue();
  std::ostringstream text;
  text << check;
  INFO(text.str());
  CHECK(check.wrong.empty());

  std::set<std::string_view> ops;
  for (const Catalogued& entry : catalogue()) ops.insert(entry.op);
  std::size_t lines = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(VAEGRAD_MODELS_DIR)) {
    if (!file.is_regular_file() || file.path().extension() == ".md") continue;
    std::ifstream in(file.path());
    for (std::string line; std::getline(in, line);)
      lines += line.rfind("VAEGRAD_CHECKED(", 0) == 0 || line.rfind("VAEGRAD_UNARY(", 0) == 0 ||
               line.rfind("VAEGRAD_BINARY(", 0) == 0;
  }
  CHECK(lines >= 2);
  CHECK(ops.size() == lines);  // this file includes all headers that have one
}

TEST_CASE("scale_adjoint multiplies each row by its factor, which may be filled in late") {
  Tape tape;
  const Var x = tape.variable({{1, 2}, {3, 4}}), w = tape.constant({{1}, {1}});
  const Var y = record(ScaleAdjoint{}, x, w), loss = sum(y * tape.constant({{1, 10}, {100, 1000}}));
  w.val()(0, 0) = 2, w.val()(1, 0) = -3;
  tape.backward(loss);
  CHECK(y.val()(1, 0) == 3);
  CHECK(x.adj()(0, 0) == 2);
  CHECK(x.adj()(0, 1) == 20);
  CHECK(x.adj()(1, 0) == -300);
  CHECK(x.adj()(1, 1) == -3000);
}
