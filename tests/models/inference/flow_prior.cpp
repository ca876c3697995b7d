// The flow prior: its density integrates to 1, its log-determinant is that of a numerical Jacobian,
// and what it draws goes back to the noise that it was made of.
#include <doctest/doctest.h>

#include <cmath>
#include <vaegrad/models/distributions.hpp>
#include <vaegrad/models/inference/inference.hpp>
#include <vaegrad/models/inference/priors/coupling_flow.hpp>

#include "../../support/message.hpp"
#include "nobody.hpp"

using namespace vaegrad;

namespace {

void spread_out(Parameters& p, Real by) {
  std::uint32_t n = 0;
  for (const auto& [name, param] : p.list()) {
    const Matrix w = p.change_value(param);
    Stream(5, Purpose::test, n++).normal(w);
    for (Real& x : w) x *= by;
  }
}

struct Flow {
  Parameters parameters;
  std::unique_ptr<Prior> prior;
  Nobody nobody;

  explicit Flow(Index latent) {
    PriorSpec s{latent, 0, {5}, activation("tanh"), {}};
    s.flows = 4;
    prior = vaegrad::prior("flow").make(parameters, s);
  }
  Var log_prob(Var z) const { return prior->log_prob(prior->given(z.tape(), {}, nobody), z, 1); }
  Var sample(Tape& tape, Index count, Stream& noise) const {
    return prior->sample(prior->given(tape, {}, nobody), tape, count, noise, 1);
  }
};

}  // namespace

TEST_CASE("flow: before it is trained it is N(0, I)") {
  const Flow f(3);
  Tape tape;
  Stream noise(1, Purpose::test);
  const Var z = standard_noise(tape, {20, 3}, noise), log_p = f.log_prob(z),
            want = StandardNormal{}.log_prob(z);
  for (Index i = 0; i < 20; ++i) CHECK(log_p.val()(i, 0) == want.val()(i, 0));
}

TEST_CASE("flow: its density integrates to 1, and its mean log p over draws is minus its entropy") {
  Flow f(2);
  spread_out(f.parameters, 0.5);
  double sum = 0, entropy = 0;
  constexpr double h = 0.05;
  constexpr Index side = 1600;
  for (Index a = 0; a < side; ++a) {
    Tape tape;
    const Var z = tape.constant(Shape{side, 2});
    for (Index b = 0; b < side; ++b)
      z.val()(b, 0) = h * double(a - side / 2), z.val()(b, 1) = h * double(b - side / 2);
    const Var log_p = f.log_prob(z);
    for (const Real l : log_p.val())
      sum += h * h * std::exp(double(l)), entropy -= h * h * std::exp(double(l)) * double(l);
  }
  MESSAGE("its density sums to 1 + ", sum - 1);
  CHECK(std::abs(sum - 1) < 1e-6);

  Tape tape;
  Stream noise(2, Purpose::prior);
  constexpr Index n = 40000;
  const Var log_p = f.log_prob(f.sample(tape, n, noise));
  double mean = 0, squares = 0;
  for (const Real l : log_p.val()) {
    mean += double(l) / double(n), squares += double(l) * double(l) / double(n);
  }
  CHECK(std::abs(mean + entropy) < 3.5 * std::sqrt((squares - mean * mean) / double(n)));
}

TEST_CASE("flow: what is drawn goes back to its noise, and every dimension is moved") {
  for (const Index latent : {2, 3, 8}) {
    Flow f(latent);
    spread_out(f.parameters, 0.7);
    Parameters again;
    CouplingFlow flow(again, "prior", latent, 4, 5, activation("tanh"), {});
    spread_out(again, 0.7);
    Tape tape;
    Stream noise(3, Purpose::prior), same(3, Purpose::prior);
    const Var z = f.sample(tape, 50, noise), e = standard_noise(tape, {50, latent}, same);
    const auto back = flow.inverse(z);
    for (Index j = 0; j < latent; ++j) {
      double moved = 0;
      for (Index i = 0; i < 50; ++i) {
        CHECK(std::abs(back.base.val()(i, j) - e.val()(i, j)) < 1e-10);
        moved = std::max(moved, std::abs(double(z.val()(i, j) - e.val()(i, j))));
      }
      CHECK(moved > 0.1);
    }
  }
}

TEST_CASE("flow: its log-determinant is that of a numerical Jacobian") {
  constexpr Index D = 3;
  Parameters p;
  CouplingFlow flow(p, "prior", D, 4, 5, activation("tanh"), {});
  spread_out(p, 0.7);
  Tape tape;
  Stream noise(4, Purpose::test);
  const Var z = standard_noise(tape, {20, D}, noise), log_det = flow.inverse(z).log_det;
  constexpr double h = 1e-3;
  for (Index i = 0; i < 20; ++i) {
    // of ∂ε/∂z_j, to the fourth order: (8 (ε(+h) − ε(−h)) − (ε(+2h) − ε(−2h))) / 12 h
    const Var near = tape.constant(Shape{4 * D, D});
    const double steps[] = {h, -h, 2 * h, -2 * h}, weights[] = {8, -8, -1, 1};
    for (Index r = 0; r < 4 * D; ++r)
      for (Index j = 0; j < D; ++j)
        near.val()(r, j) = z.val()(i, j) + (r / 4 == j ? steps[r % 4] : 0);
    const ConstMatrix base = flow.inverse(near).base.val();
    double J[D][D] = {};
    for (Index r = 0; r < 4 * D; ++r)
      for (Index j = 0; j < D; ++j) J[r / 4][j] += weights[r % 4] * base(r, j) / (12 * h);
    const double det = J[0][0] * (J[1][1] * J[2][2] - J[1][2] * J[2][1]) -
                       J[0][1] * (J[1][0] * J[2][2] - J[1][2] * J[2][0]) +
                       J[0][2] * (J[1][0] * J[2][1] - J[1][1] * J[2][0]);
    CHECK(std::abs(log_det.val()(i, 0)) > 1e-3);
    CHECK(std::abs(log_det.val()(i, 0) - std::log(std::abs(det))) < 1e-7);
  }
}

TEST_CASE("flow: one latent has no other half") {
  CHECK(message_of([] { Flow{1}; }) ==
        "flow: one latent has no other half to be moved by: 1\n"
        "  hint: the mixture prior, or two latents and more");
}
