// Optimisers against their papers' formulas written for one number at a time.
#include <doctest/doctest.h>

#include <cmath>
#include <vaegrad/autodiff/autodiff.hpp>

#include "../support/message.hpp"
#include "../support/threads.hpp"

using namespace vaegrad;

namespace {

// Σ ½ c_i (w_i − 1)² with c_i = 1 .. n: gradient c_i (w_i − 1)
struct Bowl {
  Parameters p;
  Param w, unused;
  explicit Bowl(Index n)
      : w(p.add("w", {1, n},
                [](Matrix w) {
                  for (Index j = 0; j < w.cols; ++j) w.data[j] = Real(j) / 7;
                })),
        unused(p.add("unused", {3, 5}, constant_fill(2))) {}

  void gradient(Tape& tape) {
    tape.reset();
    const Var c = tape.constant(Shape{1, w.shape.cols});
    for (Index j = 0; j < c.shape().cols; ++j) c.val().data[j] = Real(j + 1);
    p.zero_gradient();
    tape.backward(sum(0.5 * c * square(tape(w) - 1)));
  }
};

}  // namespace

TEST_CASE("SGD with momentum:  v ← μ v + g,  w ← w − η v") {
  Bowl bowl(37);
  Sgd optimiser(bowl.p, {.learning_rate = 0.003, .momentum = 0.9});
  std::vector<double> w(37), v(37);
  for (std::size_t j = 0; j < w.size(); ++j) w[j] = double(j) / 7;
  Tape tape;
  for (int step = 0; step < 20; ++step) {
    bowl.gradient(tape);
    optimiser.step();
    for (std::size_t j = 0; j < w.size(); ++j) {
      v[j] = 0.9 * v[j] + double(j + 1) * (w[j] - 1);
      w[j] -= 0.003 * v[j];
      REQUIRE(bowl.p.value(bowl.w).data[j] == doctest::Approx(w[j]).epsilon(1e-12));
    }
  }
  for (const Real x : bowl.p.value(bowl.unused)) CHECK(x == 2);
}

TEST_CASE("Adam: algorithm 1 of Kingma and Ba, with other betas, epsilon and second moment too") {
  for (const AdamRule rule :
       {AdamRule{}, AdamRule{0.01, 0.5, 0.99, 1e-4}, AdamRule{.second_moment = 0.3}}) {
    Bowl bowl(37);
    Adam optimiser(bowl.p, rule);
    std::vector<double> w(37), m(37), v(37, rule.second_moment);
    for (std::size_t j = 0; j < w.size(); ++j) w[j] = double(j) / 7;
    Tape tape;
    for (int t = 1; t <= 20; ++t) {
      bowl.gradient(tape);
      optimiser.step();
      for (std::size_t j = 0; j < w.size(); ++j) {
        const double g = double(j + 1) * (w[j] - 1);
        m[j] = rule.beta1 * m[j] + (1 - rule.beta1) * g;
        v[j] = rule.beta2 * v[j] + (1 - rule.beta2) * g * g;
        const double m_hat = m[j] / (1 - std::pow(rule.beta1, t)),
                     v_hat = v[j] / (1 - std::pow(rule.beta2, t));
        w[j] -= rule.learning_rate * m_hat / (std::sqrt(v_hat) + rule.epsilon);
        REQUIRE(bowl.p.value(bowl.w).data[j] == doctest::Approx(w[j]).epsilon(1e-10));
      }
    }
    CHECK(optimiser.steps() == 20);
    for (const Real x : bowl.p.value(bowl.unused)) CHECK(x == 2);
  }
}

TEST_CASE("RMSprop, and centred: the variance of the gradient in place of its square") {
  Bowl plain_bowl(37), bowl(37);
  RmsProp plain(plain_bowl.p, {.learning_rate = 0.01});
  CentredRmsProp centred(bowl.p, {.learning_rate = 0.002, .decay = 0.9, .epsilon = 1e-4});
  std::vector<double> u(37), r(37), w(37), m(37), s(37);
  for (std::size_t j = 0; j < w.size(); ++j) u[j] = w[j] = double(j) / 7;
  Tape tape;
  for (int t = 1; t <= 20; ++t) {
    plain_bowl.gradient(tape), plain.step();
    bowl.gradient(tape), centred.step();
    for (std::size_t j = 0; j < w.size(); ++j) {
      const double f = double(j + 1) * (u[j] - 1), g = double(j + 1) * (w[j] - 1);
      r[j] = 0.99 * r[j] + 0.01 * f * f;
      u[j] -= 0.01 * f / (std::sqrt(r[j]) + 1e-8);
      m[j] = 0.9 * m[j] + 0.1 * g, s[j] = 0.9 * s[j] + 0.1 * g * g;
      w[j] -= 0.002 * g / (std::sqrt(s[j] - m[j] * m[j]) + 1e-4);
      REQUIRE(plain_bowl.p.value(plain_bowl.w).data[j] == doctest::Approx(u[j]).epsilon(1e-10));
      REQUIRE(bowl.p.value(bowl.w).data[j] == doctest::Approx(w[j]).epsilon(1e-8));
    }
  }
  for (const Real x : bowl.p.value(bowl.unused)) CHECK(x == 2);  // no gradient, no variance
}

TEST_CASE("Adam's first step is the learning rate, whatever the gradient's size") {
  Bowl bowl(5);
  Adam optimiser(bowl.p, {.learning_rate = 1e-3});
  Tape tape;
  bowl.gradient(tape);
  optimiser.step();
  for (Index j = 0; j < 5; ++j)
    CHECK(bowl.p.value(bowl.w).data[j] == doctest::Approx(double(j) / 7 + 1e-3).epsilon(1e-9));
}

TEST_CASE("an optimiser that takes over moments and steps continues exactly") {
  Bowl one(50), two(50);
  Tape tape;
  Adam whole(one.p), first(two.p);
  for (int t = 0; t < 10; ++t) one.gradient(tape), whole.step();
  for (int t = 0; t < 4; ++t) two.gradient(tape), first.step();
  Adam second(two.p);
  second.moments() = first.moments();
  second.steps() = first.steps();
  for (int t = 4; t < 10; ++t) two.gradient(tape), second.step();
  CHECK(std::equal(one.p.values().begin(), one.p.values().end(), two.p.values().begin()));
}

TEST_CASE("a step is the same for every number of threads") {
  std::vector<Real> first;
  for (const int n : {1, 2, 3, 4, 8}) {
    const Threads use(n);
    Bowl bowl(100'003);
    Adam optimiser(bowl.p);
    Tape tape;
    for (int t = 0; t < 3; ++t) {
      bowl.gradient(tape);
      clip_gradient(bowl.p, 1);
      optimiser.step();
    }
    const auto w = bowl.p.values();
    if (first.empty()) first.assign(w.begin(), w.end());
    CHECK(std::equal(w.begin(), w.end(), first.begin()));
  }
}

TEST_CASE("clipping scales the whole gradient to the largest norm, and only down") {
  Parameters p;
  const Param a = p.add("a", {1, 1}), b = p.add("b", {1, 3000});
  Tape tape;
  const Var x = tape.constant(Shape{1, 3000});
  std::fill(x.val().begin(), x.val().end(), Real(4) / std::sqrt(Real(3000)));
  tape.backward(sum(3 * tape(a)) + sum(tape(b) * x));  // ‖g‖ = √(3² + 4²)
  CHECK(gradient_norm(p) == doctest::Approx(5).epsilon(1e-12));
  CHECK(clip_gradient(p, 10) == doctest::Approx(5).epsilon(1e-12));
  CHECK(p.gradient(a)(0, 0) == 3);
  CHECK(clip_gradient(p, 1) == doctest::Approx(5).epsilon(1e-12));
  CHECK(p.gradient(a)(0, 0) == doctest::Approx(0.6).epsilon(1e-12));
  CHECK(gradient_norm(p) == doctest::Approx(1).epsilon(1e-12));
  CHECK(message_of([&] { clip_gradient(p, 0); }) ==
        "clip_gradient: the largest norm is 0\n  hint: it must be positive");
}

TEST_CASE("normalising divides the gradient of each parameter by its own norm") {
  Parameters p;
  const Param a = p.add("a", {1, 2}), b = p.add("b", {2, 1}), none = p.add("none", {1, 3});
  const auto g = p.gradient();
  const auto of = [&](Param which, Index i) -> Real& { return g[std::size_t(which.offset + i)]; };
  of(a, 0) = 3, of(a, 1) = -4, of(b, 0) = 0, of(b, 1) = 1e-3;
  normalise_gradient(p);
  CHECK(double(of(a, 0)) == doctest::Approx(0.6).epsilon(1e-6));
  CHECK(double(of(a, 1)) == doctest::Approx(-0.8).epsilon(1e-6));
  CHECK(of(b, 0) == 0);
  CHECK(double(of(b, 1)) == doctest::Approx(1).epsilon(2e-4));  // 1e-3 / (1e-3 + 1e-7)
  for (Index i = 0; i < 3; ++i) CHECK(of(none, i) == 0);
}

TEST_CASE("what lies between two parameters stays zero") {
  Bowl bowl(3);  // 3 of 8 doubles in its cache line
  Adam adam(bowl.p);
  Tape tape;
  for (int t = 0; t < 3; ++t) bowl.gradient(tape), adam.step();
  for (std::size_t i = 3; i < std::size_t(bowl.unused.offset); ++i) {
    CHECK(bowl.p.values()[i] == 0);
    CHECK(bowl.p.gradient()[i] == 0);
  }
}

TEST_CASE("initialisers: variance and range") {
  const Shape shape{400, 300};
  const auto moments = [&](Initialiser which) {
    Parameters p;
    const Param w = p.add("w", shape, initial(which, 7, 0));
    double sum = 0, squares = 0, largest = 0;
    for (const Real x : p.value(w)) {
      sum += x;
      squares += x * x;
      largest = std::max(largest, std::abs(double(x)));
    }
    const double n = double(shape.size());
    CHECK(std::abs(sum / n) < 5 * std::sqrt(squares / n / n));  // 5 standard errors
    return std::pair(squares / n, largest);
  };
  // The sample variance of n numbers is within 5 √(2/n) of the variance: 2 %.
  const auto [glorot, limit] = moments(Initialiser::glorot);
  CHECK(glorot == doctest::Approx(2. / (400 + 300)).epsilon(0.02));  // a²/3, a² = 6 / (400 + 300)
  CHECK(limit <= std::sqrt(6. / 700));
  CHECK(moments(Initialiser::he).first == doctest::Approx(2. / 400).epsilon(0.02));
  CHECK(moments(Initialiser::normal).first == doctest::Approx(1e-4).epsilon(0.02));
  const auto [uniform, most] = moments(Initialiser::uniform);
  CHECK(uniform == doctest::Approx(1. / (3 * 400)).epsilon(0.02));
  CHECK(most <= 1. / 20);
  CHECK(message_of([] { initialiser("xavier"); }) ==
        "initialiser: there is none called 'xavier'\n  hint: one of glorot, he, normal, uniform");
}
