#include <algorithm>
#include <cstdio>

#include <vaegrad/autodiff/expression.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

Repeated repeat_rows(Var x, Index times) {
  check(times >= 1, "repeat_rows: times is ", times, hint, "each row is repeated at least once");
  return {x, times};
}

Shape broadcast(const char* name, Shape a, Shape b) {
  const bool fits = (a.rows == b.rows || a.rows == 1 || b.rows == 1) &&
                    (a.cols == b.cols || a.cols == 1 || b.cols == 1);
  check(fits, name, ": shapes do not broadcast: a is ", a, ", b is ", b, hint,
        "rows and columns must be equal, or 1");
  return {std::max(a.rows, b.rows), std::max(a.cols, b.cols)};
}

void describe(const Leaf& leaf, std::string& to, bool) {
  to += leaf.repeat == 1 ? concat('%', leaf.index)
                         : concat("repeat_rows(%", leaf.index, ", ", leaf.repeat, ')');
}

void describe(const Literal& literal, std::string& to, bool) {
#if defined(VAEGRAD_DOUBLE)
  append(to, literal.c);
#else
  char text[32];
  to.append(text, std::size_t(std::snprintf(text, sizeof text, "%.7g", double(literal.c))));
#endif
}

}  // namespace vaegrad::inline VAEGRAD_ABI
