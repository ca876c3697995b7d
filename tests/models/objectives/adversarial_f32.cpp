// The adversary of codes against a density ratio that is known, and what each of the two is moved
// by.
#include <doctest/doctest.h>

#include <cmath>
#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/models/objectives/objective.hpp>

using namespace vaegrad;

namespace {

// Codes z ~ N(shift, 1), and draws of N(0, 1)
Draw shifted(Tape& tape, Index n, std::uint32_t step, Var shift) {
  const Var e = tape.constant(Shape{n, 1}), p = tape.constant(Shape{n, 1});
  Stream(1, Purpose::test, 2 * step).normal(e.val());
  Stream(1, Purpose::test, 2 * step + 1).normal(p.val());
  Draw d;
  d.z = e + shift, d.prior_draws = p;
  d.kl = 0 * square(d.z);
  return d;
}

}  // namespace

TEST_CASE("adversarial: at its best the critic's logit is log p(z)/q(z)") {
  constexpr double shift = 1;
  const auto critic = adversarial_objective.opponent({1, 1});
  Adam adam(critic->parameters, {.learning_rate = 1e-3});
  ObjectiveSettings s;
  s.opponent = critic.get();
  s.set("regulariser-weight", 2);
  Tape tape;
  double penalty = 0, count = 0;
  for (std::uint32_t step = 0; step < 500; ++step) {
    tape.reset();
    const Draw d = shifted(tape, 512, step, tape.constant({{Real(shift)}}));
    const Bound b = adversarial_objective.bound(0 * d.z, d, s);
    critic->parameters.zero_gradient();
    tape.backward(b.opponent_loss);
    adam.step();
    if (step >= 300) penalty -= Var(average(b.objective)).item(), ++count;
  }
  // 2 E_q softplus(log q/p),  log q(z)/p(z) = shift (z − shift/2)
  double want = 0;
  for (double e = -8; e < 8; e += 0.01)
    want += 2 * 0.01 * std::exp(-e * e / 2) / std::sqrt(2 * std::acos(-1.0)) *
            std::log1p(std::exp(shift * (e + shift / 2)));
  penalty /= count;
  INFO(penalty, " of ", want);
  CHECK(std::abs(penalty - want) < 0.04 * want);
}

TEST_CASE("adversarial: the objective moves the codes and not the critic, the loss it alone") {
  const auto critic = adversarial_objective.opponent({1, 1});
  ObjectiveSettings s;
  s.opponent = critic.get();
  Tape tape;
  for (const bool objective : {true, false}) {
    tape.reset();
    const Var shift = tape.variable({{0.3f}});
    const Draw d = shifted(tape, 64, 0, shift);
    const Bound b = adversarial_objective.bound(0 * d.z, d, s);
    critic->parameters.zero_gradient();
    tape.backward(objective ? Var(average(b.objective)) : b.opponent_loss);
    CHECK((gradient_norm(critic->parameters) == 0) == objective);
    CHECK((shift.adj()(0, 0) != 0) == objective);
  }
}
