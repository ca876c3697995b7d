// What every row of the table promises, whatever it maximises, at a factor on the KL that is not 1.
#include <doctest/doctest.h>

#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/models/objectives/objective.hpp>

using namespace vaegrad;

namespace {

// Of 4 examples, in numbers that belong to no model
struct Case {
  const Objective& row;
  Index particles = row.deterministic ? 1 : 4;
  std::unique_ptr<Opponent> opponent = row.opponent ? row.opponent({2, 1}) : nullptr;
  ObjectiveSettings settings{.particles = particles,
                             .groups = row.groups ? 2 : 1,
                             .beta = 3,
                             .examples = 40,
                             .opponent = opponent.get()};
  Draw draw = {};
  Var log_px = {};
  std::uint32_t draws = 0;

  Var noise(Tape& tape, Index rows, Index columns) {
    const Var to = tape.variable(Shape{rows, columns});
    Stream(5, Purpose::test, ++draws).normal(to.val());
    return to;
  }
  Case(Tape& tape, const Objective& o) : row(o) {
    const Index B = 4, Z = 2, all = B * particles;
    draw.particles = particles;
    draw.z = noise(tape, all, Z), draw.q.mean = noise(tape, B, Z);
    draw.q.log_variance = noise(tape, B, Z), draw.prior_draws = noise(tape, B, Z);
    log_px = noise(tape, all, 1), draw.log_ratio = noise(tape, all, 1);
    if (o.wanted.factor) draw.factor = tape.constant(Shape{all, 1});
    if (o.wanted.kl) draw.kl = square(noise(tape, B, Z));
    if (o.wanted.decoder_weights) draw.decoder_weights = tape.constant({{0.3}});
    if (o.wanted.decoder_slope) draw.decoder_slope = square(noise(tape, B, 1));
  }
};

}  // namespace

TEST_CASE("objectives: each reports the two terms of the ELBO, without its own factors") {
  for (const Objective* o : objectives()) {
    INFO(std::string(o->name));
    Tape tape;
    const Case c(tape, *o);
    const Bound b = o->bound(c.log_px, c.draw, c.settings);
    for (Index i = 0; i < 4; ++i) {
      double log_likelihood = 0, kl = 0;
      for (Index k = 0; k < c.particles; ++k)
        log_likelihood += double(c.log_px.val()(i * c.particles + k, 0)) / double(c.particles);
      for (Index j = 0; j < 2 && !o->deterministic; ++j) kl += double(c.draw.kl.val()(i, j));
      CHECK(b.log_likelihood.val()(i, 0) == doctest::Approx(log_likelihood).epsilon(1e-12));
      CHECK(b.kl.val()(i, 0) == doctest::Approx(kl).epsilon(1e-12));
    }
  }
}

TEST_CASE("objectives: no factor on log p(x|z): what is added to it is added to each") {
  for (const Objective* o : objectives()) {
    INFO(std::string(o->name));
    Tape tape;
    const Case c(tape, *o);
    const Var here = o->bound(c.log_px, c.draw, c.settings).objective,
              above = o->bound(c.log_px + 5, c.draw, c.settings).objective;
    for (Index i = 0; i < 4; ++i)
      CHECK(above.val()(i, 0) - here.val()(i, 0) == doctest::Approx(5).epsilon(1e-10));
    tape.backward(sum(here));  // .. nor in the gradient: the weights of the draws are 1 together
    for (Index i = 0; i < 4; ++i) {
      double weights = 0;
      for (Index k = 0; k < c.particles; ++k)
        weights += double(c.log_px.adj()(i * c.particles + k, 0));
      CHECK(weights == doctest::Approx(1).epsilon(1e-10));
    }
  }
}
