#include <vaegrad/lab/files/safetensors.hpp>
#include <vaegrad/lab/run/checkpoint.hpp>
#include <vaegrad/lab/run/run.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

static_assert(std::is_trivially_copyable_v<TrainingState>);
constexpr std::size_t state_words = sizeof(TrainingState) / sizeof(std::uint64_t);
static_assert(state_words * sizeof(std::uint64_t) == sizeof(TrainingState), "no padding");

}  // namespace

template <class Rule>
void AnyOptimiser::hold(Parameters& parameters, Rule rule) {
  auto held = std::make_shared<Optimiser<Rule>>(parameters, rule);
  set_rate_ = [o = held.get()](double rate) { o->rule.learning_rate = rate; };
  step_ = [o = held.get()] { o->step(); };
  for (std::vector<Real>& m : held->moments()) moments_.push_back(&m);
  steps_ = &held->steps();
  optimiser_ = held;
}

struct AnyOptimiser::Row {
  const char* name;
  void (*hold)(AnyOptimiser&, Parameters&, const Numbers&);
};
// clang-format off
const AnyOptimiser::Row AnyOptimiser::rows[] = {
    {"adam",    [](AnyOptimiser& o, Parameters& p, const Numbers& n) { o.hold(p, AdamRule{.learning_rate = n.learning_rate, .beta1 = n.beta1, .epsilon = n.epsilon, .second_moment = n.second_moment}); }},
    {"adamw",   [](AnyOptimiser& o, Parameters& p, const Numbers& n) { o.hold(p, AdamWRule{.learning_rate = n.learning_rate, .beta1 = n.beta1, .epsilon = n.epsilon, .second_moment = n.second_moment}); }},
    {"sgd",     [](AnyOptimiser& o, Parameters& p, const Numbers& n) { o.hold(p, SgdRule{.learning_rate = n.learning_rate}); }},
    {"adagrad", [](AnyOptimiser& o, Parameters& p, const Numbers& n) { o.hold(p, AdagradRule{.learning_rate = n.learning_rate}); }},
    {"rmsprop", [](AnyOptimiser& o, Parameters& p, const Numbers& n) { o.hold(p, RmsPropRule{.learning_rate = n.learning_rate}); }},
};
// clang-format on

std::vector<std::string> AnyOptimiser::names() {
  std::vector<std::string> names;
  for (const Row& r : rows) names.push_back(r.name);
  return names;
}

AnyOptimiser::AnyOptimiser(std::string_view name, Parameters& p, const Numbers& n) {
  std::string known;
  for (const Row& r : rows) {
    if (r.name == name) {
      r.hold(*this, p, n);
      return;
    }
    known += concat(known.empty() ? "" : ", ", r.name);
  }
  fail<UsageError>("optimizer: there is none called '", name, "'", hint, "one of ", known);
}

void write_checkpoint(const std::filesystem::path& file, const Model& model,
                      AnyOptimiser& optimiser, const TrainingState& state) {
  std::vector<Tensor> tensors = model_tensors(model);
  const auto moments = optimiser.moments();
  for (std::size_t k = 0; k < moments.size(); ++k)
    tensors.push_back(
        tensor<Real>(concat("optimizer.moment", k), {moments[k]->size()}, *moments[k]));
  tensors.push_back(
      tensor<std::uint64_t>("optimizer.steps", {1}, std::span(&optimiser.steps(), 1)));
  std::uint64_t words[state_words];
  std::memcpy(words, &state, sizeof state);
  tensors.push_back(tensor<std::uint64_t>("training.state", {state_words}, words));
  write_safetensors(file, tensors, {{"vaegrad.checkpoint", "2"}});
}

void read_checkpoint(const std::filesystem::path& file, Model& model, AnyOptimiser& optimiser,
                     TrainingState& state) {
  const SafeTensors from = read_safetensors(file);
  const auto found = from.metadata().find("vaegrad.checkpoint");
  check(found != from.metadata().end() && found->second == "2", file.string(),
        ": not a checkpoint of this version", hint,
        "train again, or use the version that wrote it");
  copy_weights(from, model);
  const auto moments = optimiser.moments();
  for (std::size_t k = 0; k < moments.size(); ++k) {
    const std::size_t shape[]{moments[k]->size()};
    from.copy<Real>(concat("optimizer.moment", k), shape, *moments[k]);
  }
  const std::size_t one[]{1}, several[]{state_words};
  from.copy<std::uint64_t>("optimizer.steps", one, std::span(&optimiser.steps(), 1));
  std::uint64_t words[state_words];
  from.copy<std::uint64_t>("training.state", several, words);
  std::memcpy(&state, words, sizeof state);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
