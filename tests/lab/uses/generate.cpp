#include <doctest/doctest.h>

#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/lab/uses/generate.hpp>

using namespace vaegrad;

namespace {

struct Small {
  Settings settings;
  std::unique_ptr<Model> model;
  explicit Small(Index conditions) {
    settings.hidden = {8}, settings.latent = {3}, settings.binarize = Binarize::threshold;
    if (conditions) settings.model = "cvae";
    model = std::make_unique<Model>(architecture(settings, ImageShape{4, 4}, conditions));
  }
};

bool same(const OwnedMatrix& a, Index i, const OwnedMatrix& b, Index j) {
  return std::equal(a.view().row(i), a.view().row(i) + a.cols, b.view().row(j));
}

}  // namespace

TEST_CASE("an image depends on its number and the seed, not on how many are drawn") {
  const Small vae(0);
  const Generated few = generate(*vae.model, vae.settings, {.count = 7});
  const Generated many = generate(*vae.model, vae.settings, {.count = 1203});
  CHECK(many.images.rows == 1203);
  CHECK(many.classes.empty());
  for (Index i = 0; i < 7; ++i) CHECK(same(few.images, i, many.images, i));
  CHECK(!same(many.images, 0, many.images, 1));
  CHECK(!same(many.images, 0, many.images, 500));  // the first of the next batch
  CHECK(
      !same(few.images, 0, generate(*vae.model, vae.settings, {.count = 7, .seed = 2}).images, 0));
  for (Real v : many.images.numbers) CHECK((v > 0 && v < 1));
  const Generated cold = generate(*vae.model, vae.settings, {.count = 3, .temperature = 0});
  CHECK(same(cold.images, 0, cold.images, 2));
  const Generated half = generate(*vae.model, vae.settings, {.count = 3, .temperature = 0.5});
  Tape tape;
  Stream noise(1, Purpose::prior, 1);
  const Var z = 0.5 * vae.model->sample_prior(tape, {}, 3, noise);
  const Var logits = vae.model->decoder(z).outputs.all;
  for (Index i = 0; i < 3; ++i)
    for (Index j = 0; j < 16; ++j)
      CHECK(half.images.view()(i, j) ==
            doctest::Approx(1 / (1 + std::exp(-double(logits.val()(i, j))))).epsilon(1e-6));
}

TEST_CASE("a conditional model is asked for its classes in turn, or for one") {
  const Small cvae(3);
  const Generated all = generate(*cvae.model, cvae.settings, {.count = 8});
  CHECK(all.classes == std::vector<Label>{0, 1, 2, 0, 1, 2, 0, 1});
  const Generated one = generate(*cvae.model, cvae.settings, {.count = 2, .of_class = 2});
  CHECK(one.classes == std::vector<Label>{2, 2});
  CHECK(!same(all.images, 0, one.images, 0));  // the same z, another class
  CHECK(same(generate(*cvae.model, cvae.settings, {.count = 1, .of_class = 0}).images, 0,
             all.images, 0));
}

TEST_CASE("the aggregate posterior: labels come with the examples that z is drawn from") {
  const Small cvae(3);
  auto file = std::make_shared<Images>();
  file->height = file->width = 4, file->count = 6;
  for (int i = 0; i < 6; ++i) {
    file->bytes.insert(file->bytes.end(), 16, std::uint8_t(40 * i));
    file->labels.push_back(Label(i % 3));
  }
  const Examples only_one{Split::train, file, {1, 4}};  // both of class 1
  const Generated g = generate(*cvae.model, cvae.settings, {.count = 40, .aggregate = &only_one});
  CHECK(g.classes == std::vector<Label>(40, 1));
  CHECK(!same(g.images, 0, g.images, 1));
}
