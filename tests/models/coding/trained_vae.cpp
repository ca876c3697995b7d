// A VAE on the tape and its weights in the coder are the same model: lengths agree with the bound.
#include <doctest/doctest.h>

#include <vaegrad/models/coding/trained_vae.hpp>

using namespace vaegrad;

TEST_CASE("images cost minus the ELBO of the model they were drawn from") {
  constexpr Index D = 40, N = 4000;
  Parameters p;
  const GaussianMlp encode(p, "encoder", D, {16}, 3, activation("tanh"), {2});
  const BernoulliMlp decode(p, "decoder", 3, {16}, D, activation("tanh"), {2});
  Tape tape;
  Stream noise(1, Purpose::test);
  const Var x = decode(StandardNormal{}.sample(tape, {N, 3}, noise)).sample(noise);
  const DiagonalGaussian q = encode(x);
  const double elbo =
      average(Var(decode(q.sample(noise)).log_prob(x) - kl(q, StandardNormal{}))).item();
  const std::vector<std::uint8_t> pixels(x.val().begin(), x.val().end());
  const BitsBack coder(vae_weights(encode, decode));
  const Rans stack = coder.compress(pixels);
  CHECK(stack.bits() * std::log(2) / N == doctest::Approx(-elbo).epsilon(0.01));
  std::vector<std::uint8_t> back(pixels.size());
  coder.decompress(stack, back);
  CHECK(back == pixels);
}

TEST_CASE("networks with two activations are refused") {
  Parameters p;
  const GaussianMlp encode(p, "encoder", 4, {3}, 2, activation("relu"), {1});
  const BernoulliMlp decode(p, "decoder", 2, {3}, 4, activation("tanh"), {1});
  CHECK_THROWS_WITH_AS(vae_weights(encode, decode),
                       "coding: the encoder's activation is relu, the decoder's tanh\n"
                       "  hint: give both networks the same",
                       Error);
}
