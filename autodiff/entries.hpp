// The lines that enter an op in the catalogue (catalogue.hpp). May be included again: what follows
// is entered where VAEGRAD_CATALOGUE is defined at that point.
#undef VAEGRAD_IN_CATALOGUE
#undef VAEGRAD_ENTER_
#undef VAEGRAD_ENTER
#undef VAEGRAD_ENTRY
#undef VAEGRAD_ALSO
#undef VAEGRAD_INPUTS
#undef VAEGRAD_COMPOSED

// clang-format off
#define VAEGRAD_IN_CATALOGUE(Op) [[maybe_unused]] constexpr bool vaegrad_catalogued(std::type_identity<Op>) { return true; }
#if defined(VAEGRAD_CATALOGUE)
#define VAEGRAD_ENTER_(line, ...) [[maybe_unused]] inline const bool entered_##line = ::vaegrad::enter(__VA_ARGS__)
#define VAEGRAD_ENTER(line, ...) VAEGRAD_ENTER_(line, __VA_ARGS__)
#define VAEGRAD_ENTRY(Op, name, elementwise, ...) \
  VAEGRAD_IN_CATALOGUE(Op)                        \
  VAEGRAD_ENTER(Op##_##name, #Op, #name, elementwise, ::vaegrad::is_surrogate<Op>, __VA_ARGS__);
#define VAEGRAD_ALSO(Op, name, ...) VAEGRAD_ENTER(Op##_##name, #Op, #name, false, ::vaegrad::is_surrogate<Op>, __VA_ARGS__);
#define VAEGRAD_INPUTS(...) std::vector<::vaegrad::Input> { __VA_ARGS__ }
// A function made of catalogued ops: VAEGRAD_COMPOSED(softmax, VAEGRAD_INPUTS({{3, 7}}), [](Var x) { .. })
#define VAEGRAD_COMPOSED(name, ...) VAEGRAD_ENTER(composed_##name, #name, #name, false, false, __VA_ARGS__);
#else
#define VAEGRAD_ENTRY(Op, name, elementwise, ...) VAEGRAD_IN_CATALOGUE(Op)
#define VAEGRAD_ALSO(Op, name, ...)
#define VAEGRAD_INPUTS(...)
#define VAEGRAD_COMPOSED(name, ...)
#endif
// clang-format on
