// Hierarchies: several layers of latents z₁ (next to x), .., z_L, with p(z) = p(z_L) Π p(z_l|z_{l+1}).
// In which order their posteriors are inferred is a class in a file of its own and a row of the
// table.
//
// Adding one: its file, and its name in VAEGRAD_HIERARCHIES.
#pragma once
#include <vaegrad/models/inference/inference.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// A row of the table: its name and the help's words for it, what it can, how it is made.
struct HierarchyRow {
  const char *name, *what;
  std::unique_ptr<Inference> (*make)(Blocks, const InferenceSpec&);
  bool top = false;  // q(z_L|x) is a posterior of the table, not one for each draw of z_{L−1}
  bool diagonal = false;  // needs the mean and the variance of each latent
};

// A row's `make`, for the class of its hierarchy.
template <class Family>
std::unique_ptr<Inference> make_hierarchy(Blocks blocks, const InferenceSpec& s) {
  return std::make_unique<Family>(blocks, s);
}

// The first is the default.
#define VAEGRAD_HIERARCHIES(ROW) \
  ROW(bottom_up)                 \
  ROW(ladder)                    \
  ROW(top_down)

#define ROW(name) extern const HierarchyRow name##_hierarchy;
VAEGRAD_HIERARCHIES(ROW)
#undef ROW

// The table.
std::span<const HierarchyRow* const> hierarchies();
const HierarchyRow& hierarchy(std::string_view name);  // UsageError: the names there are

// How many layers there may be.
inline constexpr std::size_t most_layers = 8;
// UsageError: more layers than that, or what posterior and prior do not give.
void check_layers(std::size_t layers, const HierarchyRow& h, const PosteriorRow& q,
                  const PriorRow& p);

}  // namespace vaegrad::inline VAEGRAD_ABI
