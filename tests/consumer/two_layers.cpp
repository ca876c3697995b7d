// A model of one's own, two layers of latents, trained by the library's step: checkpoints, exact
// resume, -log p(x) and a picture.
//   two_layers [--resume DIR] [options of vaegrad train]
#include <iostream>
#include <vaegrad/lab/pictures/plot.hpp>
#include <vaegrad/lab/run/training/console.hpp>
#include <vaegrad/models/vae.hpp>
using namespace vaegrad;

struct TwoLayers : Trainee {
  const Settings& s;
  const DataSet& data;
  Parameters p;
  const Activation a = activation("relu");
  GaussianMlp q1{p, "q1", 784, {200}, 20, a, {}}, q2{p, "q2", 20, {50}, 10, a, {}};
  GaussianMlp p1{p, "p1", 10, {50}, 20, a, {}};
  BernoulliMlp px{p, "px", 20, {200}, 784, a, {}};

  TwoLayers(const Settings& settings, const DataSet& d) : s(settings), data(d) {
    players.push_back({"", &p, AnyOptimiser("adam", p, {.learning_rate = s.learning_rate})});
  }
  // log p(x|z1) and log p(z1|z2) + log p(z2) - log q(z1|x) - log q(z2|z1), of K draws for each x
  std::pair<Var, Var> terms(Tape& tape, const Examples& from, std::span<const std::uint32_t> rows,
                            Stream& noise, Index k, std::uint32_t draw) const {
    const Var x = tape.constant(Shape{Index(rows.size()), 784});
    fill(x.val(), *from.file, rows, Binarize::sample, s.seed, draw);
    const auto q_z1 = q1(x);
    const Var z1 = q_z1.sample(noise, k);
    const auto q_z2 = q2(z1);
    const Var z2 = q_z2.sample(noise);
    const Var prior = StandardNormal{}.log_prob(z2) + p1(z2).log_prob(z1);
    return {px(z1).log_prob(repeat_rows(x, k)), prior - q_z1.log_prob(z1, k) - q_z2.log_prob(z2)};
  }
  Bound record(Tape& tape, std::span<const std::uint32_t> rows, const Now& now) override {
    Stream noise(s.seed, Purpose::latent, now.epoch, rows);
    const auto [log_px, log_ratio] = terms(tape, data.train, rows, noise, 1, now.epoch);
    return {log_px + now.beta * log_ratio, log_px, -log_ratio};
  }
};

int main(int n, char** arguments) try {
  const Settings s = read_settings(std::vector<std::string>(arguments + 1, arguments + n));
  const DataSet data = load_data(s);
  TwoLayers model(s, data);
  const Run run(s);
  Console console;
  train(s, data.train, model, run, console);
  Examples some = data.test;
  some.rows.resize(200);
  const auto log_weights = [&](Tape& tape, auto rows, Stream& noise, Index k) {
    const auto [log_px, log_ratio] =
        model.terms(tape, some, rows, noise, k, fixed_draw(Split::test));
    return reshape(log_px + log_ratio, Index(rows.size()), k);
  };
  std::cout << "nll " << evidence(some, 50, s.seed, log_weights).nll << "\n";
  Tape tape;
  Stream noise(1, Purpose::prior);
  const Var x =
      model.px(model.p1(StandardNormal{}.sample(tape, {50, 10}, noise)).sample(noise)).mean();
  const ImageGrid grid{.height = 28, .width = 28, .pixels = grey({x.val().data, 50 * 784})};
  draw(grid, run.folder() / "samples.png");
} catch (const Error& e) {
  std::cerr << e.what() << "\n";
  return 1;
}
