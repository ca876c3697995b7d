#include <vaegrad/autodiff/by_name.hpp>
#include <vaegrad/lab/run/training/optimiser.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

template <class Rule>
void AnyOptimiser::hold(Parameters& parameters, Rule rule, bool normalised) {
  auto held = std::make_shared<Optimiser<Rule>>(parameters, rule);
  set_rate_ = [o = held.get()](double rate) { o->rule.learning_rate = rate; };
  step_ = [o = held.get(), p = &parameters, normalised] {
    if (normalised) normalise_gradient(*p);
    o->step();
  };
  for (RealLines& m : held->moments()) moments_.push_back(&m);
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
    {"rmsprop-centred", [](AnyOptimiser& o, Parameters& p, const Numbers& n) { o.hold(p, CentredRmsPropRule{.learning_rate = n.learning_rate}); }},
    {"adam-norm-grad", [](AnyOptimiser& o, Parameters& p, const Numbers& n) { o.hold(p, AdamRule{.learning_rate = n.learning_rate, .beta1 = n.beta1, .epsilon = n.epsilon, .second_moment = n.second_moment}, true); }},
};
// clang-format on

std::vector<std::string> AnyOptimiser::names() {
  std::vector<std::string> names;
  for (const Row& r : rows) names.push_back(r.name);
  return names;
}

AnyOptimiser::AnyOptimiser(std::string_view name, Parameters& p, const Numbers& n) {
  row_named(rows, name, "optimizer").hold(*this, p, n);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
