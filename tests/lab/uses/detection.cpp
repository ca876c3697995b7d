#include <doctest/doctest.h>

#include <cmath>
#include <numbers>
#include <vaegrad/lab/uses/detection.hpp>

using namespace vaegrad;

namespace {

LoadedRun untrained(const char* likelihood, Binarize how) {
  LoadedRun run;
  run.settings.likelihood = likelihood;
  run.settings.binarize = how;
  run.settings.hidden = {8}, run.settings.latent = {3};
  run.model = std::make_unique<Model>(architecture(run.settings, ImageShape{16, 16}, 0));
  return run;
}

Examples images(std::vector<std::uint8_t> bytes) {
  auto file = std::make_shared<Images>();
  file->height = file->width = 16;
  file->count = bytes.size() / 256;
  file->bytes = std::move(bytes);
  Examples e{Split::test, file, {}};
  for (std::uint32_t i = 0; i < file->count; ++i) e.rows.push_back(i);
  return e;
}

// A flat image, a ramp, noise
Examples three() {
  std::vector<std::uint8_t> bytes;
  Stream noise(1, Purpose::test);
  for (int i = 0; i < 256; ++i) bytes.push_back(200);
  for (int i = 0; i < 256; ++i) bytes.push_back(std::uint8_t(13 * (i % 16) + 3 * (i / 16)));
  for (int i = 0; i < 256; ++i) bytes.push_back(std::uint8_t(noise.bits()));
  return images(std::move(bytes));
}

}  // namespace

TEST_CASE("complexity: noise costs its size, a filter makes a ramp as cheap as a flat image") {
  const auto c = complexity(untrained("beta-binomial", Binarize::none), three());
  const double byte = 8 * std::numbers::ln2;
  CHECK(c[2] / byte >= 256);  // 8 bits a pixel, and deflate's own few bytes
  CHECK(c[2] / byte < 275);
  CHECK(c[0] / byte < 30);
  CHECK(c[1] / byte < 40);  // without a filter it would be above 100
  // The same bytes whether they enter as 0..255 or as 0..1; thresholded ones cost less.
  CHECK(complexity(untrained("gaussian", Binarize::none), three()) == c);
  CHECK(complexity(untrained("bernoulli", Binarize::threshold), three())[2] < 0.35 * c[2]);
}

TEST_CASE("terms of an example: the KL is evaluate's, log p(x) that of importance sampling") {
  const LoadedRun run = untrained("bernoulli", Binarize::threshold);
  const Examples e = three();
  const ExampleTerms few = example_terms(run, e, 5), many = example_terms(run, e, 4000);
  const Evaluation whole = evaluate(*run.model, e, run.settings);
  double kl = 0;
  for (double v : few.kl) kl += v / 3;
  CHECK(kl == doctest::Approx(whole.kl).epsilon(1e-6));
  const Evidence truth = evidence(*run.model, e, run.settings, 4000);
  double log_px = 0;
  for (double v : many.log_px) log_px += v / 3;
  CHECK(std::abs(log_px + truth.nll) < 5 * truth.standard_error + 1e-6);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(many.elbo[i] == doctest::Approx(many.log_likelihood[i] - many.kl[i]));
    CHECK(many.log_px[i] >= many.elbo[i]);
  }
}

TEST_CASE("scores are what their row says, and measure() measures what they need") {
  const LoadedRun run = untrained("bernoulli", Binarize::threshold);
  const Examples e = three();
  const auto scores = anomaly_scores();
  Measured m = measure(run, &run, e, e, scores, 4);
  const auto of = [&](std::string_view name) {
    for (const AnomalyScore& s : scores)
      if (s.name == name) return s.of(m);
    return std::vector<double>{};
  };
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(of("log-px")[i] == -m.model.log_px[i]);
    CHECK(of("elbo")[i] == -m.model.elbo[i]);
    CHECK(of("reconstruction")[i] == -m.model.log_likelihood[i]);
    CHECK(of("kl")[i] == m.model.kl[i]);
    CHECK(of("ratio")[i] == 0);  // a model against itself
    CHECK(of("complexity")[i] == -m.model.log_px[i] - m.complexity[i]);
  }
  CHECK(of("pca")[0] == doctest::Approx(0).scale(1));  // three points lie in a plane of three
  // Of three training images the farthest is the neighbour that counts, and it is another image.
  for (double d : of("knn")) CHECK(d > 1);
  const AnomalyScore only_pca[] = {scores[6]};
  m = measure(run, nullptr, e, e, only_pca, 4);
  CHECK(m.model.kl.empty());
  CHECK(m.neighbours.empty());
  CHECK(m.plane.size() == 3);
}
