// The README's engine in fifteen lines.
#include <iostream>
#include <vaegrad/models/models.hpp>
using namespace vaegrad;

int main() {
  Parameters parameters;
  const Activation a = activation("tanh");
  Vae vae{GaussianMlp(parameters, "encoder", 4, {}, 2, a, {.seed = 1}),     // x -> q(z|x)
          BernoulliMlp(parameters, "decoder", 2, {3}, 4, a, {.seed = 1})};  // z -> p(x|z)
  Tape tape;
  Stream noise(1, Purpose::latent);
  const Var x = tape.constant({{1, 1, 0, 0}, {0, 0, 1, 1}});
  const Elbo bound = elbo(vae, x, noise);  // E log p(x|z) and KL, one row per example
  tape.backward(-average(bound()));
  std::cout << tape << "gradient norm " << gradient_norm(parameters) << "\n";
}
