// An op that is not elementwise: a struct with a name, a shape rule, a value and one pullback per
// input. The tape skips the pullback of an input that needs no gradient.
//
//   // y = −x          x̄ −= ȳ
//   struct Negate {
//     static constexpr auto name = "negate";
//     static Shape shape(Shape x) { return x; }
//     static void value(Node y, Node x) { .. y.val .. }
//     static void pull(Wrt<0>, Node y, Node x) { .. x.adj .. }
//   };
//   inline Var negate(Var x) { return record(Negate{}, x); }
//   VAEGRAD_CHECKED(Negate, negate, VAEGRAD_INPUTS({{3, 4}}), [](Var x) { return negate(x); })
//
// A pullback adds to adjoints. With `static constexpr bool writes_first = true` it is told by
// x.fresh that nothing is there yet, and must then write all of x.adj. Where all of them are cheaper
// in one go, there is `pull_all(Node y, Node x, ..)` in their place: told the same, or by a null
// x.adj.data that x needs no gradient. With `alias(Node x)` in the place of value, y is a view of
// x's memory. An op may have members (a slice its position) and print them with details(); it must be
// trivially destructible.
#pragma once
#include <algorithm>
#include <array>
#include <new>

#include <vaegrad/autodiff/catalogue.hpp>
#include <vaegrad/autodiff/expression.hpp>
#include <vaegrad/autodiff/visitor.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

template <std::size_t I>
struct Wrt {};  // "with respect to input I": selects a pullback

// ---- internal: the entry ----

template <class Op, std::size_t N>
struct Recorded {
  Op op;
  std::array<std::uint32_t, N> in;

  static const Recorded& of(const Entry& e) { return *static_cast<const Recorded*>(e.state); }

  template <std::size_t K, std::size_t... I>
  static void pull_one(Tape& tape, const Entry& e, std::index_sequence<I...>) {
    const Recorded& r = of(e);
    if (!tape.entry(r.in[K]).active) return;
    std::array<Node, N> a{tape.node(r.in[I])...};
    if constexpr (requires { requires Op::writes_first; })
      a[K] = tape.target(r.in[K]);
    else
      a[K] = tape.zeroed_target(r.in[K]);
    const Node y{{e.val, e.rows, e.cols}, {e.adj, e.rows, e.cols}};
    r.op.pull(Wrt<K>{}, y, a[I]...);
  }
  template <std::size_t... I>
  static void pull_all(Tape& tape, const Entry& e, std::index_sequence<I...>) {
    const Recorded& r = of(e);
    // What comes twice, as one entry or as two of one parameter, is only added to.
    const auto target = [&](std::uint32_t i) {
      const auto same = [&, own = tape.entry(i).shared_touched](std::uint32_t k) {
        return k == i || (own && tape.entry(k).shared_touched == own);
      };
      return std::count_if(r.in.begin(), r.in.end(), same) == 1 ? tape.target(i)
                                                                : tape.zeroed_target(i);
    };
    const std::array<Node, N> a{target(r.in[I])...};
    r.op.pull_all(Node{{e.val, e.rows, e.cols}, {e.adj, e.rows, e.cols}}, a[I]...);
  }
  static inline const Kind kind{[](Tape& tape, const Entry& e) {
                                  [&]<std::size_t... K>(std::index_sequence<K...> all) {
                                    if constexpr (requires { &Op::pull_all; })
                                      pull_all(tape, e, all);
                                    else
                                      (pull_one<K>(tape, e, all), ...);
                                  }
                                  (std::make_index_sequence<N>{});
                                },
                                [](const Entry& e, std::string& to) {
                                  to += Op::name;
                                  for (std::size_t k = 0; k < N; ++k)
                                    to += concat(k ? ", %" : "(%", of(e).in[k]);
                                  if constexpr (requires { of(e).op.details(); })
                                    to += of(e).op.details();
                                  to += ')';
                                },
                                [](const Entry& e, std::vector<std::uint32_t>& to) {
                                  to.insert(to.end(), of(e).in.begin(), of(e).in.end());
                                },
                                [](const Entry& e, Visitor& v) {
                                  v.op({op_type<Op>(), Op::name, &of(e).op, of(e).in});
                                }};
};

// The result is a view of an input's memory.
template <class Op, class... N>
concept Aliasing = requires(const Op& op, N... x) {
  op.alias(x...);
};

// ---- recording one ----

// y = op(in..), computed at once and entered on the tape of its inputs. Errors: inputs of another
// tape or step; what op.shape() refuses; a result with a size of 0.
template <class Op, std::same_as<Var>... In>
Var record(Op op, In... in) {
  static_assert(InCatalogue<Op>, "an op is entered in the catalogue by a VAEGRAD_CHECKED line");
  constexpr std::size_t n = sizeof...(In);
  constexpr bool aliasing = Aliasing<Op, std::conditional_t<true, Node, In>...>;
  const Var inputs[]{in...};
  Tape& tape = Tape::of(inputs[0], Op::name);
  using State = Recorded<Op, n>;
  auto* state = new (tape.memory_for<State>(1)) State{op, {tape.index(in, Op::name)...}};

  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    const std::array<Node, n> a{tape.node(state->in[I])...};
    const Shape shape = state->op.shape(a[I].val.shape()...);
    check(shape.rows >= 1 && shape.cols >= 1, Op::name, ": the result would have shape ", shape,
          hint, "both sizes must be at least 1");
    Matrix y{nullptr, shape.rows, shape.cols};
    if constexpr (aliasing) {
      y.data = state->op.alias(a[I]...);
    } else {
      y.data = tape.memory_for<Real>(shape.size());
      state->op.value(Node{y, {}}, a[I]...);
    }
    bool active = (tape.entry(state->in[I]).active || ...);
    if constexpr (requires { requires Op::is_constant; }) active = false;
    const Var v = tape.push(y.data, shape, active, &State::kind, state);
    tape.recorded(v);
    return v;
  }
  (std::make_index_sequence<n>{});
}

// Enters Op, and a function that records it, in the catalogue with inputs to check it on:
// VAEGRAD_CHECKED(Op, label, VAEGRAD_INPUTS({{3, 4}}, ..), [](Var a, ..) { return .. }); further
// functions or shapes with VAEGRAD_CHECKED_ALSO. In the namespace of Op, whichever that is.
#define VAEGRAD_CHECKED(Op, label, ...) VAEGRAD_ENTRY(Op, label, false, __VA_ARGS__)
#define VAEGRAD_CHECKED_ALSO(Op, label, ...) VAEGRAD_ALSO(Op, label, __VA_ARGS__)

}  // namespace vaegrad::inline VAEGRAD_ABI
