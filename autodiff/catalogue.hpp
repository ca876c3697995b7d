// The catalogue: every op with the inputs its gradient is checked on.
//
// A row of elementwise.hpp, an OP or a CHECKED line beside an op enters it here, and an op that is
// not entered does not compile. Ordinary programs pay nothing for it: only the gradient test
// defines VAEGRAD_CATALOGUE before it includes the engine, and then has a list to walk.
#pragma once
#include <vaegrad/autodiff/tape.hpp>

#if defined(VAEGRAD_CATALOGUE)
#include <array>
#include <vector>
#endif

namespace vaegrad::inline VAEGRAD_ABI {

// Where an input is drawn from.
struct Input {
  Shape shape;
  double low = -2, high = 2;
};

template <class Op>
inline constexpr bool in_catalogue = false;

#if defined(VAEGRAD_CATALOGUE)
struct Catalogued {
  std::string_view op, name;  // type of the op; what is checked
  bool elementwise;           // shapes are to be varied, with broadcasting
  std::vector<Input> inputs;
  Var (*apply)(const Var*);
};
inline std::vector<Catalogued>& catalogue() {
  static std::vector<Catalogued> all;
  return all;
}
template <class... V>
constexpr std::size_t arity(Var (*)(V...)) {
  return sizeof...(V);
}
template <class F>
bool enter(std::string_view op, std::string_view name, bool elementwise, std::vector<Input> inputs,
           F f) {
  constexpr std::size_t n = arity(+F{});
  check(inputs.size() == n, "catalogue: ", name, " takes ", n, " inputs, but has ", inputs.size());
  catalogue().push_back({op, name, elementwise, std::move(inputs), [](const Var* in) {
                           return [&]<std::size_t... I>(std::index_sequence<I...>) {
                             return F{}(in[I]...);
                           }
                           (std::make_index_sequence<n>{});
                         }});
  static_cast<void>(f);
  return true;
}
#define VAEGRAD_ENTER_(line, ...) inline const bool entered_##line = enter(__VA_ARGS__)
#define VAEGRAD_ENTER(line, ...) VAEGRAD_ENTER_(line, __VA_ARGS__)
#define VAEGRAD_ENTRY(Op, name, elementwise, ...) \
  template <>                                     \
  inline constexpr bool in_catalogue<Op> = true;  \
  VAEGRAD_ENTER(Op##_##name, #Op, #name, elementwise, __VA_ARGS__);
#define VAEGRAD_ALSO(Op, name, ...) VAEGRAD_ENTER(Op##_##name, #Op, #name, false, __VA_ARGS__);
#define VAEGRAD_INPUTS(...) \
  std::vector<Input> { __VA_ARGS__ }
// A function made of catalogued ops: COMPOSED(softmax, VAEGRAD_INPUTS({{3, 7}}), [](Var x) { .. })
#define COMPOSED(name, ...) VAEGRAD_ENTER(composed_##name, #name, #name, false, __VA_ARGS__);
#else
#define VAEGRAD_ENTRY(Op, name, elementwise, ...) \
  template <>                                     \
  inline constexpr bool in_catalogue<Op> = true;
#define VAEGRAD_ALSO(Op, name, ...)
#define VAEGRAD_INPUTS(...)
#define COMPOSED(name, ...)
#endif

}  // namespace vaegrad::inline VAEGRAD_ABI
