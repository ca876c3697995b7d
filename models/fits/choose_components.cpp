#include <algorithm>
#include <limits>

#include <vaegrad/models/fits/gaussian_mixture.hpp>
#include <vaegrad/models/metrics/owned_matrix.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

Index choose_components(ConstMatrix x, Index most, std::uint64_t seed,
                        const std::function<void(int, double)>& progress) {
  check(x.rows >= 2, "mixture: ", x.rows, " points", hint, "two or more");
  auto order = permutation(std::uint32_t(x.rows), seed, Purpose::split, 0);
  const std::span<const std::uint32_t> all = order;
  const std::size_t held_out = std::max<std::size_t>(1, all.size() / 12);
  const OwnedMatrix held = rows_of(x, all.first(held_out)),
                    rest = rows_of(x, all.subspan(held_out));
  std::vector<double> log_p(held_out);
  Index best = 1;
  double highest = -std::numeric_limits<double>::infinity();
  constexpr int steps[] = {1, 2, 5};
  int worse = 0;
  for (Index i = 0, ten = 1; worse < 2; ++i, ten *= i % 3 ? 1 : 10) {
    const Index K = ten * steps[i % 3];
    if (K > most || K >= rest.view().rows) break;
    fit_mixture(rest, {.components = K, .seed = seed}, progress).mixture.log_density(held, log_p);
    double sum = 0;
    for (const double l : log_p) sum += l;
    worse = sum > highest ? 0 : worse + 1;
    if (sum > highest) highest = sum, best = K;
  }
  return best;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
