#include <algorithm>
#include <cstring>

#include <vaegrad/lab/run/training/checkpoint.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

static_assert(std::is_trivially_copyable_v<TrainingState>);
constexpr std::size_t state_words = sizeof(TrainingState) / sizeof(std::uint64_t);
static_assert(state_words * sizeof(std::uint64_t) == sizeof(TrainingState), "no padding");

}  // namespace

void write_checkpoint(const std::filesystem::path& file, Trainee& trainee,
                      const TrainingState& state) {
  std::vector<Tensor> tensors = trainee.weights();
  for (Player& player : trainee.players) {
    const std::string prefix = player.name.empty() ? "" : player.name + '.';
    if (!player.name.empty()) append_tensors(tensors, prefix, *player.parameters);
    const auto moments = player.optimiser.moments();
    for (std::size_t k = 0; k < moments.size(); ++k)
      tensors.push_back(
          tensor<Real>(concat(prefix, "optimizer.moment", k), {moments[k]->size()}, *moments[k]));
    tensors.push_back(tensor<std::uint64_t>(prefix + "optimizer.steps", {1},
                                            std::span(&player.optimiser.steps(), 1)));
  }
  std::uint64_t words[state_words];
  std::memcpy(words, &state, sizeof state);
  tensors.push_back(tensor<std::uint64_t>("training.state", {state_words}, words));
  write_safetensors(file, tensors, {{"vaegrad.checkpoint", "2"}});
}

void read_checkpoint(const std::filesystem::path& file, Trainee& trainee, TrainingState& state) {
  const SafeTensors from = read_safetensors(file);
  const auto found = from.metadata().find("vaegrad.checkpoint");
  check(found != from.metadata().end() && found->second == "2", file.string(),
        ": not a checkpoint of this version", hint,
        "train again, or use the version that wrote it");
  trainee.take_weights(from);
  for (Player& player : trainee.players) {
    const std::string prefix = player.name.empty() ? "" : player.name + '.';
    if (!player.name.empty()) copy_tensors(from, prefix, *player.parameters);
    const auto moments = player.optimiser.moments();
    for (std::size_t k = 0; k < moments.size(); ++k) {
      const std::size_t shape[]{moments[k]->size()};
      const std::string name = concat(prefix, "optimizer.moment", k);
      from.copy<Real>(name, shape, *moments[k]);
      const auto bad = std::find_if_not(moments[k]->begin(), moments[k]->end(), is_finite);
      check(bad == moments[k]->end(), file.string(), ": a moment of the optimiser is ", *bad, ": ",
            name, ", number ", bad - moments[k]->begin(), hint, "train the run again");
    }
    const std::size_t one[]{1};
    from.copy<std::uint64_t>(prefix + "optimizer.steps", one,
                             std::span(&player.optimiser.steps(), 1));
  }
  const std::size_t several[]{state_words};
  std::uint64_t words[state_words];
  from.copy<std::uint64_t>("training.state", several, words);
  std::memcpy(&state, words, sizeof state);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
