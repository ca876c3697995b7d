// Several layers of latents: the evidence of a small model by quadrature over two of them, each
// layer's KL in closed form against its mean, the ladder's weighing by hand.
#include <doctest/doctest.h>

#include <cmath>
#include <vaegrad/models/distributions.hpp>
#include <vaegrad/models/model.hpp>

#include "../../support/mean.hpp"
#include "../../support/message.hpp"

using namespace vaegrad;

namespace {

Architecture architecture_of(const HierarchyRow& h, std::vector<Index> layers,
                             const char* prior_name = "standard-normal",
                             const char* posterior_name = "gaussian") {
  const Activation a = activation("tanh");
  Index all = 0;
  for (const Index n : layers) all += n;
  return {.image = {2, 2, 1},
          .network = with_widths(network("mlp"), {5}),
          .hidden = {5},
          .activation = a,
          .initial = {},
          .latent = all,
          .posterior = &posterior(posterior_name),
          .latents = {layers[0], &posterior_scale("log-variance"), 2, a, {}},
          .prior = &prior(prior_name),
          .components = 3,
          .likelihood = &likelihood("bernoulli"),
          .scale = {},
          .layers = std::move(layers),
          .between = {4},
          .hierarchy = &h};
}

// With weights and biases of either sign, of which `size` is the deviation.
std::unique_ptr<Model> model_of(const Architecture& a, double size = 0.6) {
  auto model = std::make_unique<Model>(a);
  std::uint32_t n = 0;
  for (const auto& [name, param] : model->parameters.list()) {
    const Matrix value = model->parameters.change_value(param);
    Stream(5, Purpose::test, n++).normal(value);
    for (Real& x : value) x *= Real(size);
  }
  return model;
}

Batch some_images(Tape& tape, Index count) {
  const Var x = tape.constant(Shape{count, 4});
  for (Index i = 0; i < count; ++i)
    for (Index j = 0; j < 4; ++j) x.val()(i, j) = Real((i * 5 + 3) >> j & 1);
  return {x, {}};
}

// log N(x; mean, exp(log_variance))
double log_normal(double x, double mean, double log_variance) {
  return -0.5 *
         (std::log(2 * M_PI) + log_variance + (x - mean) * (x - mean) / std::exp(log_variance));
}

// N(w z + b, ..) as the file of parameters has it:  z ↦ tanh layer of 4 ↦ mean and log σ²
struct GaussianByHand {
  const Model& model;
  std::string name;
  ConstMatrix value(const std::string& of) const {
    for (const auto& [other, param] : model.parameters.list())
      if (other == name + of) return model.parameters.value(param);
    FAIL("no parameter ", name + of);
    return {};
  }
  std::pair<double, double> operator()(double z) const {
    double mean = value(".mean.bias")(0, 0), log_variance = value(".scale.bias")(0, 0);
    for (Index j = 0; j < value(".0.weight").cols; ++j) {
      const double h = std::tanh(z * value(".0.weight")(0, j) + value(".0.bias")(0, j));
      mean += h * value(".mean.weight")(j, 0), log_variance += h * value(".scale.weight")(j, 0);
    }
    return {mean, log_variance};
  }
};

// log ∫∫ p(z₂) p(z₁|z₂) p(x|z) over a grid, of each example.
std::vector<double> evidence_by_quadrature(const Model& model, Index examples) {
  const GaussianByHand below{model, "prior.z1"};
  constexpr Index side = 400;
  constexpr double reach = 9;
  const auto at = [](Index i) { return reach * (double(2 * i + 1) / double(side) - 1); };
  std::vector<double> total(std::size_t(examples), 0.0);
  Tape tape;
  for (Index i = 0; i < side; ++i) {
    tape.reset();
    const Batch batch = some_images(tape, examples);
    const Var z = tape.constant(Shape{side, 2});
    const auto [mean, log_variance] = below(at(i));
    for (Index k = 0; k < side; ++k)  // z₁ around its mean, where it has its mass
      z.val()(k, 0) = Real(mean + std::exp(0.5 * log_variance) * at(k)),
                 z.val()(k, 1) = Real(at(i));
    for (Index n = 0; n < examples; ++n) {
      const Var x = tape.constant(ConstMatrix{batch.x.val().row(n), 1, 4});
      const Var log_px = model.decode(z, {}).log_prob(repeat_rows(x, side));
      for (Index k = 0; k < side; ++k)
        total[std::size_t(n)] +=
            std::exp(log_px.val()(k, 0) + log_normal(at(i), 0, 0) + log_normal(at(k), 0, 0));
    }
  }
  const double cell = 4 * reach * reach / double(side) / double(side);
  for (double& t : total) t = std::log(t * cell);
  return total;
}

}  // namespace

// What is above tells much of what is below it, or it would not show whether p(z₁|z₂) heeds z₂; and
// q is wide, so that no weight is a large one.
TEST_CASE("hierarchies: importance weights average to the evidence, by quadrature of two layers") {
  for (const HierarchyRow* h : hierarchies()) {
    const auto model = model_of(architecture_of(*h, {1, 1}), 0.25);
    for (const auto& [name, param] : model->parameters.list()) {
      const bool of_p = name.starts_with("prior") || name.starts_with("decoder");
      if (of_p || name.ends_with(".scale.bias"))
        for (Real& w : model->parameters.change_value(param)) w = of_p ? 3 * w : w + Real(1.5);
    }
    constexpr Index examples = 3, particles = 40000;
    const std::vector<double> known = evidence_by_quadrature(*model, examples);
    Tape tape;
    const Batch batch = some_images(tape, examples);
    Stream noise(3, Purpose::latent, 0, 0, std::uint32_t(particles));
    const Var log_w = model->log_weights(batch, noise, particles);
    for (Index n = 0; n < examples; ++n) {
      Mean ratio;  // of p̂(x) / p(x)
      for (Index k = 0; k < particles; ++k)
        ratio.add(std::exp(log_w.val()(n, k) - known[std::size_t(n)]));
      INFO(std::string(h->name), ": ", ratio.value(), " ± ", ratio.error());
      CHECK(std::abs(ratio.value() - 1) < 4 * ratio.error());
      CHECK(ratio.error() < 0.02);
    }
  }
}

TEST_CASE("hierarchies: the KL of each layer is the mean of what is drawn") {
  for (const HierarchyRow* h : hierarchies()) {
    const auto model = model_of(architecture_of(*h, {2, 3, 1}));
    constexpr Index examples = 2, particles = 20000;
    Tape tape;
    const Batch batch = some_images(tape, examples);
    Stream noise(3, Purpose::latent, 0, 0, std::uint32_t(particles));
    const Draw d = model->draw(batch, noise, particles, {.kl = true, .log_ratio = true});
    REQUIRE(d.kl.shape() == Shape{examples * particles, 6});
    REQUIRE(d.layer_ratios.shape() == Shape{examples * particles, 3});
    const Var layers = kl_per_layer(d);
    for (Index n = 0; n < examples; ++n)
      for (Index l = 0; l < 3; ++l) {
        Mean difference, closed;
        for (Index k = 0; k < particles; ++k) {
          const Index row = n * particles + k;
          difference.add(layers.val()(row, l) + d.layer_ratios.val()(row, l));
          closed.add(layers.val()(row, l));
        }
        INFO(std::string(h->name), ", layer ", l + 1, ": ", closed.value(), ", by draws off by ",
             difference.value(), " ± ", difference.error());
        CHECK(std::abs(difference.value()) < 4 * difference.error() + 1e-12);
        CHECK(difference.error() < 0.05 * closed.value() + 1e-3);
      }
    // .. and the layers add up
    for (Index row = 0; row < 5; ++row) {
      double sum = 0;
      for (Index l = 0; l < 3; ++l) sum += d.layer_ratios.val()(row, l);
      CHECK(std::abs(sum - double(d.log_ratio.val()(row, 0))) < 1e-12);
    }
  }
}

TEST_CASE("hierarchies: of any prior the layers' KLs are the whole, and particles do not mix") {
  for (const HierarchyRow* h : hierarchies())
    for (const char* prior_name : {"standard-normal", "mixture", "vamp", "flow"}) {
      const Architecture a = architecture_of(*h, {3, 2}, prior_name);
      if (prior(prior_name).encodes && !h->top) {
        CHECK(message_of([&] { Model m(a); }).find("topmost") != std::string::npos);
        continue;
      }
      const auto model = model_of(a);
      Tape tape;
      const Batch batch = some_images(tape, 3);
      constexpr Index particles = 4;
      Stream many(3, Purpose::latent, 0, 0, std::uint32_t(particles));
      const Draw d = model->draw(batch, many, particles, {.kl = true, .log_ratio = true});
      CHECK(d.z.shape() == Shape{12, 5});
      CHECK(bool(d.kl) == (std::string(prior_name) == "standard-normal"));
      const Var layers = kl_per_layer(d), whole = kl(d);
      const Index each = layers.shape().rows / 3;
      for (Index n = 0; n < 3; ++n) {
        double sum = 0;
        for (Index k = 0; k < each; ++k)
          sum +=
              double(layers.val()(n * each + k, 0) + layers.val()(n * each + k, 1)) / double(each);
        CHECK(std::abs(sum - double(whole.val()(n, 0))) < 1e-12);
      }
      // the same images four times, one particle each
      const Var repeated = repeat_rows(batch.x, particles);
      Stream again(3, Purpose::latent, 0, 0, std::uint32_t(particles));
      const Draw one = model->draw({repeated, {}}, again, 1, {.log_ratio = true});
      for (Index i = 0; i < 12; ++i) {
        for (Index j = 0; j < 5; ++j) CHECK(std::abs(one.z.val()(i, j) - d.z.val()(i, j)) < 1e-12);
        CHECK(std::abs(one.log_ratio.val()(i, 0) - d.log_ratio.val()(i, 0)) < 1e-11);
      }
    }
}

TEST_CASE("ladder: precisions add up, and means are weighed by them") {
  // One latent a layer: q(z₁|x, z₂) is recovered from log q of two z₁ and compared with
  // 1/σ² = 1/σ̂² + 1/σ_p². Checked by moments of many draws around one z₂.
  const auto model = model_of(architecture_of(ladder_hierarchy, {1, 1}));
  Tape tape;
  const Batch batch = some_images(tape, 1);
  constexpr Index particles = 40000;
  Stream noise(3, Purpose::latent, 0, 0, std::uint32_t(particles));
  const Draw d = model->draw(batch, noise, particles, {.log_ratio = true});
  const GaussianByHand below{*model, "prior.z1"};
  // d₁ = tanh(x W + b), then N(μ̂, σ̂²)
  const GaussianByHand up{*model, "encoder"};
  double mean_up = up.value(".mean.bias")(0, 0), log_up = up.value(".scale.bias")(0, 0);
  for (Index j = 0; j < 5; ++j) {
    double h = up.value(".0.bias")(0, j);
    for (Index i = 0; i < 4; ++i) h += double(batch.x.val()(0, i)) * up.value(".0.weight")(i, j);
    mean_up += std::tanh(h) * up.value(".mean.weight")(j, 0);
    log_up += std::tanh(h) * up.value(".scale.weight")(j, 0);
  }
  for (Index k = 0; k < 20; ++k) {
    const double z1 = double(d.z.val()(k, 0)), z2 = double(d.z.val()(k, 1));
    const auto [mean_p, log_p] = below(z2);
    const double precision = std::exp(-log_up) + std::exp(-log_p);
    const double mean = (mean_up * std::exp(-log_up) + mean_p * std::exp(-log_p)) / precision;
    const double want = log_normal(z1, mean_p, log_p) - log_normal(z1, mean, -std::log(precision));
    CHECK(std::abs(want - double(d.layer_ratios.val()(k, 0))) < 1e-10);
  }
}

TEST_CASE("hierarchies: a draw from the prior is one of each layer given the one above") {
  for (const HierarchyRow* h : hierarchies()) {
    const auto model = model_of(architecture_of(*h, {1, 1, 1}));
    constexpr Index count = 100000;
    Tape tape;
    Stream noise(8, Purpose::prior);
    const Var z = model->sample_prior(tape, {}, count, noise);
    REQUIRE(z.shape() == Shape{count, 3});
    const GaussianByHand first{*model, "prior.z1"}, second{*model, "prior.z2"};
    Mean of[3], square[3];  // in deviations from what is above: N(0, 1) each
    const auto add = [&](Index l, double z_l, std::pair<double, double> p) {
      const double e = (z_l - p.first) / std::exp(0.5 * p.second);
      of[l].add(e), square[l].add(e * e);
    };
    for (Index i = 0; i < count; ++i) {
      const double z1 = double(z.val()(i, 0)), z2 = double(z.val()(i, 1)),
                   z3 = double(z.val()(i, 2));
      add(0, z1, first(z2)), add(1, z2, second(z3)), add(2, z3, {0, 0});
    }
    for (Index l = 0; l < 3; ++l) {
      INFO(std::string(h->name), ", layer ", l + 1, ": ", of[l].value(), " ± ", of[l].error(), ", ",
           square[l].value(), " ± ", square[l].error());
      CHECK(std::abs(of[l].value()) < 4 * of[l].error());
      CHECK(std::abs(square[l].value() - 1) < 4 * square[l].error());
    }
    // and the means alone, going down from a z₃
    const Var codes = tape.constant({{7, 7, 0.3}, {-7, 7, -1.2}});
    const Var moved = model->inference->descend(codes, 2);
    for (Index i = 0; i < 2; ++i) {
      const double z2 = second(double(codes.val()(i, 2))).first;
      CHECK(moved.val()(i, 2) == codes.val()(i, 2));
      CHECK(std::abs(double(moved.val()(i, 1)) - z2) < 1e-12);
      CHECK(std::abs(double(moved.val()(i, 0)) - first(z2).first) < 1e-12);
    }
  }
}

TEST_CASE("hierarchies: a layer's free bits are its own, and what cannot be is refused") {
  const auto model = model_of(architecture_of(bottom_up_hierarchy, {2, 1}));
  Tape tape;
  const Batch batch = some_images(tape, 4);
  ObjectiveSettings s;
  const auto value = [&](double free) {
    if (free > 0) s.set("layer-free-bits", free);
    Stream noise(3, Purpose::latent);
    const Bound b = model->bound(elbo_objective, batch, noise, s);
    return std::pair{double(average(b.objective).item()), double(average(b.log_likelihood).item())};
  };
  Stream noise(3, Purpose::latent);
  const Var kl = kl_per_layer(model->draw(batch, noise, 1, {.kl = true}));
  double mean[2] = {};
  for (Index n = 0; n < 4; ++n)
    for (Index l = 0; l < 2; ++l) mean[l] += double(kl.val()(n, l)) / 4;
  const double between = 0.5 * (mean[0] + mean[1]);  // one layer is below it, the other above
  const auto [objective, log_likelihood] = value(between);
  CHECK(std::abs(log_likelihood - objective - std::max(mean[0], between) -
                 std::max(mean[1], between)) < 1e-12);

  const auto refused = [](const HierarchyRow& h, std::vector<Index> layers, const char* prior_name,
                          const char* posterior_name) {
    return message_of([&] { Model m(architecture_of(h, layers, prior_name, posterior_name)); });
  };
  CHECK(refused(ladder_hierarchy, {2, 2}, "standard-normal", "planar").find("ladder") !=
        std::string::npos);
  CHECK(refused(bottom_up_hierarchy, {2, 2}, "uniform-sphere", "von-mises-fisher").find("sphere") !=
        std::string::npos);
  CHECK(refused(bottom_up_hierarchy, {1, 1, 1, 1, 1, 1, 1, 1, 1}, "standard-normal", "gaussian")
            .find("9 layers") != std::string::npos);
}

TEST_CASE("top-down: as many numbers as vae_vampprior's HVAE_2level.py has") {
  const auto linear = [](Index in, Index out) { return in * out + out; };
  const auto gate = [&](Index in, Index out) { return 2 * linear(in, out); };
  const Index heads = 2 * linear(300, 40), shared = gate(600, 300);
  const Index q2 = gate(784, 300) + gate(300, 300) + heads,
              q1 = gate(784, 300) + gate(40, 300) + shared + heads;
  const Index p1 = gate(40, 300) + gate(300, 300) + heads,
              px = 2 * gate(40, 300) + shared + linear(300, 784);
  Architecture a = architecture_of(hierarchy("top-down"), {40, 40}, "vamp");
  a.image = {28, 28, 1}, a.network = network("gated"), a.between = {300, 300};
  CHECK(Model::count_parameters(a) == q2 + q1 + p1 + px + 3 * 784);
}
