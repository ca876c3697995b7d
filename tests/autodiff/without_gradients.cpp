// Frozen parameters, memory that is used again, and threads that share parameters.
#include <doctest/doctest.h>

#include <thread>
#include <vaegrad/autodiff/autodiff.hpp>

using namespace vaegrad;

namespace {

struct Network {
  Parameters parameters;
  Param W = parameters.add("W", {5, 4}, initial(Initialiser::glorot, 1, 0)),
        V = parameters.add("V", {4, 3}, initial(Initialiser::glorot, 1, 1));
  Var operator()(Tape& tape, Var x) const {
    return softplus(matmul(tanh(matmul(x, tape(W))), tape(V)));
  }
};
std::vector<Real> data(Index rows) {
  std::vector<Real> x(std::size_t(rows * 5));
  Stream(3, Purpose::test).normal({x.data(), rows, 5});
  return x;
}
ConstMatrix part(const std::vector<Real>& x, Index first, Index count) {
  return {x.data() + first * 5, count, 5};
}

}  // namespace

TEST_CASE("frozen parameters get no gradient, and the others the same") {
  Network model, critic;
  Tape tape;
  const auto x = data(6);
  const auto loss = [&](bool frozen) {
    tape.reset();
    const Var y = model(tape, tape.constant(part(x, 0, 6)));
    const Var z = concatenate_columns(y, y * y, columns(y, 0, 1));
    if (!frozen) return Var(sum(critic(tape, columns(z, 0, 5))));
    const Frozen critic_stays(tape, critic.parameters);
    return Var(sum(critic(tape, columns(z, 0, 5))));
  };
  tape.backward(loss(false));
  const std::vector<Real> whole(model.parameters.gradient().begin(),
                                model.parameters.gradient().end());
  CHECK(gradient_norm(critic.parameters) > 0);
  model.parameters.zero_gradient(), critic.parameters.zero_gradient();
  tape.backward(loss(true));
  CHECK(gradient_norm(critic.parameters) == 0);
  CHECK(std::equal(whole.begin(), whole.end(), model.parameters.gradient().begin()));
  model.parameters.zero_gradient();
  tape.backward(loss(false));  // thawed
  CHECK(gradient_norm(critic.parameters) > 0);

  const Frozen all(tape);
  CHECK_THROWS_WITH_AS(tape.backward(loss(false)), doctest::Contains("depends on no parameter"),
                       Error);
  CHECK_THROWS_AS(tape.variable(Real(1)).adj(), Error);
}

TEST_CASE("what is temporary is forgotten, what was there before stays") {
  Tape tape;
  const Var x = tape.variable({{1, 2, 3}});
  Var kept, lost;
  {
    const Temporary these(tape);
    lost = exp(x);
    CHECK(lost.val()(0, 0) == doctest::Approx(std::exp(1.0)));
  }
  CHECK(tape.size() == 1);
  kept = x * x;  // where `lost` was
  CHECK_THROWS_WITH_AS(lost.val(), doctest::Contains("stale Var"), Error);
  CHECK(x.val()(0, 2) == 3);
  tape.backward(sum(kept));
  CHECK(x.adj()(0, 2) == 6);
  tape.reset();
  CHECK_THROWS_AS(x.val(), Error);
  CHECK_THROWS_AS(kept.val(), Error);
}

TEST_CASE("rows are evaluated in the memory of a piece of them") {
  const Network f;
  constexpr Index rows = 5003;
  const auto x = data(rows);
  Tape whole, pieces;
  const Var all = f(whole, whole.constant(part(x, 0, rows)));
  std::vector<Real> y(std::size_t(rows * 3));
  for (const Index piece : {Index(1), Index(128), rows + 1}) {
    Tape tape;
    evaluate_rows(
        tape, {y.data(), rows, 3},
        [&](Index first, Index count) { return f(tape, tape.constant(part(x, first, count))); },
        piece);
    CHECK(tape.size() == 0);
    for (std::size_t i = 0; i < y.size(); ++i)
      REQUIRE(y[i] == doctest::Approx(all.val().data[i]).epsilon(1e-5));
    if (piece == 128) CHECK(4 * tape.memory() < whole.memory());
  }
  CHECK_THROWS_WITH_AS(
      evaluate_rows(
          pieces, {y.data(), 9, 3},
          [&](Index first, Index count) { return pieces.constant(part(x, first, count)); }),
      doctest::Contains("evaluate_rows: the result is (9, 5), expected (9, 3)"), Error);
}

TEST_CASE("between two evaluations parameters may change, and what a callback resets stays reset") {
  Network f;
  const auto x = data(8);
  Tape tape;
  std::vector<Real> y(8 * 3);
  const auto evaluate = [&] {
    evaluate_rows(tape, {y.data(), 8, 3}, [&](Index first, Index count) {
      return f(tape, tape.constant(part(x, first, count)));
    });
  };
  const Var earlier = tape.variable(Real(2));
  evaluate();
  const Real before = y[0];
  f.parameters.change_value(f.V).data[0] += 1;
  evaluate();  // nothing that is still there knew the old numbers
  CHECK(y[0] != before);
  CHECK(earlier.item() == 2);

  {
    const Temporary these(tape);
    tape.reset();
    CHECK(f(tape, tape.constant(part(x, 0, 8))).shape() == Shape{8, 3});
  }
  CHECK(tape.size() == 0);
  CHECK_THROWS_AS(earlier.item(), Error);
}

TEST_CASE("adjoints of what is temporary are forgotten too, those of earlier values stay") {
  Tape tape;
  const Var x = tape.variable(Shape{1, 1 << 12});
  std::fill(x.val().begin(), x.val().end(), Real(3));
  std::size_t memory = 0;
  for (int i = 0; i < 100; ++i) {
    const Temporary these(tape);
    const Var y = tape.variable(x.val());
    tape.backward(sum(y * y));
    CHECK(y.adj()(0, 7) == 6);
    if (i == 0) memory = tape.memory();
  }
  CHECK(tape.memory() == memory);
  {
    const Temporary these(tape);
    tape.backward(sum(x * x));
  }
  const Var other = tape.variable(x.val());
  tape.backward(sum(other * 7));
  CHECK(other.adj()(0, 7) == 7);
  {
    const Temporary these(tape);
    tape.backward(sum(x * x));
  }
  CHECK(x.adj()(0, 7) == 6);
}

TEST_CASE("a Param is asked of the block that it was added to") {
  Network f, g;
  CHECK_THROWS_WITH_AS(f.parameters.value(g.W),
                       doctest::Contains("parameters: a Param of another block"), Error);
  CHECK_THROWS_AS(f.parameters.change_value(g.W), Error);
  CHECK_THROWS_AS(f.parameters.gradient(Param{}), Error);
  Tape tape;
  Gradient gradient(f.parameters);
  tape.collect(f.parameters, gradient);
  CHECK_THROWS_WITH_AS(f.parameters.add("late", {1, 1}), doctest::Contains("after a tape"), Error);
}

TEST_CASE("four threads record on the same parameters") {
  const Network f;
  const auto x = data(64);
  Tape tape;
  const Var expected = f(tape, tape.constant(part(x, 0, 64)));
  std::vector<std::thread> all;
  std::vector<int> wrong(4);
  for (std::size_t t = 0; t < 4; ++t)
    all.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        Tape own;
        const Var y = f(own, own.constant(part(x, 0, 64)));
        wrong[t] += !std::equal(y.val().begin(), y.val().end(), expected.val().begin());
      }
    });
  for (std::thread& t : all) t.join();
  CHECK(wrong == std::vector<int>(4));
}

template <class T>
concept TakesTwoNumbers = requires(T& tape) {
  tape.constant({2, 3});
};
template <class T>
concept TakesANumberAndASize = requires(T& tape, Index n) {
  tape.constant({2, n});
};
template <class T>
concept TakesRows = requires(T& tape) {
  tape.constant({{2, 3}});
};
static_assert(!TakesTwoNumbers<Tape>, "a shape with unset values, or numbers?");
static_assert(!TakesANumberAndASize<Tape> && TakesRows<Tape>);
