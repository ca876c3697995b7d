// FactorVAE's critic against a density ratio that is known, and what each of the two is moved by.
#include <doctest/doctest.h>

#include <cmath>
#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/models/objectives/objective.hpp>

using namespace vaegrad;

namespace {

// Codes (z_0, z_1) ~ N(0, [1 ρ; ρ 1]), which depend on a variable that is moved.
Draw correlated(Tape& tape, double rho, Index n, std::uint32_t step, Var shift) {
  const Var e = tape.constant(Shape{n, 2});
  Stream(1, Purpose::test, step).normal(e.val());
  for (Index i = 0; i < n; ++i)
    e.val()(i, 1) = Real(rho) * e.val()(i, 0) + Real(std::sqrt(1 - rho * rho)) * e.val()(i, 1);
  Draw d;
  d.z = e + shift;
  d.kl = 0 * square(d.z);
  return d;
}

}  // namespace

TEST_CASE("factor: at its best the critic's logit is the log density ratio: its mean is the TC") {
  constexpr double rho = 0.8;
  const auto critic = factor_objective.opponent({2, 1});
  Adam adam(critic->parameters, {.learning_rate = 2e-3});
  ObjectiveSettings s;
  s.opponent = critic.get();
  s.set("factor-weight", 1);
  Tape tape;
  double tc = 0, count = 0;
  for (std::uint32_t step = 0; step < 700; ++step) {
    tape.reset();
    const Draw d = correlated(tape, rho, 512, step, tape.constant({{0, 0}}));
    s.step = step;
    const Var zero = tape.constant(Shape{512, 1});
    std::fill(zero.val().begin(), zero.val().end(), Real{0});
    const Bound b = factor_objective.bound(zero, d, s);
    critic->parameters.zero_gradient();
    tape.backward(b.opponent_loss);
    adam.step();
    if (step >= 500) tc -= Var(average(b.objective)).item(), ++count;
  }
  CHECK(tc / count == doctest::Approx(-0.5 * std::log(1 - rho * rho)).epsilon(0.1));
}

TEST_CASE(
    "factor: the objective moves the codes and not the critic, the loss the other way round") {
  const auto critic = factor_objective.opponent({2, 1});
  ObjectiveSettings s;
  s.opponent = critic.get();
  Tape tape;
  for (const bool objective : {true, false}) {
    tape.reset();
    const Var shift = tape.variable({{0.3, -0.2}});
    const Draw d = correlated(tape, 0.5, 64, 0, shift);
    const Var zero = 0 * row_sums(d.z);
    const Bound b = factor_objective.bound(zero, d, s);
    critic->parameters.zero_gradient();
    tape.backward(objective ? Var(average(b.objective)) : b.opponent_loss);
    CHECK((gradient_norm(critic->parameters) == 0) == objective);
    CHECK((shift.adj()(0, 0) != 0) == objective);
  }
}
