// The catalogue: every op with the inputs its gradient is checked on.
//
// A row of elementwise.hpp or a VAEGRAD_CHECKED line beside an op enters it here, in any namespace,
// and an op that is not entered does not compile. Ordinary programs pay nothing for it: only a
// gradient test defines VAEGRAD_CATALOGUE, before it includes the engine, and then has a list that
// check_catalogue() (gradient_check.hpp) walks. A test of some ops alone defines it later, and
// includes entries.hpp once more in front of them.
#pragma once
#include <type_traits>
#include <vector>

#include <vaegrad/autodiff/tape.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// Where an input is drawn from.
struct Input {
  Shape shape;
  double low = -2, high = 2;
};

// A function that records an op, and the inputs its gradient is checked on.
struct Catalogued {
  std::string_view op, name;  // type of the op; what is checked
  bool elementwise;           // shapes are to be varied, with broadcasting
  bool surrogate;             // its pullbacks are by design not the slopes of its value
  std::vector<Input> inputs;
  Var (*apply)(const Var*);
};

// Those of the program: of every file in which VAEGRAD_CATALOGUE is defined.
std::vector<Catalogued>& catalogue();

// Found beside the op, wherever that is.
template <class Op>
concept InCatalogue = requires(std::type_identity<Op> op) {
  vaegrad_catalogued(op);
};

// Its pullbacks are by design not the slopes of its value.
template <class Op>
inline constexpr bool is_surrogate = requires {
  requires Op::is_surrogate;
};

// ---- internal: what the lines of entries.hpp call ----

template <class... V>
constexpr std::size_t arity(Var (*)(V...)) {
  return sizeof...(V);
}
template <class F>
bool enter(std::string_view op, std::string_view name, bool elementwise, bool surrogate,
           std::vector<Input> inputs, F f) {
  constexpr std::size_t n = arity(+F{});
  check(inputs.size() == n, "catalogue: ", name, " takes ", n, " inputs, but has ", inputs.size());
  catalogue().push_back({op, name, elementwise, surrogate, std::move(inputs), [](const Var* in) {
                           return [&]<std::size_t... I>(std::index_sequence<I...>) {
                             return F{}(in[I]...);
                           }
                           (std::make_index_sequence<n>{});
                         }});
  static_cast<void>(f);
  return true;
}

}  // namespace vaegrad::inline VAEGRAD_ABI

#include <vaegrad/autodiff/entries.hpp>
