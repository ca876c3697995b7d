// Every op in the catalogue against central differences, and the checker against wrong rules.
#define VAEGRAD_CATALOGUE
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <vaegrad/autodiff/autodiff.hpp>

using namespace vaegrad;

namespace {

// y = x, with a pullback that is wrong by a factor. Putting it before an op scales that op's
// pullback to this input, and nothing else.
struct Tampered {
  static constexpr auto name = "tampered";
  Real factor;
  static Shape shape(Shape x) { return x; }
  static Real* alias(Node x) { return x.val.data; }
  void pull(Wrt<0>, Node y, Node x) const {
    for (Index i = 0; i < y.adj.size(); ++i) x.adj.data[i] += factor * y.adj.data[i];
  }
};
// y = a, with a pullback that leaks Σ ȳ / 1000 to each entry of b, which has none by definition.
struct Leaking {
  static constexpr auto name = "leaking";
  static Shape shape(Shape a, Shape) { return a; }
  static Real* alias(Node a, Node) { return a.val.data; }
  static void pull(Wrt<0>, Node y, Node a, Node) { add_to(a.adj, y.adj); }
  static void pull(Wrt<1>, Node y, Node, Node b) {
    Real sum = 0;
    for (Real r : y.adj) sum += r;
    for (Real& x : b.adj) x += Real(0.001) * sum;
  }
};

enum class Wrong { scaled, leaked };

GradientCheck check_wrong(const Catalogued& entry, std::size_t k, Wrong wrong) {
  return check_entry(entry, cases(entry)[0], 7, [&](std::vector<Var> in) {
    if (wrong == Wrong::scaled) in[k] = record(Tampered{Real(1.001)}, in[k]);
    const Var y = entry.apply(in.data());
    return wrong == Wrong::leaked ? record(Leaking{}, y, in[k]) : y;
  });
}

bool has_surrogate(const Catalogued& entry, std::size_t input) {
  return entry.op == "StopGradient" || (entry.op == "StraightThrough" && input == 0);
}

VAEGRAD_IN_CATALOGUE(Tampered)
VAEGRAD_IN_CATALOGUE(Leaking)

}  // namespace

TEST_CASE("every op agrees with central differences") {
  const CatalogueCheck all = check_catalogue();
  MESSAGE(all);
  CHECK(all);
  CHECK(all.entries + 2 == catalogue().size());  // but the two surrogates, below
}

TEST_CASE("check_catalogue names an op that is wrong") {
  auto& all = catalogue();
  all.push_back({"Wrong", "wrong", false, false, {{{3, 4}}}, [](const Var* in) -> Var {
                   return exp(record(Tampered{Real(1.001)}, in[0]));
                 }});
  const CatalogueCheck check = check_catalogue();
  all.pop_back();
  CHECK_FALSE(check);
  REQUIRE(check.wrong.size() == 5);
  CHECK(check.wrong[0].find("wrong: inputs (3, 4), draw 1: the slope is ") == 0);
}

TEST_CASE("stop_gradient and straight_through follow their surrogates") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    Tape tape;
    Var x = tape.variable(Shape{3, 4}), h = tape.variable(Shape{3, 4}),
        w = tape.constant(Shape{3, 4});
    Stream stream(seed, Purpose::test);
    for (Var v : {x, h, w}) stream.normal(v.val());

    tape.backward(sum(w * stop_gradient(x) * x));  // as if the first x were a constant
    for (Index i = 0; i < 12; ++i)
      CHECK(x.adj().data[i] == doctest::Approx(w.val().data[i] * x.val().data[i]).epsilon(1e-14));

    tape.backward(sum(w * square(straight_through(h, x))));  // value from h, slope as if h were x
    for (Index i = 0; i < 12; ++i) {
      CHECK(x.adj().data[i] ==
            doctest::Approx(2 * w.val().data[i] * h.val().data[i]).epsilon(1e-14));
      CHECK(h.adj().data[i] == 0);
    }
  }
}

TEST_CASE("the checker notices every pullback that is wrong by a thousandth") {
  int checks = 0;
  for (const Catalogued& entry : catalogue())
    for (std::size_t k = 0; k < entry.inputs.size(); ++k) {
      const bool zero = has_surrogate(entry, k);
      const GradientCheck c = check_wrong(entry, k, zero ? Wrong::leaked : Wrong::scaled);
      INFO(std::string(entry.name), ", input ", k, ": numeric ", c.numeric, ", tape ", c.tape);
      CHECK_FALSE(c.agrees(1e-7));
      ++checks;
    }
  MESSAGE(checks, " wrong pullbacks noticed");
}

TEST_CASE("the catalogue holds every row of the sources") {
  std::size_t rows = 0;
  const std::regex line(R"(^(VAEGRAD_)?(UNARY|INFIX|BINARY|REDUCTION|CHECKED|COMPOSED)\()");
  const std::filesystem::path tree = VAEGRAD_SOURCE_DIR;
  std::vector<std::filesystem::path> files{tree / "tests/autodiff/own_ops.cpp"};
  for (const auto& file : std::filesystem::recursive_directory_iterator(tree / "autodiff"))
    if (file.path().extension() == ".hpp") files.push_back(file.path());
  for (const auto& file : files) {
    std::ifstream in(file);
    REQUIRE(in);
    for (std::string text; std::getline(in, text);) rows += std::regex_search(text, line);
  }
  std::set<std::string_view> ops;
  for (const Catalogued& entry : catalogue()) ops.insert(entry.op);
  MESSAGE(ops.size(), " ops in the catalogue, ", rows, " rows in the sources");
  CHECK(ops.size() == rows);
}
