// Chapter 10: Compression
//
// Question   What is the ELBO worth in bytes?
// Answer     Minus the ELBO, in bits, is what an image costs, without loss: the bits that choose z
//            are taken from the message so far, and whoever decodes puts them back.
//
// Symbols    x (N, D) pixels, 0 or 1     z (N, Z) code     n symbols     c of 2^b counts
#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/lab/chapter.hpp>
#include <vaegrad/lab/data/batches.hpp>
#include <vaegrad/lab/files/packed.hpp>
#include <vaegrad/lab/pictures/plot.hpp>
#include <vaegrad/models/coding/symbol_table.hpp>
#include <vaegrad/models/coding/trained_vae.hpp>

using namespace vaegrad;

namespace {

constexpr Index D = 784, H = 400, Z = 20, B = 128;
constexpr std::uint32_t n = 100000;

struct Cost {  // bits of symbols of probability p
  double average = 0, squares = 0;
  void add(double p, double bits) { average += p * bits, squares += p * bits * bits; }
  double variance() const { return squares - average * average; }
};
// z is one of 4, x one of 8 and near z: everything is a sum of a few terms
Chart toy(Chapter& chapter) {
  const auto seed = std::uint32_t(2 * chapter.seed);
  std::vector<SymbolTable> likelihood, posterior, bolder;
  const SymbolTable prior(4, [](auto) { return 1; });
  for (int z = 0; z < 4; ++z)
    likelihood.emplace_back(8, [z](auto x) { return std::exp(-0.7 * std::abs(int(x) - z)); });
  const auto pxz = [&](auto x, unsigned z) { return likelihood[z].probability(x) / 4; };
  for (std::uint32_t x = 0; x < 8; ++x) {
    posterior.emplace_back(4, [&](auto z) { return pxz(x, z); });
    bolder.emplace_back(4, [&](auto z) { return z == x % 4 ? 0.4 : 0.2; });
  }
  const SymbolTable p(8, [&](auto x) { return pxz(x, 0) + pxz(x, 1) + pxz(x, 2) + pxz(x, 3); });
  Cost H, information;  // (10.1)  H = Σ p(x) log2 1/p(x)
  for (std::uint32_t x = 0; x < 8; ++x) H.add(p.probability(x), -std::log2(p.probability(x)));
  Rans source = Rans::random(seed, 20000), before = source;
  std::vector<std::uint32_t> data(n);
  for (auto& x : data) x = p.pop(source), information.add(1, -std::log2(p.probability(x)));
  const double popped = before.bits() - source.bits(), band = 5 * std::sqrt(H.variance() / n);
  chapter.claim("(10.1)", "popped from random bits: bits per x = H", popped / n, H.average, band);
  // (10.3)  Σ log2 1/p(x),  within n 2^(b − 31) log2 e
  const double rounding = n * std::numbers::log2e / (1 << (31 - SymbolTable::bits));
  chapter.claim("(10.3)", "bits of all x = Σ log2 1/p(x)", popped, information.average, rounding);
  // (10.2)  state ← 2^b ⌊state/c⌋ + first + state mod c
  for (std::uint32_t i = n; i-- > 0;) p.push(source, data[i]);
  chapter.claim("(10.2)", "pushed again: the stack is as before", source == before, 1, 0);
  Chart chart{"Ten x on the stack", "symbols popped or pushed", "bits more than at first"};
  for (const auto& [label, text, q] : {std::tuple("(10.4)", "z lost", &posterior),
                                       std::tuple("(10.6)", "bits back, q = p(z|x)", &posterior),
                                       std::tuple("(10.5)", "bits back, another q", &bolder)}) {
    const bool back = text[0] == 'b';
    double expected = 0, variance = 0, wrong = 0;
    for (std::uint32_t x : data) {
      // (10.4)  log2 1/p(x, z);  (10.5)  − log2 1/q(z|x);  (10.6)  log2 1/p(x) for each z
      Cost cost;
      for (std::uint32_t z = 0; z < 4; ++z) {
        const double qz = (*q)[x].probability(z);
        cost.add(qz, (back ? std::log2(qz) : 0) - std::log2(pxz(x, z)));
      }
      expected += cost.average / n, variance += cost.variance() / n / n;
    }
    // The next z is drawn with bits of this one: a known xor makes them random
    const auto mask = [](std::uint32_t i) { return random_bits(i) >> 30; };
    Rans stack = Rans::random(seed + 1, 64), first = stack;
    Series line{text};
    const auto see = [&] { line.y.push_back(stack.bits() - first.bits()); };
    for (std::uint32_t i = 0; i < n; ++i) {
      const std::uint32_t x = data[i], z = (*q)[x].pop(back ? stack : source);
      see(), likelihood[z].push(stack, x), see(), prior.push(stack, z ^ mask(i)), see();
    }
    const double bits = line.y.back() / n, tolerance = 0.002 + 5 * std::sqrt(variance);
    chapter.claim(label, concat(text, ": bits per x"), bits, expected, tolerance);
    for (std::uint32_t i = n; i-- > 0;) {
      const std::uint32_t z = prior.pop(stack) ^ mask(i), x = likelihood[z].pop(stack);
      wrong += x != data[i];
      if (back) (*q)[x].push(stack, z);
    }
    chapter.claim(label, "decoded: wrong x, wrong stack", wrong + !(stack == first), 0, 0);
    for (int i = 0; i < 30; ++i) line.x.push_back(i);
    line.y.resize(30), chart.series.push_back(line);
  }
  return chart;
}

int chapter_10(Chapter& chapter) {
  const Chart left = toy(chapter);
  DataSet data = load_data_set(chapter.data, {.data_dir = chapter.data_dir, .validation = 0});
  if (chapter.quick) data.train.rows.resize(12000), data.test.rows.resize(1000);
  Parameters p;
  const Vae vae{GaussianMlp(p, "encoder", D, {H}, Z, activation("relu"), {chapter.seed}),
                BernoulliMlp(p, "decoder", Z, {H}, D, activation("relu"), {chapter.seed})};
  Tape tape;
  const auto see = [&](const Examples& from, auto rows, Purpose purpose, std::uint32_t draw) {
    tape.reset();
    const Var x = tape.constant(Shape{Index(rows.size()), D});
    fill(x.val(), *from.file, rows, Binarize::sample, chapter.seed, draw);
    Stream noise(chapter.seed, purpose, draw, rows);
    return std::pair(x, average(elbo(vae, x, noise)()));
  };
  Batches batches(data.train, B, chapter.seed);
  Adam optimiser(p);
  for (unsigned epoch = 0, epochs = chapter.quick ? 4 : 10; epoch < epochs; ++epoch) {
    batches.shuffle(epoch), optimiser.rule.learning_rate = 2e-3 * (1 - double(epoch) / epochs);
    for (std::size_t i = 0; i < batches.count(); ++i) {
      const Var bound = see(data.train, batches[i], Purpose::latent, epoch).second;
      p.zero_gradient(), tape.backward(-bound);
      optimiser.step();
    }
  }
  const auto [x, bound] =
      see(data.test, data.test.rows, Purpose::evaluate, fixed_draw(Split::test));
  const std::vector<std::uint8_t> pixels(x.val().begin(), x.val().end());
  const BitsBack coder(vae_weights(vae.encode, vae.decode));
  std::vector<std::uint8_t> decoded(pixels.size());
  coder.decompress(coder.compress(pixels), decoded);
  Chart chart{"Images", "images in the file", "bits per image"};
  chart.log_x = true, chart.references = {{-bound.item() / std::log(2), "−ELBO / log 2"}};
  const auto line = [&](const char* name, auto bytes) {
    Series s{name};
    for (std::size_t m = 1; m <= data.test.count(); m *= 10)
      s.x.push_back(double(m)),
          s.y.push_back(8 * double(bytes(std::span(&pixels[0], m * D))) / double(m));
    chart.series.push_back(s), chapter.note(concat("images, ", name, ": bits each"), s.y.back());
    return s.y.back();
  };
  const double bits = line("bits back", [&](auto some) { return coder.compress(some).bits() / 8; });
  double best = 1e9;
  for (const ImagePacking& how : binary_image_packings())
    best = std::min(best, line(how.name, [&](auto some) { return how.bytes(some, D, 28); }));
  // (10.7)  z in pieces of 12 bits;  (10.8)  −ELBO / log 2 bits per image;  (10.9)  the shortest
  chapter.claim("(10.8)", "images: bits back / −ELBO", bits * std::log(2) / -bound.item(), 1, 0.01);
  chapter.claim("(10.8)", "images: decoded = input", pixels == decoded, 1, 0);
  chapter.claim_between("(10.9)", "images: bits back / the best other", bits / best, 0.6, 0.95);
  chapter.note("images until the model is paid for", 32 * double(p.count()) / (best - bits));
  draw(std::vector{left, chart}, chapter.figure("bits.png"));
  return chapter.exit_status();
}

}  // namespace

int main(int n, char** argv) { return run_chapter(n, argv, "10-compression", chapter_10); }
