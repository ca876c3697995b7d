// What a model and a step of training give an objective: its decoder's weights and slope, how many
// examples there are, and draws that are new at each step.
#include <doctest/doctest.h>

#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/lab/run/training/model_trainee.hpp>

using namespace vaegrad;

namespace {

// `count` images of 3 x 4 bits; the first ones are the same for any count
DataSet data(std::size_t count) {
  auto images = std::make_shared<Images>();
  images->count = count, images->height = 3, images->width = 4, images->binary = true;
  Stream bits(1, Purpose::data);
  for (std::size_t i = 0; i < count * 12; ++i) images->bytes.push_back(std::uint8_t(bits.below(2)));
  DataSet set;
  set.train = {Split::train, images, {}};
  for (std::uint32_t r = 0; r < count; ++r) set.train.rows.push_back(r);
  return set;
}
Settings with(const char* objective) {
  Settings s;
  s.objective = objective;
  s.hidden = {7};
  s.latent = {2};
  s.activation = "tanh";
  s.output_bias = "zero";  // the data's mean would tell how many there are
  if (std::string_view(objective).starts_with("rae")) s.model = "autoencoder";
  return s;
}

// The objective of the same eight images at a step
struct Recorded {
  std::vector<double> objective;
  double opponent = 0;
  bool operator==(const Recorded&) const = default;
};
Recorded recorded(const char* objective, std::size_t examples, std::uint64_t step) {
  const Settings s = with(objective);
  const DataSet set = data(examples);
  const auto model = new_model(s, set);
  ModelTrainee trainee(s, set, *model);
  Tape tape;
  const std::uint32_t rows[] = {0, 1, 2, 3, 4, 5, 6, 7};
  const Bound b = trainee.record(tape, rows, {.epoch = 1, .step = step, .beta = 1});
  return {{b.objective.val().begin(), b.objective.val().end()},
          b.opponent_loss ? b.opponent_loss.item() : 0};
}

}  // namespace

TEST_CASE("a step: tc is told of how many examples the batch is a part, and nobody else heeds it") {
  CHECK(recorded("tc", 20, 1) != recorded("tc", 60, 1));
  CHECK(recorded("dip-2", 20, 1) == recorded("dip-2", 60, 1));
}

TEST_CASE("a step: what an objective draws beside z is drawn anew at each, and the same again") {
  for (const char* name : {"mmd", "adversarial", "factor", "rae-gp"}) {
    INFO(name);
    CHECK(recorded(name, 20, 1) == recorded(name, 20, 1));
    CHECK(recorded(name, 20, 1) != recorded(name, 20, 2));
  }
  CHECK(recorded("elbo", 20, 1) == recorded("elbo", 20, 2));
}

TEST_CASE("rae: the penalty is of the decoder's weights, or of its slope, in the mean") {
  const DataSet set = data(8);
  for (const bool slope : {false, true}) {
    const Settings s = with(slope ? "rae-gp" : "rae-l2");
    const auto model = new_model(s, set);
    const auto objective_at = [&](double weight) {
      Tape tape;
      const Batch batch = make_batch(tape, *model, set.train, set.train.rows, s, 1);
      Stream noise(4, Purpose::latent);
      ObjectiveSettings to;
      to.set("regulariser-weight", weight);
      const Var v = model->bound(objective(s.objective), batch, noise, to).objective;
      return std::vector<double>(v.val().begin(), v.val().end());
    };
    const auto with = objective_at(1), without = objective_at(0);

    // 2 x 7 and 7 x 12 weights of the decoder
    double squares = 0, weights = 0;
    for (const auto& [name, p] : model->parameters.list()) {
      if (!name.starts_with("decoder") || p.shape.rows == 1) continue;
      for (const Real w : model->parameters.value(p)) squares += double(w) * double(w), ++weights;
    }
    CHECK(weights == 2 * 7 + 7 * 12);
    if (!slope) {
      for (std::size_t i = 0; i < 8; ++i)
        CHECK(without[i] - with[i] == doctest::Approx(squares / weights).epsilon(1e-9));
      continue;
    }
    // |J v|² / 12 by a difference of the 12 logits
    Tape tape;
    const Batch batch = make_batch(tape, *model, set.train, set.train.rows, s, 1);
    Stream noise(4, Purpose::latent), same(4, Purpose::latent);
    const Var z = model->draw(batch, noise, 1, {}).z, v = tape.constant(z.shape());
    same.beside(1, Purpose::other, 0).normal(v.val());
    const double h = 1e-4;
    const ConstMatrix ahead = model->decoder(z + h * v).outputs.all.val(),
                      behind = model->decoder(z - h * v).outputs.all.val();
    for (Index i = 0; i < 8; ++i) {
      double sum = 0;
      for (Index j = 0; j < 12; ++j) sum += std::pow((ahead(i, j) - behind(i, j)) / (2 * h), 2);
      CHECK(without[std::size_t(i)] - with[std::size_t(i)] ==
            doctest::Approx(sum / 12).epsilon(1e-5));
    }
  }
}
