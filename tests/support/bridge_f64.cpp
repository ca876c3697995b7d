#include "evaluate.hpp"

bridge::Evaluated bridge::in_double(std::string_view op, std::string_view name,
                                    const std::vector<Numbers>& in) {
  static_assert(sizeof(vaegrad::Real) == sizeof(double));
  return evaluate(entry_of(op, name), in);
}
