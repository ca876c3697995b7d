#include <iostream>
#include <vaegrad/autodiff/autodiff.hpp>
using namespace vaegrad;

int main() {
  Parameters parameters;
  const Param W = parameters.add("W", {2, 1}, constant_fill(0.5));
  Adam optimiser(parameters, {.learning_rate = 0.1});
  Tape tape;
  for (int step = 0; step < 200; ++step) {
    tape.reset();
    const Var x = tape.constant({{1, 0}, {0, 1}, {1, 1}}), y = tape.constant({{0}, {1}, {1}});
    const Var logits = matmul(x, tape(W));
    const Var loss = average(softplus(logits) - y * logits);  // one entry, no temporaries
    parameters.zero_gradient();
    tape.backward(loss);
    if (step == 0) std::cout << tape << "gradient " << W.owner->gradient(W)(0, 0) << "\n";
    optimiser.step();
  }
  std::cout << "W " << parameters.value(W)(0, 0) << ", " << parameters.value(W)(1, 0) << "\n";
}
