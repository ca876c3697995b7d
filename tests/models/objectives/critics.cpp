// What the objectives with a critic are, by hand of its logits: who climbs what, by which sign, and
// whose numbers are held fixed. (Against densities that are known: adversarial_f32.cpp, factor_f32.cpp.)
#include <doctest/doctest.h>

#include <cmath>
#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/models/objectives/critic.hpp>

using namespace vaegrad;

namespace {

double softplus_of(double x) { return std::log1p(std::exp(x)); }

// The critic's logits of these codes
std::vector<double> logits(const Opponent& critic, Var z) {
  const ConstMatrix v = dynamic_cast<const Critic&>(critic)(stop_gradient(z)).val();
  return {v.begin(), v.end()};
}

// The objective moves the codes, the loss the critic, and neither the other's.
void each_moves_its_own(const Objective& o, Tape& tape, Var log_px, Draw draw,
                        const ObjectiveSettings& s) {
  for (const bool objective : {true, false}) {
    const Var z = tape.variable(ConstMatrix(draw.z.val()));
    Draw d = draw;
    d.z = z;
    const Bound b = o.bound(log_px, d, s);
    s.opponent->parameters.zero_gradient();
    tape.backward(objective ? Var(sum(b.objective)) : b.opponent_loss);
    double moved = 0;
    for (const Real a : z.adj()) moved += std::abs(double(a));
    const double critic = gradient_norm(s.opponent->parameters);
    CAPTURE(objective);
    CHECK((objective ? moved : critic) > 1e-3);
    CHECK((objective ? critic : moved) == 0);
  }
}

}  // namespace

TEST_CASE("adversarial: the objective and the critic's loss by hand") {
  const auto critic = adversarial_objective.opponent({2, 1});
  Tape tape;
  Draw d;
  d.z = tape.constant({{1, -2}, {0.5, 3}, {-1, 1}, {2, 2.5}}), d.particles = 2;
  d.prior_draws = tape.constant({{0.2, 0.4}, {-3, 1}});
  d.kl = tape.constant({{0.3, 0.1}, {0.2, 4}});
  const Var log_px = tape.constant({{-1}, {-2}, {-3}, {-5}});
  ObjectiveSettings s{.particles = 2};
  s.opponent = critic.get(), s.set("regulariser-weight", 3);
  const auto of_code = logits(*critic, d.z), of_prior = logits(*critic, d.prior_draws);
  CHECK(std::abs(of_code[0] - of_code[1]) > 0.01);
  const Bound b = adversarial_objective.bound(log_px, d, s);
  // log p(x|z) + 3 log D(z),  D = 1 / (1 + e^−logit) of being the prior's
  for (std::size_t i = 0; i < 2; ++i)
    CHECK(b.objective.val()(Index(i), 0) ==
          doctest::Approx((i ? -4 : -1.5) -
                          3 * (softplus_of(-of_code[2 * i]) + softplus_of(-of_code[2 * i + 1])) / 2)
              .epsilon(1e-12));
  double loss = 0;
  for (const double l : of_code) loss += softplus_of(l) / 8;
  for (const double l : of_prior) loss += softplus_of(-l) / 4;
  CHECK(b.opponent_loss.item() == doctest::Approx(loss).epsilon(1e-12));
  each_moves_its_own(adversarial_objective, tape, log_px, d, s);
}

TEST_CASE("factor: the objective and the critic's loss by hand") {
  const auto critic = factor_objective.opponent({2, 1});
  Tape tape;
  Draw d;
  d.z = tape.constant({{1, -2}, {0.5, 3}, {-1, 1}, {2, 2.5}}), d.particles = 2;
  d.kl = tape.constant({{0.3, 0.1}, {0.2, 4}});
  const Var log_px = tape.constant({{-1}, {-2}, {-3}, {-5}});
  ObjectiveSettings s{.particles = 2, .beta = 0.5};
  s.opponent = critic.get(), s.set("factor-weight", 3);
  const auto l = logits(*critic, d.z);
  CHECK(std::abs(l[0] - l[1]) > 0.01);
  const Bound b = factor_objective.bound(log_px, d, s);
  CHECK(b.objective.val()(0, 0) ==
        doctest::Approx(-1.5 - 0.5 * 0.4 - 3 * (l[0] + l[1]) / 2).epsilon(1e-12));
  CHECK(b.objective.val()(1, 0) ==
        doctest::Approx(-4 - 0.5 * 4.2 - 3 * (l[2] + l[3]) / 2).epsilon(1e-12));
  each_moves_its_own(factor_objective, tape, log_px, d, s);
}

TEST_CASE("factor: of two codes the latents are exchanged in half of the steps") {
  const auto critic = factor_objective.opponent({2, 1});
  Tape tape;
  Draw d;
  d.z = tape.constant({{1, -2}, {0.5, 3}});
  d.kl = 0 * d.z;
  const Var log_px = tape.constant({{0}, {0}}), crossed = tape.constant({{1, 3}, {0.5, -2}});
  const auto real = logits(*critic, d.z), mixed = logits(*critic, crossed);
  // codes are to be told by a logit above 0, mixed ones by one below
  const auto loss = [&](const std::vector<double>& of) {
    return (softplus_of(-real[0]) + softplus_of(-real[1]) + softplus_of(of[0]) +
            softplus_of(of[1])) /
           4;
  };
  REQUIRE(std::abs(loss(real) - loss(mixed)) > 1e-4);
  ObjectiveSettings s;
  s.opponent = critic.get();
  int exchanged = 0;
  for (std::uint32_t step = 0; step < 100; ++step) {
    s.step = step;
    const double v = factor_objective.bound(log_px, d, s).opponent_loss.item();
    const bool is_mixed = std::abs(v - loss(mixed)) < std::abs(v - loss(real));
    CHECK(v == doctest::Approx(loss(is_mixed ? mixed : real)).epsilon(1e-12));
    exchanged += is_mixed;
  }
  CHECK(std::abs(exchanged - 50) < 20);  // 4 standard deviations of 5
}
