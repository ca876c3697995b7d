// Counts against the likelihoods that models are trained with: what a pixel takes is −log2 p(x|z).
#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include <vaegrad/models/coding/exact_math.hpp>
#include <vaegrad/models/coding/pixel_coder.hpp>
#include <vaegrad/models/likelihoods.hpp>

using namespace vaegrad;

namespace {

using Scale = PixelLikelihood::Scale;

const PixelLikelihood all_likelihoods[] = {
    {"bernoulli", 3},
    {"beta-binomial", 3},
    {"categorical", 3},
    {"discretised-logistic", 3, Scale::learned, -2.5},
    {"discretised-logistic", 3, Scale::fixed, 0.07},
    {"discretised-logistic", 3, Scale::per_pixel},
};

Block outputs(std::mt19937_64& random, Index count, double spread) {
  std::normal_distribution<double> normal(0, spread);
  Block b;
  b.resize(count, abreast);
  for (double& v : b.values) v = to_grid(normal(random), 26);
  return b;
}

double bits(const Rans& r) { return 32 * double(r.words().size()) + std::log2(double(r.state())); }

// −log2 p(x|z) of the first image, by the likelihood as it is trained
double reference(const PixelLikelihood& l, const Block& output, const std::uint8_t* x) {
  Tape tape;
  const Likelihood& row = likelihood(l.name);
  const Var y = tape.constant(Shape{1, output.features}), image = tape.constant(Shape{1, 3});
  for (Index f = 0; f < output.features; ++f) y.val()(0, f) = output.row(f)[0];
  for (Index p = 0; p < 3; ++p) image.val()(0, p) = x[p * output.width];
  Outputs o{y, 3, {}};
  if (l.scale == Scale::learned) o.log_scale = bounded(tape.constant(Real(l.scale_value)));
  if (l.scale == Scale::fixed) o.log_scale = tape.constant(Real(std::log(l.scale_value)));
  if (l.scale == Scale::per_pixel) o.log_scale = bounded(o.block(1));
  return -row.log_prob(o, image).val()(0, 0) / std::log(2.0);
}

}  // namespace

TEST_CASE("an image takes minus its log-likelihood, in bits, of every likelihood") {
  std::mt19937_64 random(1);
  for (const PixelLikelihood& l : all_likelihoods) {
    const auto coder = pixel_coder(l);
    double got = 0, expected = 0;
    for (int round = 0; round < 300; ++round) {
      const Block output = outputs(random, coder->outputs(), 1.5);
      std::vector<std::uint8_t> x(3 * abreast);
      // What the model would draw, so that no value is one of those that only the one count keeps:
      // pop from random bits.
      Rans source;
      source.push_bits(std::uint32_t(random() & 0x7fffffff), 31);
      source.push_bits(std::uint32_t(random() & 0x7fffffff), 31);
      source.push_bits(std::uint32_t(random() & 0x7fffffff), 31);
      source.push_bits(std::uint32_t(random() & 0x7fffffff), 31);
      coder->pop(source, output, 1, x.data());
      if (l.name == "bernoulli" && std::ranges::any_of(x, [](int b) { return b > 1; })) continue;
      Rans stack;
      const double before = bits(stack);
      coder->push(stack, output, 1, x.data());
      const double one = bits(stack) - before, wanted = reference(l, output, x.data());
      INFO(l.name, ": ", one, " bits, expected ", wanted);
      CHECK(std::abs(one - wanted) < 0.02 + 0.002 * wanted);
      got += one;
      expected += wanted;
    }
    INFO(l.name, ": ", got, " bits, expected ", expected);
    CHECK(got == doctest::Approx(expected).epsilon(0.002));
  }
}

TEST_CASE("the counts of a pixel's 256 values are a partition of 2^24, whatever the network says") {
  std::mt19937_64 random(2);
  for (PixelLikelihood l : all_likelihoods) {
    l.dimensions = 1;
    const auto coder = pixel_coder(l);
    for (const double spread : {0.0, 1.0, 30.0, 1e7}) {
      const Block output = outputs(random, coder->outputs(), spread);
      double sum = 0;
      for (int x = 0; x < 256; ++x) {
        const auto byte = std::uint8_t(x);
        std::vector<std::uint8_t> in(abreast, byte), out(abreast);
        // The largest state from which no count writes a word: lengths are exact to 10⁻⁴.
        Rans stack((std::uint64_t{1} << 39) - 1 - random() % 1000, {});
        const double before = bits(stack);
        coder->push(stack, output, 1, in.data());
        const double taken = bits(stack) - before;
        REQUIRE(taken < 24.0001);
        sum += std::exp2(-taken);
        coder->pop(stack, output, 1, out.data());
        REQUIRE(out[0] == byte);
      }
      INFO(l.name, " spread ", spread);
      CHECK(sum == doctest::Approx(1).epsilon(1e-4));
    }
  }
}

TEST_CASE("eight images at once are eight images, and come back") {
  std::mt19937_64 random(3);
  for (const PixelLikelihood& l : all_likelihoods) {
    const auto coder = pixel_coder(l);
    Block output;
    output.resize(coder->outputs(), 2 * abreast);
    std::normal_distribution<double> normal(0, 3);
    for (double& v : output.values) v = to_grid(normal(random), 26);
    for (Index images : {1, 7, 8, 9, 15, 16}) {
      std::vector<std::uint8_t> x(3 * 2 * abreast), back(x.size());
      for (auto& b : x) b = std::uint8_t(random());
      Rans stack;
      coder->push(stack, output, images, x.data());
      coder->pop(stack, output, images, back.data());
      for (Index p = 0; p < 3; ++p)
        for (Index i = 0; i < images; ++i)
          REQUIRE(back[std::size_t(p * 2 * abreast + i)] == x[std::size_t(p * 2 * abreast + i)]);
      CHECK(stack.at_bottom());
    }
  }
}

TEST_CASE("what is no probability of bytes is refused, and a scale where there is none") {
  CHECK_THROWS_WITH_AS(pixel_coder({"gaussian", 4}),
                       doctest::Contains("the gaussian likelihood is no probability of bytes"),
                       Error);
  CHECK_THROWS_WITH_AS(pixel_coder({"bernoulli", 4, Scale::fixed, 1}),
                       doctest::Contains("has no scale"), Error);
  CHECK_THROWS_WITH_AS(pixel_coder({"discretised-logistic", 4}), doctest::Contains("has a scale"),
                       Error);
}
