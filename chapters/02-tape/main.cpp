// Chapter 2: The tape
//
// Question   How does reverse mode compute a gradient in one sweep?
// Answer     It writes down every elementary step with its slopes, then walks that list backwards
//            once. This costs a small multiple of the value, however many inputs there are.
//
// Symbols    μ, a, ε, x  numbers     v_i entry i     v̄_i = ∂J/∂v_i its adjoint     n inputs
// Equations  are those of README.md in this folder.
// Numbers    double
#include <fmt/format.h>

#include <chrono>

#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/autodiff/graph.hpp>
#include <vaegrad/lab/chapter.hpp>
#include <vaegrad/lab/pictures/plot.hpp>

using namespace vaegrad;

namespace {

struct Read {
  std::size_t a;  // an earlier entry
  double slope;   // ∂(this) / ∂v_b, known as soon as the value is
};
struct Step {
  std::string op;
  double val, adj = 0;
  std::vector<Read> reads = {};
};
using List = std::vector<Step>;

struct Num {  // one entry, as it is passed around
  List* list;
  std::size_t i;
  double val;
};
// (2.2)  v_i = f(v_b, v_c) is written down with ∂f/∂v_b and ∂f/∂v_c
Num record(List* list, std::string op, double val, std::vector<Read> reads = {}) {
  list->push_back({op, val, 0, reads});
  return {list, list->size() - 1, val};
}
// clang-format off
Num operator+(Num a, Num b)    { return record(a.list, "+", a.val + b.val, {{a.i, 1}, {b.i, 1}}); }
Num operator-(Num a, Num b)    { return record(a.list, "−", a.val - b.val, {{a.i, 1}, {b.i, -1}}); }
Num operator*(Num a, Num b)    { return record(a.list, "×", a.val * b.val, {{a.i, b.val}, {b.i, a.val}}); }
Num operator-(Num a, int c)    { return record(a.list, "− 1", a.val - c, {{a.i, 1}}); }
Num operator*(double c, Num a) { return record(a.list, "½ ×", c * a.val, {{a.i, c}}); }
Num square(Num a)              { return record(a.list, "square", a.val * a.val, {{a.i, 2 * a.val}}); }
Num exp(Num a)                 { return record(a.list, "exp", std::exp(a.val), {{a.i, std::exp(a.val)}}); }
// clang-format on

// (2.3)  all v̄ = 0, then J̄ = 1;  from J down to the first entry:  v̄_b += v̄_i ∂v_i/∂v_b
void backward(Num y) {
  for (Step& v : *y.list) v.adj = 0;
  (*y.list)[y.i].adj = 1;
  for (std::size_t i = y.i + 1; i-- > 0;)
    for (auto [b, slope] : (*y.list)[i].reads) (*y.list)[b].adj += (*y.list)[i].adj * slope;
}

// (2.1)  J = ½ (x − z)² + ½ (μ² + exp a − 1 − a),  z = μ + exp(a/2) ε
template <class T>
T loss(T mean, T a, T noise, T x) {
  const T z = mean + exp(0.5 * a) * noise;
  const T kl = 0.5 * (square(mean) + exp(a) - 1 - a);
  return 0.5 * square(x - z) + kl;
}

double seconds(auto run) {  // the fastest of the runs of a tenth of a second
  double best = 1, total = 0;
  for (double t = 0; total < 0.1; best = std::min(best, t), total += t) {
    const auto start = std::chrono::steady_clock::now();
    run();
    t = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  return best;
}
int chapter_2(Chapter& chapter) {
  Real in[4];  // μ, a, ε, x
  Stream(chapter.seed, Purpose::data).normal({in, 1, 4});
  List list;
  for (unsigned k = 0; k < 4; ++k) record(&list, std::array{"μ", "a", "ε", "x"}[k], in[k]);
  backward(loss<Num>({&list, 0, in[0]}, {&list, 1, in[1]}, {&list, 2, in[2]}, {&list, 3, in[3]}));
  Tape tape;
  const Var mean = tape.variable(in[0]), a = tape.variable(in[1]);
  const Var e = tape.constant(in[2]), x = tape.constant(in[3]), J = loss(mean, a, e, x);
  tape.backward(J);
  // (2.4)  ∂J/∂μ = (z − x) + μ,  ∂J/∂a = ½ (z − x) exp(a/2) ε + ½ (exp a − 1):  by hand
  const Real noise = std::exp(in[1] / 2) * in[2], z = in[0] + noise;
  const Real by_mean = z - in[3] + in[0], by_a = ((z - in[3]) * noise + std::exp(in[1]) - 1) / 2;
  chapter.claim("(2.1)", "J: our tape = the engine", list.back().val, J.item(), 1e-13);
  chapter.claim("(2.4)", "dJ/dμ: our tape = by hand", list[0].adj, by_mean, 1e-13);
  chapter.claim("(2.4)", "dJ/dμ: the engine = by hand", mean.adj()(0, 0), by_mean, 1e-13);
  chapter.claim("(2.4)", "dJ/da: our tape = by hand", list[1].adj, by_a, 1e-13);
  chapter.claim("(2.4)", "dJ/da: the engine = by hand", a.adj()(0, 0), by_a, 1e-13);
  std::string dot = "digraph { node [shape=box fontname=Sans] edge [fontname=Sans fontcolor=blue]";
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto& [op, val, adj, reads] = list[i];
    fmt::print("v{:<3} {:<7} {:>9.5f}   adjoint {:>9.5f}\n", i, op, val, adj);
    dot += fmt::format("{0} [label=\"v{0}   {1}\\n{2:.3f}\\nadjoint {3:.3f}\"]\n", i, op, val, adj);
    for (auto [a, slope] : reads) dot += fmt::format("{} -> {} [label=\" {:.3g}\"]\n", a, i, slope);
  }
  fmt::print("{}", tape.describe());
  draw_graph(dot + "}\n", chapter.figure("tape.png"));
  draw_graph(graph(tape), chapter.figure("engine.png"));

  // (2.5)  v_(i+1) = v_i + v_i, sixty times: 2⁶⁰ paths from v_0 to v_60, taken by one sweep
  List doublings;
  Num v = record(&doublings, "v", 1);
  for (int i = 0; i < 60; ++i) v = v + v;
  backward(v);
  chapter.claim("(2.5)", "log2 of dv60/dv0", std::log2(doublings[0].adj), 60, 0);
  std::vector<double> n, differences, sweeps, errors;
  Real data[64 * 16];
  Stream(chapter.seed, Purpose::data, 1).normal({data, 64, 16});
  for (Index H = 8; H <= (chapter.quick ? 64 : 256); H *= 2) {
    Parameters p;
    const auto first = initial(Initialiser::glorot, chapter.seed, 0);
    const Param U = p.add("U", {16, H}, first), V = p.add("V", {H, H}, first);
    const Param W = p.add("W", {H, 1}, first);
    const auto value = [&](Tape& tape) {
      tape.reset();
      const Var x = tape.constant(ConstMatrix{data, 64, 16});
      const Var h = tanh(matmul(tanh(matmul(x, tape(U))), tape(V)));
      return average(square(matmul(h, tape(W))));
    };
    const double once = seconds([&] { value(tape); });
    sweeps.push_back(seconds([&] { p.zero_gradient(), tape.backward(value(tape)); }) / once);
    n.push_back(double(p.count())), differences.push_back(2 * n.back());
    // (2.6)  Σ_i u_i ∂J/∂w_i = dJ(w + h u)/dh at h = 0,  by differences along one random u
    errors.push_back(check_gradient(p, value, chapter.seed).relative_error());
  }
  const double worst = *std::max_element(errors.begin(), errors.end());
  chapter.claim("(2.6)", "networks: sweep against differences", worst, 0, 1e-8);
  // (2.7)  products of a value: 64 (16 H + H² + H), of the sweep: 64 (16 H + 2 H² + 2 H)
  chapter.claim_between("(2.7)", concat("cost at n = ", n.back()), sweeps.back(), 1, 6);
  Chart chart{"What a gradient costs", "n, inputs of the function", "in times of one value"};
  chart.series = {{"central differences: 2n", n, differences, Mark::dashes},
                  {"one value and one sweep, measured", n, sweeps}};
  chart.log_x = chart.log_y = true;
  draw(chart, chapter.figure("cost.png"));
  return chapter.exit_status();
}

}  // namespace

int main(int argc, char** argv) { return run_chapter(argc, argv, "02-tape", chapter_2); }
