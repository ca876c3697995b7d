// Pictures of a comparison: what training looked like for each setting, and what each varied
// setting does. Whether they could be drawn; nothing where there is nothing to draw.
#pragma once
#include <vaegrad/lab/uses/studies/comparison.hpp>
#include <vaegrad/lab/uses/studies/trade_offs.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// The validation ELBO by epoch, or the training ELBO where there is no validation (dashed): means
// over the seeds, with a band of one standard deviation. A chart for each comparison, side by side.
std::optional<bool> draw_comparison_curves(std::span<const Comparison> comparisons,
                                           const std::filesystem::path& path);

// The quantity that a comparison ranks by against the values of one varied setting, ± one standard
// deviation over seeds; a line for each combination of the others. A chart for each comparison in
// which it varies.
std::optional<bool> draw_varied(std::span<const Comparison> comparisons, const std::string& name,
                                const std::filesystem::path& path);

// Each setting by its rate KL(q(z|x) || p(z)) and its distortion −log p(x|z), both of the ELBO at β = 1
// whatever was maximised (Alemi et al., Fixing a broken ELBO, arXiv 1711.00464), and in dashes where
// the ELBO is the best one's. A chart for each comparison with two settings that have both.
std::optional<bool> draw_rate_distortion(std::span<const Comparison> comparisons,
                                         const std::filesystem::path& path);

// A panel for each score: its mean over the distortion, ± one standard deviation over seeds, and the
// Pareto front in dashes.
bool draw_trade_offs(std::span<const ScoredSetting> settings,
                     std::span<const std::string> score_names, const std::filesystem::path& path);

}  // namespace vaegrad::inline VAEGRAD_ABI
