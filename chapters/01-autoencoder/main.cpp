// Chapter 1: The autoencoder
//
// Question   What does squeezing through a bottleneck learn, and why can it not generate?
// Answer     A surface close to the data. But nothing in the loss says where on it the codes lie.
// Symbols    x (B, D) pixels     z (B, K) code     y (B, D) output     C (D, D) covariance
#include <boost/math/distributions/normal.hpp>
#include <numeric>
#include <optional>
#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/lab/chapter.hpp>
#include <vaegrad/lab/data/batches.hpp>
#include <vaegrad/lab/pictures/plot.hpp>
#include <vaegrad/models/layers.hpp>

using namespace vaegrad;

namespace {
constexpr Index D = 784, H = 256, N = 16;  // N x N cells
const boost::math::normal standard;
using Numbers = std::vector<Real>;
// (1.1)  z = f(x),  y = g(z):  linear without a hidden layer, else curved
struct Autoencoder {
  Parameters p;
  Mlp hidden_f, hidden_g;
  Linear to_code, to_pixels;
  Autoencoder(std::vector<Index> hidden, Index K, std::uint64_t seed)
      : hidden_f(p, "f", D, hidden, activation("relu"), {seed}),
        hidden_g(p, "g", K, hidden, activation("relu"), {seed}),
        to_code(p, "code", hidden_f.outputs(D), K, {seed}),
        to_pixels(p, "pixels", hidden_g.outputs(K), D, {seed}) {}
  Var f(Var x) const { return to_code(hidden_f(x)); }
  Var g(Var z) const { return to_pixels(hidden_g(z)); }
};
void each_batch(const Examples& from, const Batches& batches, auto use) {
  Tape tape;
  for (std::size_t b = 0; b < batches.count(); ++b, tape.reset()) {
    const Var x = tape.constant(Shape{Index(batches[b].size()), D});
    fill(x.val(), *from.file, batches[b], Binarize::none, 0, 0), use(x);  // grey, 0 to 1
  }
}
double see(const Autoencoder& model, const Examples& data, Numbers& codes) {
  double E = (codes.clear(), 0);
  each_batch(data, Batches(data, 1000), [&](Var x) {
    const Var z = model.f(x);
    codes.insert(codes.end(), z.val().begin(), z.val().end());
    E += sum(square(x - model.g(z))).item() / double(data.count());
  });
  return E;
}
// E of the best plane of 0, 1, .. dimensions
std::vector<double> best_planes(const Examples& data, int most) {
  // (1.3)  C = average of x xᵀ − m mᵀ,  m = average of x
  Numbers c(D * D), m(D);
  each_batch(data, Batches(data, 1000), [&](Var x) {
    const Var share = x / double(data.count()), part = column_sums(share);
    multiply(transposed(x.val()), factor(share.val()), c.data(), true);
    std::transform(m.begin(), m.end(), part.val().begin(), m.begin(), std::plus<>());
  });
  for (std::size_t i = 0; i < D * D; ++i) c[i] -= m[i / D] * m[i % D];
  // (1.4)  E(K) = λ_(K+1) + .. + λ_D = tr C − λ_1 − .. − λ_K
  std::vector<double> E{0};
  for (std::size_t i = 0; i < D; ++i) E[0] += c[i * D + i];
  for (int k = 0; k < most; ++k) {
    // (1.5)  u ← C u / |C u| again and again: |C u| → λ_1;  then C ← C − λ_1 u uᵀ
    Numbers u(D, 1), v(D);
    Real length = 0;
    for (int sweep = 0; sweep < 200; ++sweep) {
      multiply({c.data(), D, D}, {u.data(), D, 1}, v.data(), false);
      length = std::sqrt(std::inner_product(v.begin(), v.end(), v.begin(), Real(0)));
      std::transform(v.begin(), v.end(), u.begin(), [&](Real x) { return x / length; });
    }
    for (std::size_t i = 0; i < D * D; ++i) c[i] -= length * u[i / D] * u[i % D];
    E.push_back(E.back() - length);
  }
  return E;
}

int chapter_1(Chapter& chapter) {
  DataSet data = load_data_set(chapter.data, {.data_dir = chapter.data_dir, .validation = 0});
  if (chapter.quick) data.train.rows.resize(6000), data.test.rows.resize(2000);
  const auto least = best_planes(data.train, chapter.quick ? 2 : 32);
  Batches batches(data.train, 128, chapter.seed);
  std::optional<Autoencoder> model;
  Numbers z, z_test;
  for (Index K : chapter.quick ? std::vector<Index>{2} : std::vector<Index>{32, 8, 2})
    for (bool curved : {false, true}) {
      model.emplace(curved ? std::vector<Index>{H} : std::vector<Index>{}, K, chapter.seed);
      Adam optimiser(model->p);
      for (unsigned epoch = 0, epochs = chapter.quick ? 15 : 20; epoch < epochs; ++epoch) {
        batches.shuffle(epoch), optimiser.rule.learning_rate = 5e-3 * (1 - double(epoch) / epochs);
        each_batch(data.train, batches, [&](Var x) {
          // (1.2)  E = average of ‖x − y‖² over images
          const Var y = model->g(model->f(x)), E = average(row_sums(square(x - y)));
          model->p.zero_gradient(), x.tape().backward(E), optimiser.step();
        });
      }
      // (1.6)  E < E(K)  if curved, else E = E(K) as far as training goes
      const double low = curved ? 0.4 : 0.9999, high = curved ? 0.9 : chapter.quick ? 1.02 : 1.005;
      chapter.claim_between(curved ? "(1.6)" : "(1.4)",
                            concat(curved ? "curved" : "linear", ": E / E(", K, ')'),
                            see(*model, data.train, z) / least[std::size_t(K)], low, high);
    }
  const double error = see(*model, data.test, z_test);
  Chart map{"Codes of test images, by class", "z_1", "z_2"};
  for (const auto& name : class_names(chapter.data))
    map.series.push_back({name, {}, {}, Mark::points, int(map.series.size())});
  for (std::size_t i = 0; i < 2000; ++i) {
    Series& its = map.series[data.test.file->labels[data.test.rows[i]]];
    its.x.push_back(z_test[2 * i]), its.y.push_back(z_test[2 * i + 1]);
  }
  // (1.7)  t = (z − m)/s;  t_1 and (t_2 − ρ t_1)/√(1 − ρ²):  uncorrelated, mean 0, variance 1
  Tape tape;
  const Var code = tape.constant(ConstMatrix{z.data(), Index(z.size() / 2), 2});
  const double n = double(code.shape().rows);
  const Var m = column_sums(code) / n, s = sqrt(column_sums(square(code - m)) / n);
  const Var t = (code - m) / s, t_1 = columns(t, 0, 1), t_2 = columns(t, 1, 1);
  const double rho = average(t_1 * t_2).item(), rest = std::sqrt(1 - rho * rho);
  const Var w_2 = (t_2 - rho * t_1) / rest, grid = tape.constant(Shape{N * N, 2});
  // (1.8)  cells of the same share 1/256 of N(0, I);  a hole has less than half of that
  std::vector<double> share(N * N);
  const auto of = [&](Real v) { return Index(N * std::min(0.9999, cdf(standard, double(v)))); };
  for (Index i = 0; i < code.shape().rows; ++i)
    share[std::size_t(N * (N - 1 - of(w_2.val().data[i])) + of(t_1.val().data[i]))] += 1 / n;
  std::vector<bool> hole;
  for (Index i = 0; i < N * N; ++i) {
    const auto middle = [&](Index k) { return quantile(standard, (double(k) + 0.5) / N); };
    const double a = middle(i % N), b = middle(N - 1 - i / N);
    grid.val()(i, 0) = Real(a), grid.val()(i, 1) = Real(rho * a + rest * b);
    hole.push_back(share[std::size_t(i)] < 0.5 / (N * N));
  }
  const double holes = double(std::count(hole.begin(), hole.end(), true)) / (N * N);
  chapter.claim_between("(1.8)", "share of cells that are holes", holes, 0.2, 0.8);
  ImageGrid net{"What codes mean: z_1 right, z_2 up; holes are framed", 28, 28, N};
  add_images(net, model->g(m + s * grid).val());
  frame(net, hole);
  draw(map, chapter.figure("codes.png")), draw(net, chapter.figure("net.png"));
  // (1.9)  f + 100 and g(z − 100) are as good as f and g
  const Linear& g_1 = model->hidden_g.layers[0];
  const Index W = g_1.weight.offset, b = g_1.bias.offset, c = model->to_code.bias.offset;
  const auto w = model->p.change_values().data();
  w[c] += 100, w[c + 1] += 100;
  for (Index j = 0; j < H; ++j) w[b + j] -= 100 * (w[W + j] + w[W + H + j]);
  chapter.claim("(1.9)", "moved codes: E less E", see(*model, data.test, z_test) - error, 0, 0.01);
  return chapter.exit_status();
}

}  // namespace

int main(int argc, char** argv) { return run_chapter(argc, argv, "01-autoencoder", chapter_1); }
