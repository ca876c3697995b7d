// What a model is shown of the data: columns in deviations from their mean, parts of images; and
// that a run's folder brings all of it back.
#include <doctest/doctest.h>

#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/lab/run/run.hpp>

#include "../../support/message.hpp"
#include "../folder.hpp"

using namespace vaegrad;

namespace {

DataSet data_of(std::shared_ptr<Images> images) {
  DataSet set;
  set.train.file = set.test.file = images;
  set.test.split = Split::test;
  for (std::uint32_t r = 0; r < images->count; ++r)
    (r % 4 ? set.train : set.test).rows.push_back(r);
  return set;
}
// Columns of very different size
std::shared_ptr<Images> table() {
  auto images = std::make_shared<Images>();
  images->count = 60;
  images->height = 1;
  images->width = 3;
  Stream bits(1, Purpose::data);
  const double mean[]{1000, -3, 0.001}, scale[]{250, 2, 1e-4};
  for (std::size_t i = 0; i < 180; ++i)
    images->values.push_back(float(mean[i % 3] + scale[i % 3] * double(bits.below(1000)) / 1000));
  return images;
}
std::shared_ptr<Images> images_of(std::size_t h, std::size_t w) {
  auto images = std::make_shared<Images>();
  images->count = 40;
  images->height = h;
  images->width = w;
  for (std::size_t i = 0; i < 40 * h * w; ++i) images->bytes.push_back(std::uint8_t(i * 97));
  return images;
}
Settings quadrants(int n) {
  Settings s;
  s.model = "cvae";
  s.condition = concat("quadrants:", n);
  s.prior = "conditional";
  s.binarize = Binarize::none;
  s.hidden = {6};
  s.latent = {2};
  return s;
}

}  // namespace

TEST_CASE("standardised data have the density of the data: that of x and the log-Jacobian") {
  Settings s;
  s.likelihood = "gaussian";
  s.hidden = {5};
  s.latent = {2};
  s.standardise = true;
  const DataSet data = data_of(table());
  const auto model = new_model(s, data);

  auto by_hand = std::make_shared<Images>(*data.train.file);
  const Moments m = moments(data.train);
  double log_jacobian = 0;
  for (const double d : m.deviation) log_jacobian -= std::log(d);
  for (std::size_t i = 0; i < by_hand->values.size(); ++i)
    by_hand->values[i] = float((double(by_hand->values[i]) - m.mean[i % 3]) / m.deviation[i % 3]);
  Settings plain = s;
  plain.standardise = false;
  plain.output_bias = "zero";
  const DataSet scaled = data_of(by_hand);
  const auto other = new_model(plain, scaled);

  const Evaluation a = evaluate(*model, data.test, s), b = evaluate(*other, scaled.test, plain);
  CHECK(std::abs(log_jacobian) > 1);
  CHECK(a.log_likelihood == doctest::Approx(b.log_likelihood + log_jacobian).epsilon(1e-6));
  CHECK(a.kl == doctest::Approx(b.kl).epsilon(1e-6));
  const Evidence p = evidence(*model, data.test, s, 40),
                 q = evidence(*other, scaled.test, plain, 40);
  CHECK(p.nll == doctest::Approx(q.nll - log_jacobian).epsilon(1e-6));

  auto constant = table();
  for (std::size_t i = 1; i < 180; i += 3) constant->values[i] = 7;
  CHECK(message_of([&] { new_model(s, data_of(constant)); }) ==
        "--standardise: column 1 of fashion-mnist is 7 in every training example\n"
        "  hint: --drop-constant leaves such columns out");
}

TEST_CASE("quadrants: bottom left, then top left, then top right; the rest is modelled") {
  const DataSet data = data_of(images_of(4, 5));  // the left half has two columns of five
  const std::vector<std::uint32_t> want[] = {{10, 11, 15, 16},
                                             {0, 1, 5, 6, 10, 11, 15, 16},
                                             {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 15, 16}};
  for (const int n : {1, 2, 3}) {
    const Settings s = quadrants(n);
    const auto model = new_model(s, data);
    CHECK(model->given_pixels == want[n - 1]);
    CHECK(model->modelled.size() + model->given_pixels.size() == 20);
    CHECK(model->dimensions() == Index(model->modelled.size()));

    // x is what is modelled, y what is given and what the baseline makes of the rest
    Tape tape;
    const std::vector<std::uint32_t> rows{7, 3};
    const Batch batch = make_batch(tape, *model, data.train, rows, s, 1);
    const auto& file = *data.train.file;
    for (Index i = 0; i < 2; ++i) {
      const auto image = file.image(rows[std::size_t(i)]);
      for (std::size_t k = 0; k < model->modelled.size(); ++k)
        CHECK(batch.x.val()(i, Index(k)) == Real(image[model->modelled[k]]) / 255);
      for (std::size_t k = 0; k < want[n - 1].size(); ++k)
        CHECK(batch.condition.val()(i, Index(k)) == Real(image[want[n - 1][k]]) / 255);
    }
    CHECK(batch.condition.shape() == Shape{2, 20});
    // The modelled pixels are seen by the encoder alone: not by p(z|y).
    auto changed = std::make_shared<Images>(file);
    for (const auto j : model->modelled) changed->bytes[7 * 20 + j] ^= 255;
    const Examples other{Split::train, changed, data.train.rows};
    const Batch hidden = make_batch(tape, *model, other, rows, s, 1);
    const auto same = [](Var a, Var b) {
      return std::equal(a.val().begin(), a.val().end(), b.val().begin());
    };
    CHECK(same(batch.condition, hidden.condition));
    CHECK_FALSE(same(batch.x, hidden.x));
    Stream noise(1, Purpose::latent), again(1, Purpose::latent);
    CHECK(same(model->draw(batch, noise).p.mean, model->draw(hidden, again).p.mean));
    CHECK_FALSE(same(model->code(batch).mean, model->code(hidden).mean));
  }
}

TEST_CASE("training leaves the baseline as it is") {
  const Settings s = quadrants(2);
  const DataSet data = data_of(images_of(4, 4));
  const auto model = new_model(s, data);
  Tape tape;
  const Batch batch = make_batch(tape, *model, data.train, data.train.rows, s, 1);
  Stream noise(1, Purpose::latent);
  model->parameters.zero_gradient();
  model->baseline->parameters.zero_gradient();
  tape.backward(average(model->bound(elbo_objective, batch, noise, {}).objective));
  for (const Real g : model->baseline->parameters.gradient()) CHECK(g == 0);
  double largest = 0;
  for (const Real g : model->parameters.gradient())
    largest = std::max(largest, std::abs(double(g)));
  CHECK(largest > 1e-3);
}

TEST_CASE("a run's folder brings the whole model back") {
  Settings standard;
  standard.likelihood = "gaussian";
  standard.hidden = {5};
  standard.latent = {2};
  standard.standardise = true;
  for (const auto& [settings, data] :
       {std::pair(quadrants(1), data_of(images_of(6, 4))), {standard, data_of(table())}}) {
    const Folder folder;
    Settings s = settings;
    s.out = folder / "run";
    const auto model = new_model(s, data);
    for (Parameters* p :
         {&model->parameters, model->baseline ? &model->baseline->parameters : nullptr})
      if (p)
        for (Real& w : p->change_values()) w = Real(1.01) * w;
    const Run run(s);
    run.write_model(*model);
    const LoadedRun loaded = load_run(run.folder());
    const Evaluation a = evaluate(*model, data.test, s),
                     b = evaluate(*loaded.model, data.test, loaded.settings);
    CHECK(a.elbo() == b.elbo());
    CHECK(std::isfinite(a.elbo()));
    CHECK(bool(loaded.model->baseline) == bool(model->baseline));
    if (model->baseline)
      CHECK(evaluate(*model->baseline, data.test, baseline_settings(s)).log_likelihood ==
            evaluate(*loaded.model->baseline, data.test, baseline_settings(s)).log_likelihood);
  }
}

TEST_CASE("a latent of a ladder whose q(z1|x, z2) is p(z1|z2) varies with z2, and is not active") {
  Settings s;
  s.binarize = Binarize::none;
  s.hidden = {6};
  s.latent = {3, 2};
  s.hierarchy = "ladder";
  const DataSet data = data_of(images_of(6, 5));
  const auto model = new_model(s, data);
  const auto set = [&](const std::string& name, Real to) {
    for (const auto& [own, param] : model->parameters.list())
      if (own == name)
        std::fill_n(model->parameters.change_values().begin() + param.offset, param.shape.size(),
                    to);
  };
  for (const auto& [name, param] : model->parameters.list())  // what z2 says is loud
    if (name.ends_with("mean.weight"))
      for (Real& w : model->parameters.change_values().subspan(std::size_t(param.offset),
                                                               std::size_t(param.shape.size())))
        w *= 4;
  Evaluation e = evaluate(*model, data.train, s);
  CHECK(e.active_units == 5);
  set("encoder.scale.weight", 0), set("encoder.scale.bias", 20);  // a precision of e^-20
  e = evaluate(*model, data.train, s);
  REQUIRE(e.kl_per_latent.size() == 5);
  CHECK(e.kl_per_latent[0] < 1e-4);
  CHECK(e.kl_per_latent[3] > 0.01);
  CHECK(e.active_units == 2);
}
