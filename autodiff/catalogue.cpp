#include <cmath>
#include <ostream>

#include <vaegrad/autodiff/elementwise.hpp>
#include <vaegrad/autodiff/fused.hpp>
#include <vaegrad/autodiff/gradient_check.hpp>
#include <vaegrad/autodiff/random.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

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
    const double at = from.low + double(u) * (from.high - from.low);
    u = Real(0.2 * std::round((at - offset) / 0.2) + offset + 0.04 * (double(u) - 0.5));
    if (double(u) < from.low || double(u) > from.high)
      u = Real((from.low + from.high) / 2 + 0.013 * double(k + 1));
  }
}

}  // namespace

std::vector<Catalogued>& catalogue() {
  static std::vector<Catalogued> all;
  return all;
}

GradientCheck check_entry(const Catalogued& entry, const std::vector<Input>& inputs,
                          std::uint64_t seed, const std::function<Var(std::vector<Var>)>& apply) {
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
        const Var y = apply ? apply(in) : entry.apply(in.data());
        const Var w = tape.constant(y.shape());
        Stream(seed, Purpose::test, 100).normal(w.val());
        return Var(sum(w * y));
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

CatalogueCheck check_catalogue(double tolerance) {
  check(sizeof(Real) == sizeof(double), "check_catalogue: numbers are float, differences of them ",
        "say little", hint, "link the gradient test with vaegrad::autodiff_f64");
  check(!catalogue().empty(), "check_catalogue: the catalogue is empty", hint,
        "define VAEGRAD_CATALOGUE before vaegrad is included, in every file with ops");
  CatalogueCheck result;
  for (const Catalogued& entry : catalogue()) {
    if (entry.surrogate) continue;
    ++result.entries;
    double scale = 0;
    const auto wrong = [&](auto... what) {
      result.wrong.push_back(concat(entry.name, ": ", what...));
    };
    for (const auto& inputs : cases(entry))
      for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        const GradientCheck c = check_entry(entry, inputs, seed);
        ++result.gradients;
        scale += c.scale;
        if (c.agrees(tolerance)) {
          result.worst = std::max(result.worst, c.relative_error());
          continue;
        }
        std::string shapes;
        for (const Input& in : inputs) shapes += concat(shapes.empty() ? "" : ", ", in.shape);
        wrong("inputs ", shapes, ", draw ", seed, ": the slope is ", c.numeric, ", the tape says ",
              c.tape, " (relative error ", c.relative_error(), ")");
      }
    if (!(scale > 0)) wrong("its gradient is 0 at every draw");
  }
  return result;
}

std::ostream& operator<<(std::ostream& to, const CatalogueCheck& check) {
  for (const std::string& line : check.wrong) to << line << '\n';
  return to << check.entries << " entries, " << check.gradients << " gradients, "
            << check.wrong.size() << " wrong, largest relative error of the others " << check.worst
            << '\n';
}

}  // namespace vaegrad::inline VAEGRAD_ABI
