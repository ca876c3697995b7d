#include <algorithm>
#include <set>

#include <vaegrad/lab/files/natural_order.hpp>
#include <vaegrad/lab/uses/studies/comparison.hpp>
#include <vaegrad/models/objectives/objective.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

using SettingValues = std::map<std::string, std::string>;

// What is no part of a setting: the seed, where files lie, of which the checksum speaks, and what
// is kept on the way.
bool of_the_run(const std::string& name) {
  for (const char* own : {"seed", "data-dir", "data", "labels", "test-data", "test-labels",
                          "checkpoint-every", "keep-every", "keep"})
    if (name == own) return true;
  return false;
}
SettingValues setting_of(const FinishedRun& run, const std::set<std::string>& names) {
  SettingValues to;
  for (const std::string& name : names) to[name] = run.setting(name);
  return to;
}

std::vector<double> worths(const Comparison& c, const SettingResult& r) {
  std::vector<double> to;
  for (const FinishedRun& run : r.runs) to.push_back(c.worth(run));
  return to;
}
std::string seeds_of(const std::vector<FinishedRun>& runs) {
  std::string to;
  for (const FinishedRun& run : runs) to += (to.empty() ? "" : ", ") + run.setting("seed");
  return to;
}

// Of each example the average over the runs; empty where one of them does not say.
std::vector<double> over_runs(const Comparison& c, const SettingResult& r) {
  std::vector<double> to;
  const double share = 1 / double(r.runs.size()), sign = c.by_nll ? -1 : 1;
  for (const FinishedRun& run : r.runs) {
    const std::vector<double> each = run.each(c.by_nll);
    if (to.empty()) to.resize(each.size());
    if (each.empty() || each.size() != to.size()) return {};
    for (std::size_t i = 0; i < each.size(); ++i) to[i] += sign * share * each[i];
  }
  return to;
}

void add_differences(Comparison& c) {
  const SettingResult& best = c.results[0];
  const std::vector<double> of_best = worths(c, best), examples = over_runs(c, best);
  for (std::size_t i = 1; i < c.results.size(); ++i) {
    SettingResult& r = c.results[i];
    r.paired_by_seed = seeds_of(best.runs) == seeds_of(r.runs);
    r.over_seeds = r.paired_by_seed ? paired_difference(of_best, worths(c, r))
                                    : unpaired_difference(of_best, worths(c, r));
    // pixels that are drawn are those of the seed
    const bool same_pixels = r.paired_by_seed || r.runs[0].setting("binarize") != "sample";
    const std::vector<double> each = over_runs(c, r);
    if (same_pixels && !each.empty() && each.size() == examples.size())
      r.over_examples = paired_difference(examples, each);
  }
}

void rank(Comparison& c) {
  const RecordedEvaluation* first = nullptr;
  c.by_nll = true;
  for (const SettingResult& r : c.results)
    for (const FinishedRun& run : r.runs) {
      const auto& e = run.evaluation;
      if (e && !first) first = &*e;
      c.by_nll = c.by_nll && e && e->whole && e->particles == first->particles &&
                 e->weights == first->weights;
    }
  for (SettingResult& r : c.results) {
    std::vector<double> elbo, nll;
    for (const FinishedRun& run : r.runs) {
      elbo.push_back(run.elbo);
      if (c.by_nll) nll.push_back(run.evaluation->nll);
    }
    r.elbo = spread(elbo), r.nll = spread(nll);
  }
  std::stable_sort(c.results.begin(), c.results.end(),
                   [&](const SettingResult& a, const SettingResult& b) {
                     const double x = spread(worths(c, a)).mean, y = spread(worths(c, b)).mean;
                     return (std::isnan(x) ? -INFINITY : x) > (std::isnan(y) ? -INFINITY : y);
                   });
  add_differences(c);
}

// A number that objectives declare says nothing of a run whose own does not.
bool heeded(const FinishedRun& run, const std::string& name) {
  const auto declared = [&](auto settings) {
    return std::any_of(settings.begin(), settings.end(),
                       [&](const ObjectiveSetting* s) { return s->name == name; });
  };
  if (!declared(objective_settings())) return true;
  const std::string own = run.setting("objective");
  for (const Objective* o : objectives())
    if (o->name == own) return declared(std::span(o->settings));
  return true;
}

// What an objective has at its default in all of its results tells none of them from another.
bool always_default(const Comparison& c, const SettingResult& r, const std::string& name) {
  const std::string own = r.runs[0].setting("objective"), otherwise = setting(name).get({});
  return std::all_of(c.results.begin(), c.results.end(), [&](const SettingResult& each) {
    const FinishedRun& run = each.runs[0];
    return run.setting("objective") != own || run.setting(name) == otherwise;
  });
}

void name_results(Comparison& c, const std::set<std::string>& names) {
  for (const std::string& name : names)
    for (const SettingResult& r : c.results)
      if (r.runs[0].setting(name) != c.results[0].runs[0].setting(name)) {
        c.varied.push_back(name);
        break;
      }
  // What gives the other names their meaning stands before them.
  std::stable_partition(c.varied.begin(), c.varied.end(),
                        [](const std::string& name) { return name == "objective"; });
  const bool by_objective = !c.varied.empty() && c.varied[0] == "objective";
  for (SettingResult& r : c.results) {
    for (const std::string& name : c.varied) {
      const bool says = heeded(r.runs[0], name);
      r.values.push_back(says ? r.runs[0].setting(name) : "");
      const bool tells = !by_objective || name == "objective" || !always_default(c, r, name);
      if (says && tells) r.name += (r.name.empty() ? "" : " ") + name + '=' + r.values.back();
    }
    if (r.name.empty()) r.name = r.runs[0].what.substr(0, r.runs[0].what.rfind(", seed"));
  }
}

}  // namespace

std::vector<Comparison> compare_by_setting(const std::vector<FinishedRun>& runs) {
  std::set<std::string> names;
  for (const FinishedRun& run : runs)
    for (const auto& [name, value] : run.settings)
      if (!of_the_run(name)) names.insert(name);

  std::map<std::pair<std::string, SettingValues>, std::vector<FinishedRun>> settings;
  for (const FinishedRun& run : runs)
    settings[{run.comparable, setting_of(run, names)}].push_back(run);

  std::map<std::string, Comparison> comparisons;
  for (auto& [key, same] : settings) {
    std::stable_sort(same.begin(), same.end(), [](const FinishedRun& a, const FinishedRun& b) {
      return natural_less(a.setting("seed"), b.setting("seed"));
    });
    // A run that was copied, or is in two sweeps, counts once.
    std::vector<std::filesystem::path> repeated;
    for (std::size_t i = 1; i < same.size();) {
      if (same[i].setting("seed") != same[i - 1].setting("seed")) {
        ++i;
        continue;
      }
      repeated.push_back(same[i].folder);
      same.erase(same.begin() + std::ptrdiff_t(i));
    }
    // Where the seed decides what is for testing, only the same seeds make averages comparable.
    std::string group = key.first;
    std::string what = group.substr(0, group.find('\n'));
    if (!same[0].split_seed.empty()) {
      const std::string splits = ", split by seed " + seeds_of(same);
      what += splits, group += splits;
    }
    Comparison& c = comparisons[group];
    c.what = what;
    c.results.emplace_back();
    c.results.back().runs = std::move(same);
    c.repeated.insert(c.repeated.end(), repeated.begin(), repeated.end());
  }
  std::vector<Comparison> to;
  for (auto& [group, c] : comparisons) {
    name_results(c, names);
    rank(c);
    to.push_back(std::move(c));
  }
  return to;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
