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

// In [low, high], clear of kinks. For elementwise ops: of 0 and of where two inputs are equal,
// since input k keeps to 0.2 n + 0.03 + 0.07 k, give or take 0.02. For others: no two entries are
// equal.
void draw(Matrix x, const Input& from, std::size_t k, bool elementwise, Stream& stream) {
  if (!elementwise) {
    const auto order = permutation(std::uint32_t(x.size()), stream.bits(), Purpose::test);
    for (Index i = 0; i < x.size(); ++i)
      x.data[i] = Real(from.low +
                       (from.high - from.low) * (order[std::size_t(i)] + 0.5) / double(x.size()));
    return;
  }
  stream.uniform(x);
  for (Real& u : x) {
    const double offset = 0.03 + 0.07 * double(k);
    const double at = from.low + u * (from.high - from.low);
    u = Real(0.2 * std::round((at - offset) / 0.2) + offset + 0.04 * (u - 0.5));
    if (u < from.low || u > from.high) u = Real((from.low + from.high) / 2 + 0.013 * double(k + 1));
  }
}

enum class Wrong { nothing, scaled, leaked };

// The loss Σ w ⊙ op(inputs) with random w, as a function of the inputs.
GradientCheck check_entry(const Catalogued& entry, const std::vector<Input>& inputs,
                          std::uint64_t seed, Wrong wrong = Wrong::nothing,
                          std::size_t wrong_input = 0) {
  Parameters p;
  std::vector<Param> params;
  for (std::size_t k = 0; k < inputs.size(); ++k)
    params.push_back(p.add(concat("input.", k), inputs[k].shape, [&](Matrix x) {
      Stream stream(seed, Purpose::test, std::uint32_t(k));
      draw(x, inputs[k], k, entry.elementwise, stream);
    }));
  return check_gradient(
      p,
      [&](Tape& tape) {
        std::vector<Var> in;
        for (const Param& param : params) in.push_back(tape(param));
        if (wrong == Wrong::scaled)
          in[wrong_input] = record(Tampered{Real(1.001)}, in[wrong_input]);
        Var y = entry.apply(in.data());
        if (wrong == Wrong::leaked) y = record(Leaking{}, y, in[wrong_input]);
        Var w = tape.constant(y.shape());
        Stream(seed, Purpose::test, 100).normal(w.val());
        return sum(w * y);
      },
      seed + 1000);
}

std::vector<std::vector<Input>> cases(const Catalogued& entry) {
  if (!entry.elementwise) return {entry.inputs};
  const auto shaped = [&](std::initializer_list<Shape> shapes) {
    std::vector<Input> in = entry.inputs;
    std::size_t k = 0;
    for (Shape s : shapes) in[k++].shape = s;
    return in;
  };
  if (entry.inputs.size() == 1)
    return {shaped({{3, 5}}), shaped({{1, 1}}), shaped({{1, 17}}), shaped({{4, 1}})};
  return {shaped({{3, 5}, {3, 5}}),  shaped({{3, 5}, {1, 5}}), shaped({{1, 5}, {3, 5}}),
          shaped({{3, 5}, {3, 1}}),  shaped({{3, 1}, {3, 5}}), shaped({{3, 19}, {1, 1}}),
          shaped({{1, 1}, {3, 19}}), shaped({{3, 1}, {1, 5}}), shaped({{1, 1}, {1, 1}})};
}

bool is_surrogate(const Catalogued& entry, std::size_t input) {
  return entry.op == "StopGradient" || (entry.op == "StraightThrough" && input == 0);
}

}  // namespace

template <>
inline constexpr bool vaegrad::in_catalogue<Tampered> = true;
template <>
inline constexpr bool vaegrad::in_catalogue<Leaking> = true;

TEST_CASE("every op agrees with central differences") {
  double worst = 0;
  int checks = 0;
  for (const Catalogued& entry : catalogue()) {
    if (is_surrogate(entry, 0)) continue;  // below, against what they state
    double scale = 0;
    for (const auto& inputs : cases(entry))
      for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        const GradientCheck c = check_entry(entry, inputs, seed);
        INFO(std::string(entry.name), ", first input ", concat(inputs[0].shape), ", seed ", seed,
             ": numeric ", c.numeric, ", tape ", c.tape, ", scale ", c.scale);
        CHECK(c.agrees(1e-7));
        worst = std::max(worst, c.relative_error());
        scale += c.scale;
        ++checks;
      }
    CHECK_MESSAGE(scale > 0, std::string(entry.name));
  }
  MESSAGE(checks, " gradients, largest relative error ", worst);
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
      const bool zero = is_surrogate(entry, k);
      const auto inputs = cases(entry)[0];
      const GradientCheck c =
          check_entry(entry, inputs, 7, zero ? Wrong::leaked : Wrong::scaled, k);
      INFO(std::string(entry.name), ", input ", k, ": numeric ", c.numeric, ", tape ", c.tape);
      CHECK_FALSE(c.agrees(1e-7));
      ++checks;
    }
  MESSAGE(checks, " wrong pullbacks noticed");
}

TEST_CASE("the catalogue holds every row of the sources") {
  std::size_t rows = 0;
  const std::regex line(R"(^(UNARY|INFIX|BINARY|REDUCTION|CHECKED|COMPOSED)\()");
  for (const auto& file :
       std::filesystem::directory_iterator(std::string(VAEGRAD_SOURCE_DIR) + "/autodiff")) {
    if (file.path().extension() != ".hpp") continue;
    std::ifstream in(file.path());
    REQUIRE(in);
    for (std::string text; std::getline(in, text);) rows += std::regex_search(text, line);
  }
  std::set<std::string_view> ops;
  for (const Catalogued& entry : catalogue()) ops.insert(entry.op);
  MESSAGE(ops.size(), " ops in the catalogue, ", rows, " rows in the sources");
  CHECK(ops.size() == rows);
}
