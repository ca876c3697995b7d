#include <algorithm>

#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/autodiff/by_name.hpp>
#include <vaegrad/models/objectives/objective.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

std::span<const Objective* const> objectives() {
#define ROW(name) &name##_objective,
  static constexpr const Objective* table[] = {VAEGRAD_OBJECTIVES(ROW)};
#undef ROW
  return table;
}
const Objective& objective(std::string_view name) {
  return row_named(objectives(), name, "objective");
}

std::span<const ObjectiveSetting* const> objective_settings() {
  static const std::vector<const ObjectiveSetting*> all = [] {
    std::vector<const ObjectiveSetting*> to;
    for (const Objective* o : objectives())
      for (const ObjectiveSetting* s : o->settings)
        if (std::find(to.begin(), to.end(), s) == to.end()) to.push_back(s);
    return to;
  }();
  return all;
}

void ObjectiveSettings::set(std::string_view name, double value) {
  const ObjectiveSetting& s = row_named(objective_settings(), name, "objective settings");
  for (Given& g : given)
    if (!g.setting || g.setting == &s) {
      g = {&s, value};
      return;
    }
  fail("objective settings: ", name, " is one more than the ", given.size(), " that fit");
}

Var log_weights(Var log_px, const Draw& d, double beta) {
  return reshape(log_px + beta * d.log_ratio, log_px.shape().rows / d.particles, d.particles);
}

Var mean_of_groups(Var log_w, Index groups) {
  const Shape all = log_w.shape();
  return particle_mean(log_mean_exp(reshape(log_w, all.rows * groups, all.cols / groups)), groups);
}

Var free_bits_kl(Var kl_per_latent, double free_bits) {
  const double rows = double(kl_per_latent.shape().rows);
  return row_sums(max((1.0 / rows) * column_sums(kl_per_latent), free_bits));
}

}  // namespace vaegrad::inline VAEGRAD_ABI
