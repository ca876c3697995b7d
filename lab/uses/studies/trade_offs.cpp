#include <algorithm>
#include <cmath>
#include <numeric>

#include <vaegrad/lab/uses/studies/trade_offs.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

std::vector<std::size_t> pareto_front(std::span<const Outcome> outcomes) {
  std::vector<std::size_t> order(outcomes.size()), front;
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::erase_if(order, [&](std::size_t i) {
    return !std::isfinite(outcomes[i].cost) || !std::isfinite(outcomes[i].worth);
  });
  std::stable_sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) {
    const Outcome &a = outcomes[i], &b = outcomes[j];
    return a.cost != b.cost ? a.cost < b.cost : a.worth > b.worth;
  });
  for (const std::size_t i : order)
    if (front.empty() || outcomes[i].worth > outcomes[front.back()].worth) front.push_back(i);
  return front;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
