// What is reported per example is a property of the examples: not of the size of batches, of a
// short last one, or of how the pixels of an image lie in rows.
#include <doctest/doctest.h>

#include <vaegrad/lab/run/training/model_trainee.hpp>
#include <vaegrad/lab/run/training/training.hpp>

#include "folder.hpp"

using namespace vaegrad;

namespace {

// 103 images of noise, of h x w pixels
DataSet noise(std::size_t h, std::size_t w) {
  auto images = std::make_shared<Images>();
  images->count = 103;
  images->height = h;
  images->width = w;
  Stream bits(1, Purpose::data);
  for (std::size_t i = 0; i < 103 * h * w; ++i)
    images->bytes.push_back(std::uint8_t(bits.below(256)));
  DataSet set;
  std::vector<std::uint32_t> rows[2];
  for (std::uint32_t r = 0; r < 103; ++r) rows[r % 3 == 0].push_back(r);
  set.train = {Split::train, images, rows[0]};
  set.validation = {Split::validation, images, rows[1]};
  return set;
}

Settings settings(int batch) {
  Settings s;
  s.hidden = {12};
  s.latent = {3};
  s.binarize = Binarize::sample;
  s.batch = batch;
  s.epochs = 1;
  s.learning_rate = 1e-12;  // the weights stay, so that the epoch's average is that of one model
  return s;
}

Metrics trained(const Settings& with, const DataSet& data) {
  const Folder folder;
  Settings s = with;
  s.out = folder / "run";
  const auto model = new_model(s, data);
  const Run run(s);
  ModelTrainee trainee(s, data, *model);
  Observer nobody;
  Training training(s, data.train, trainee, run, nobody);
  training.run();
  return training.metrics().back();
}

void check_same(const Metrics& a, const Metrics& b) {
  for (const auto m :
       {&Metrics::train_objective, &Metrics::train_elbo, &Metrics::train_log_likelihood,
        &Metrics::train_kl, &Metrics::valid_objective, &Metrics::valid_elbo,
        &Metrics::valid_log_likelihood, &Metrics::valid_kl})
    CHECK(a.*m == doctest::Approx(b.*m).epsilon(1e-9));
}

}  // namespace

TEST_CASE("batches of any size, the last one short or not, give the same averages") {
  const DataSet data = noise(6, 4);
  REQUIRE(data.train.count() == 68);
  for (const char* name : {"elbo", "iwae"}) {
    Settings s = settings(68);
    s.objective = name;
    s.particles = s.objective == "iwae" ? 3 : 1;
    const Metrics whole = trained(s, data);
    CHECK(whole.step == 1);
    CHECK(whole.train_elbo < -1);
    for (const int batch : {1, 7, 34, 67, 1000}) {  // 67: a last batch of one
      s.batch = batch;
      const Metrics m = trained(s, data);
      CHECK(m.step == std::uint64_t((68 + batch - 1) / batch));
      check_same(m, whole);
    }
  }
}

TEST_CASE("an average of batch means would not do") {  // the last batch of one counts as one
  const DataSet data = noise(6, 4);
  Settings s = settings(67);
  const auto model = new_model(s, data);
  Examples first = data.train, last = data.train;
  first.rows.resize(67);
  last.rows = {data.train.rows.back()};
  const double a = evaluate(*model, first, s).elbo(), b = evaluate(*model, last, s).elbo();
  CHECK(evaluate(*model, data.train, s).elbo() ==
        doctest::Approx((67 * a + b) / 68).epsilon(1e-12));
  CHECK(std::abs((a + b) / 2 - (67 * a + b) / 68) > 0.01);
}

TEST_CASE("how pixels lie in rows does not matter") {
  const Metrics tall = trained(settings(10), noise(6, 4));
  for (const auto& [h, w] : {std::pair(4, 6), {1, 24}, {24, 1}, {2, 12}})
    check_same(trained(settings(10), noise(std::size_t(h), std::size_t(w))), tall);
}

TEST_CASE(
    "the evaluation's own batches do not show, nor does the number of particles in the ELBO") {
  const DataSet data = noise(6, 4);
  Settings s = settings(10);
  const auto model = new_model(s, data);
  const Evaluation one = evaluate(*model, data.train, s);
  s.objective = "iwae";
  for (const Index particles : {4, 100, 300}) {  // batches of 62, 2 and 1
    s.particles = particles;
    const Evaluation e = evaluate(*model, data.train, s);
    CHECK(e.elbo() == doctest::Approx(one.elbo()).epsilon(1e-12));
    CHECK(e.log_likelihood == doctest::Approx(one.log_likelihood).epsilon(1e-12));
    CHECK(e.objective > one.elbo());
  }
}
