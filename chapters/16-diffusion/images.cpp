// Chapter 16, third part: images, with convolutions, beside a VAE. Called by main.cpp.
//
// Symbols    x (B, D) pixels, −1 to 1     z (B, D) a layer     l log α²/σ² of it     T steps
#include <vaegrad/lab/data/batches.hpp>
#include <vaegrad/lab/run/training/progress.hpp>
#include <vaegrad/lab/uses/features.hpp>
#include <vaegrad/models/metrics/classifier.hpp>
#include <vaegrad/models/metrics/probe.hpp>

#include "diffusion.hpp"
#include "shallow.hpp"
#include "u_net.hpp"

namespace vaegrad {
namespace {

constexpr Index D = side * side;
constexpr double l_0 = first_level, l_T = last_level;
constexpr int T = 250;  // to draw

struct Deep {
  Parameters p;
  UNet net;
  explicit Deep(std::uint64_t seed) : net(p, {seed}) {}
  Var noise(Var z, Var l) const { return net(z, (l - l_0) / (l_T - l_0)); }
  Var operator()(Var z, Var l) const {  // x̂, kept where pixels are
    return clamp((z - sigma(l) * noise(z, l)) / alpha(l), -1.0, 1.0);
  }
};
Var bytes(Tape& tape, const Examples& of, std::span<const std::uint32_t> rows) {
  const Var x = tape.constant(Shape{Index(rows.size()), D});
  fill(x.val(), *of.file, rows, Binarize::none, 0, 0);
  for (Real& each : x.val()) each = std::nearbyint(255 * each);
  return x;
}
// Minimises the average of loss(bytes, noise), an image's, and says how far it is
template <class Loss>
void train(const char* what, Parameters& p, const Examples& data, unsigned steps,
           std::uint64_t seed, Loss loss) {
  Progress progress;
  Batches batches(data, 64, seed);
  Adam optimiser(p);
  Tape tape;
  for (unsigned step = 0, n = unsigned(data.count() / 64); step < steps; ++step) {
    if (step % n == 0) batches.shuffle(step / n);
    if (step > 0 && progress.due())
      progress.update(concat("training ", what, ": step ", step, " of ", steps, ", ",
                             duration(progress.seconds() * (steps - step) / step), " left"));
    tape.reset(), p.zero_gradient();
    Stream noise(seed, Purpose::latent, step);
    tape.backward(average(loss(bytes(tape, data, batches[step % n]), noise)));
    const double warm = std::min(1., (step + 1) / 100.);
    optimiser.rule.learning_rate = 2e-3 * warm * (1 - double(step) / steps), optimiser.step();
  }
  progress.finish(concat("trained ", what, " in ", duration(progress.seconds())));
}
// Averages of cost(bytes, noise) over each 100 of the images, four times each
template <class Cost>
std::vector<double> averages(const Examples& data, std::uint64_t seed, Cost cost) {
  const Batches groups(data, 100);
  std::vector<double> means(data.count() / 100);
  for (unsigned i = 0; i < 4 * means.size(); ++i) {
    Tape tape;
    Stream noise(seed, Purpose::evaluate, i);
    means[i / 4] += average(cost(bytes(tape, data, groups[i / 4]), noise)).item() / 4;
  }
  return means;
}
}  // namespace

DataSet three_kinds(const Chapter& chapter) {
  return load_data_set(chapter.data,
                       {.data_dir = chapter.data_dir, .validation = 0, .classes = {1, 8, 9}});
}

void images(Chapter& chapter, const DataSet& data) {
  const std::uint64_t seed = chapter.seed;
  Shallow vae(seed);
  Deep deep(seed);
  const auto minus_elbo = [&](Var x, Stream& noise) { return -elbo(vae.vae, x, noise)(); };
  train("a VAE", vae.p, data.train, 11000, seed, minus_elbo);
  train("a diffusion model", deep.p, data.train, 5000, seed, [&](Var byte, Stream& noise) {
    const Var x = pixel(byte), e = standard_noise(x.tape(), x.shape(), noise);
    const Var l = l_0 + (l_T - l_0) * even_times(x.tape(), x.shape().rows, noise);
    // (16.5)  minimise E ‖ε − ε̂(z_t, t)‖², here of a pixel
    return row_sums(square(e - deep.noise(alpha(l) * x + sigma(l) * e, l))) / double(D);
  });
  // (16.11)  what a pixel of the test images costs
  const auto of_vae = averages(data.test, seed, [&](Var x, Stream& noise) {
    return bits_per_dimension(minus_elbo(x, noise), D);
  });
  const auto of_deep = averages(data.test, seed, [&](Var x, Stream& noise) {
    return bits(std::cref(deep), pixel(x), 1000, noise);
  });
  const auto finer = averages(data.test, seed, [&](Var x, Stream& noise) {
    const Var time = 0.5 * even_times(x.tape(), x.shape().rows, noise);
    return 0.5 * step_bits(std::cref(deep), pixel(x), 1000, time, noise);
  });
  const Spread a = spread(of_vae), b = spread(of_deep), gain = paired(of_vae, of_deep);
  chapter.claim_between("(16.11)", "VAE, bits per dimension", a.mean, 3.2, 3.5);
  chapter.claim_between("(16.11)", "diffusion, bits per dimension", b.mean, 3, 3.5);
  chapter.note("of these, in the finer half of the steps", spread(finer).mean);
  chapter.note("standard error, of either", std::max(a.standard_error(), b.standard_error()));
  chapter.note("diffusion saves, on the same images", gain.mean);
  chapter.note("standard error of that", gain.standard_error());
  // How sure of what is drawn is a classifier that has learnt the training images?
  Classifier reader(D, 10);
  reader.fit(pixels(data.train), labels_of(data.train));
  const auto sure = [&](ConstMatrix x) { return share_above(reader.probabilities(x), 0.9); };
  OwnedMatrix drawn(1000, D);
  std::vector<std::uint8_t> strips[6];  // z_t and x̂ of the first three, on the way
  for (Index i = 0; i < 10; ++i)
    draw_bytes(std::cref(deep), T, {seed, Purpose::prior, std::uint32_t(i)},
               {drawn.view().row(100 * i), 100, D}, [&](int t, Var z, Var x) {
                 for (Index k = 0; i == 0 && t % 25 == 0 && k < 6; ++k) {
                   const Var shown = 0.5 + 0.5 * rows(k % 2 ? x : z, k / 2, 1);
                   std::ranges::copy(grey({shown.val().data, D}), std::back_inserter(strips[k]));
                 }
               });
  Tape tape;
  Stream noise(seed, Purpose::prior, 10);
  const Var decoded = vae.vae.decode(standard_noise(tape, {1000, Shallow::Z}, noise)).mean() / 255;
  const OwnedMatrix test = pixels(data.test);
  chapter.claim_between("(16.9)", "more than 0.9 sure, diffusion", sure(drawn), 0.9, 1);
  chapter.note("of the VAE's", sure(decoded.val()));
  chapter.note("of the test images", sure(test));
  ImageGrid film{"", side, side, T / 25 + 1}, grid{"", side, side, 12};
  for (const auto& strip : strips) std::ranges::copy(strip, std::back_inserter(film.pixels));
  for (int t = T; t >= 0; t -= 25) film.column_labels.push_back(concat(t));
  film.row_labels = {"z_t", "x̂", "z_t", "x̂", "z_t", "x̂"}, film.rows_per_group = 2,
  grid.rows_per_group = 3;
  const std::pair<const char*, ConstMatrix> sources[] = {
      {"test", test}, {"VAE", decoded.val()}, {"diffusion", drawn}};
  for (const auto& [name, x] : sources) {
    grid.row_labels.insert(grid.row_labels.end(), {name, "", ""});
    add_images(grid, {x.data, 36, D});
  }
  draw(film, chapter.figure("film.png")), draw(grid, chapter.figure("images.png"));
}

}  // namespace vaegrad
