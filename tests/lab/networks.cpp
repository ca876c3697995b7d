// Convolutional networks as the program trains them: gradients with every likelihood, model and
// posterior, the first image, and what is refused.
#include <doctest/doctest.h>

#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/lab/run/run.hpp>

#include "../support/message.hpp"
#include "folder.hpp"

using namespace vaegrad;

namespace {

DataSet data_for(Values values, ImageShape image) {
  auto images = std::make_shared<Images>();
  images->count = 3;
  images->height = std::size_t(image.height), images->width = std::size_t(image.width);
  images->channels = std::size_t(image.channels);
  images->labels = {2, 0, 1};
  images->binary = values == Values::binary;
  Stream stream(5, Purpose::data);
  for (Index i = 0; i < 3 * image.size(); ++i) {
    const auto byte = std::uint8_t(stream.below(256));
    if (values == Values::real)
      images->values.push_back(float(byte) / 128 - 1);
    else
      images->bytes.push_back(values == Values::binary ? byte % 2 : byte);
  }
  DataSet set;
  set.train = {Split::train, images, {0, 1, 2}};
  set.classes = 3;
  return set;
}

Settings conv() {
  Settings s;
  s.network = "conv";
  s.activation = "tanh";  // without kinks
  s.latent = {2};
  return s;
}

// Biases start at zero, which would hide a wrong gradient of them.
void spread_out(Model& model, std::uint32_t draw = 0) {
  for (const auto& [name, p] : model.parameters.list()) {
    const Matrix w = model.parameters.change_value(p);
    Stream stream(9 + draw, Purpose::test, std::uint32_t(p.number));
    for (Real& x : w) x += Real(0.02 * (double(stream.below(1000)) / 500 - 1));
  }
}

void check_gradient_of(const Settings& s, ImageShape image) {
  check_consistent(s);
  CAPTURE(concat(s.network, ' ', s.model, ' ', s.prior, ' ', s.likelihood, ' ', s.likelihood_scale,
                 ' ', s.objective, ' ', image));
  const DataSet data = data_for(likelihood(s.likelihood).values, image);
  const auto model = new_model(s, data);
  const auto f = [&](Tape& tape) {
    const Batch batch = make_batch(tape, *model, data.train, data.train.rows, s, 1);
    Stream noise(4, Purpose::latent, 0, 0, std::uint32_t(s.particles));
    return average(
        model->bound(objective(s.objective), batch, noise, objective_settings(s, 1)).objective);
  };
  // Not at a kink (|x − μ|, a tanh scale near 0): where two step sizes see one slope. That does not
  // look at the tape's gradient, so no wrong pullback is drawn anew.
  GradientCheck c;
  std::uint32_t draw = 0;
  for (bool smooth = false; !smooth; ++draw) {
    REQUIRE(draw < 20);
    spread_out(*model, draw);
    c = check_gradient(model->parameters, f, 1, 1e-4);
    const double nearer = check_gradient(model->parameters, f, 1, 5e-5).numeric;
    smooth = std::abs(c.numeric - nearer) <= 2e-8 * c.scale;
  }
  CHECK(c.agrees(1e-7));
  CHECK(c.scale > 1e-3);
}

}  // namespace

TEST_CASE("the gradient of convolutional networks with every likelihood and scale") {
  for (const Likelihood& row : likelihoods())
    for (const char* scale : {"learned", "per-dimension", "fixed:0.7"}) {
      if (!row.has_scale && std::string_view(scale) != "learned") continue;
      Settings s = conv();
      s.likelihood = row.name;
      s.likelihood_scale = scale;
      check_gradient_of(s, row.on_images ? ImageShape{12, 13} : ImageShape{7, 5});
    }
}

TEST_CASE("the gradient of convolutional networks of every model, prior, posterior and bound") {
  for (const char* model : {"vae", "cvae", "autoencoder"})
    for (const char* prior : {"standard-normal", "conditional"}) {
      Settings s = conv();
      s.model = model, s.prior = prior;
      if (s.model != "cvae" && s.prior != "standard-normal") continue;
      check_gradient_of(s, {7, 5});
    }
  for (const PosteriorScale& scale : posterior_scales()) {
    Settings s = conv();
    s.posterior_scale = scale.name;
    check_gradient_of(s, {4, 6});
  }
  for (const Objective* o : objectives()) {
    if (o->wanted.factor || o->wanted.held) continue;  // of a surrogate: tests/lab/gradient.cpp
    Settings s = conv();
    s.objective = o->name;
    s.particles = o->deterministic ? 1 : 3;
    check_gradient_of(s, {4, 6});
  }
}

TEST_CASE("the gradient of every network, of three channels too") {
  for (const Network& n : networks()) {
    Settings s = conv();
    s.network = n.name;
    check_gradient_of(s, {16, 17});
    check_gradient_of(s, {16, 16, 3});
    s.hidden = {3};
    check_gradient_of(s, {16, 16});
    for (const Normalisation& n : normalisations()) {
      s.normalisation = n.name;
      check_gradient_of(s, {16, 16});
    }
  }
}

TEST_CASE("a convolutional network's first image is the mean of the data") {
  for (const char* name : {"bernoulli", "gaussian", "discretised-logistic"}) {
    Settings s = conv();
    s.likelihood = name;
    s.likelihood_scale = likelihood(name).has_scale ? "fixed:0.01" : "learned";
    s.binarize = Binarize::none;
    const DataSet data = data_for(likelihood(name).values, {6, 7});
    const auto model = new_model(s, data);
    Tape tape;
    const Var mean = shown(*model, model->decode(tape.constant({{0, 0}}), {}));
    const Moments m = moments(data.train);
    for (std::size_t j = 0; j < 42; ++j)
      CHECK(double(mean.val()(0, Index(j))) == doctest::Approx(m.mean[j]).epsilon(0.02));
  }
}

TEST_CASE("a run's folder brings a convolutional model back") {
  const Folder folder;
  Settings s = conv();
  s.out = folder / "run";
  s.binarize = Binarize::threshold;
  const DataSet data = data_for(Values::grey, {8, 9, 3});
  const auto model = new_model(s, data);
  spread_out(*model);
  const Run run(s);
  run.write_model(*model);
  const LoadedRun loaded = load_run(run.folder());
  CHECK(loaded.model->image == ImageShape{8, 9, 3});
  CHECK(loaded.settings.network == "conv");
  CHECK(std::equal(model->parameters.values().begin(), model->parameters.values().end(),
                   loaded.model->parameters.values().begin()));
}

TEST_CASE("convolutional networks: shapes, and what is refused") {
  const Settings s = conv();
  const Model model(architecture(s, {28, 28}, 0));
  const auto shape = [&](std::string_view name) {
    for (const auto& [n, p] : model.parameters.list())
      if (n == name) return p.shape;
    return Shape{0, 0};
  };
  CHECK(shape("encoder.convolution.0.weight") == Shape{16, 32});
  CHECK(shape("encoder.convolution.1.weight") == Shape{512, 64});
  CHECK(shape("encoder.mean.weight") == Shape{7 * 7 * 64, 2});
  CHECK(shape("decoder.features.weight") == Shape{2, 7 * 7 * 64});
  CHECK(shape("decoder.convolution.0.weight") == Shape{512, 64});
  CHECK(shape("decoder.outputs.weight") == Shape{16, 32});
  CHECK(shape("decoder.outputs.bias") == Shape{1, 784});
  CHECK(message_of([&] {
          Model(architecture(s, {1, 9}, 0));
        }) ==
        "network conv: 1 x 9 numbers are a table, and have no neighbours to look at\n"
        "  hint: a network of dense layers, such as mlp");
  CHECK(message_of([&] {
          Model(architecture(s, {3, 9}, 0));
        }) ==
        "network conv: images of 3 x 9 are too small: its layer 2 meets 1 x 4 pixels, padded with "
        "1, with a window of 4 x 4\n  hint: a network of dense layers, such as mlp, or larger "
        "images");
  Settings parts = s;
  parts.model = "cvae", parts.prior = "conditional", parts.condition = "quadrants:1";
  CHECK(message_of([&] { check_consistent(parts); }) ==
        "--condition quadrants:1 leaves a part of an image to be modelled, but --network conv "
        "draws whole ones\n  hint: --network mlp");
  CHECK(message_of([] { network("vgg"); }) ==
        "network: there is none called 'vgg'\n  hint: one of mlp, conv, conv-64, gated, residual");
}
