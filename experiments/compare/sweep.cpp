// vaegrad sweep: a grid of runs, several side by side. Each is an ordinary run, made by train.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <vaegrad/autodiff/kernels/parallel.hpp>
#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/files/json_text.hpp>
#include <vaegrad/lab/ranks/ranks.hpp>
#include <vaegrad/lab/run/run_data.hpp>
#include <vaegrad/lab/uses/studies/cost.hpp>
#include <vaegrad/lab/uses/studies/grid.hpp>

#include "command.hpp"
#include "jobs_console.hpp"
#include "signals.hpp"

namespace vaegrad {
namespace {

namespace fs = std::filesystem;

struct SweepCall {
  std::vector<std::string> base;  // options of train
  std::vector<Varied> varied;
  std::vector<std::uint64_t> seeds = {1};
  int jobs = 0, threads = 0;
  fs::path out;
  bool dry_run = false;
};

SweepCall sweep_call(Arguments arguments) {
  SweepCall a;
  std::string config = "default";
  const int there_are = threads();
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::size_t equals = arguments[i].find('=');
    const std::string name = arguments[i].substr(0, equals);
    const auto value = [&] {
      if (equals != std::string::npos) return arguments[i].substr(equals + 1);
      check<UsageError>(i + 1 < arguments.size() && !arguments[i + 1].starts_with("--"), name,
                        ": it needs a value", hint, "vaegrad sweep --help shows an example");
      return arguments[++i];
    };
    if (name == "--vary") {
      a.varied.push_back(parse_varied(value()));
    } else if (name == "--seeds") {
      a.seeds = parse_seeds(value());
    } else if (name == "--jobs") {
      a.jobs = int(integer_option("jobs", value(), 1, 1024));
    } else if (name == "--threads") {
      a.threads = int(integer_option("threads", value(), 1, 1024));
    } else if (name == "--out") {
      a.out = value();
    } else if (name == "--dry-run") {
      a.dry_run = true;
    } else if (name == "--config") {
      const fs::path file = config_file(value());
      config = file.stem().string();
      a.base.insert(a.base.end(), {"--config", file.string()});
    } else {
      for (const char* own : {"--seed", "--resume", "--overwrite"})
        check<UsageError>(name != own, own, ": it is of a single run", hint,
                          name == "--seed" ? "--seeds 1..3"
                                           : "a sweep goes on by itself when it is started again");
      a.base.push_back(arguments[i]);
    }
  }
  for (const Varied& v : a.varied)
    for (const std::string& word : a.base)
      check<UsageError>(word.substr(0, word.find('=')) != concat("--", v.name), word,
                        ": it is varied", hint, "leave it out, or --vary ", v.name, " out");
  if (!a.threads) a.threads = there_are;
  if (a.out.empty()) a.out = fs::path("runs") / concat("sweep-", file_word(config));
  return a;
}

// Which sweep a folder holds: the settings that all its runs share, and what is varied.
nlohmann::json record_of(const SweepCall& a, const std::vector<PlannedRun>& runs) {
  nlohmann::json json = {{"varied", nlohmann::json::array()}, {"shared", nlohmann::json::object()}};
  for (const Varied& v : a.varied) json["varied"].push_back(v.name);
  for (const Setting& s : all_settings()) {
    const bool varied = s.name == std::string_view("seed") ||
                        s.name == std::string_view("epochs") ||
                        std::any_of(a.varied.begin(), a.varied.end(),
                                    [&](const Varied& v) { return v.name == s.name; });
    const std::string value = s.get(runs[0].settings);
    if (!varied && !value.empty()) json["shared"][s.name] = value;
  }
  return json;
}
// What makes them two sweeps; "": nothing. The order of what is varied does not, nor a setting that
// one of them does not know and the other has as it is without an option.
std::string difference(const nlohmann::json& has, const nlohmann::json& wanted) {
  using Names = std::set<std::string>;
  const auto in_words = [](const Names& names) {
    std::string to;
    for (const std::string& name : names) to += (to.empty() ? "" : ", ") + name;
    return to.empty() ? std::string("the seed alone") : to;
  };
  const Names varied = has.value("varied", Names()), now = wanted.value("varied", Names());
  if (varied != now) return concat("varies ", in_words(varied), ", not ", in_words(now));
  for (const Setting& s : all_settings()) {
    // a network has its own widths
    if (now.contains(s.name) || (s.name == std::string_view("hidden") && now.contains("network")))
      continue;
    const auto in = [&](const nlohmann::json& of) {
      return of.value("shared", nlohmann::json::object()).value(s.name, s.get({}));
    };
    if (s.name != std::string_view("seed") && s.name != std::string_view("epochs") &&
        in(has) != in(wanted))
      return concat("has ", s.name, ' ', in(has).empty() ? "not set" : in(has), ", not ",
                    in(wanted).empty() ? "without it" : in(wanted));
  }
  return "";
}

// Errors (UsageError): it holds something else; nothing is touched.
void check_folder(const SweepCall& a, const std::vector<PlannedRun>& runs) {
  std::error_code error;
  if (!fs::exists(a.out, error)) return;
  check<UsageError>(fs::is_directory(a.out, error), a.out.string(), ": it is a file, not a folder",
                    hint, "--out names a folder");
  if (fs::is_empty(a.out, error)) return;
  check<UsageError>(fs::exists(a.out / "sweep.json", error), a.out.string(),
                    ": the folder is not empty, and it is no sweep's", hint,
                    "--out names another folder");
  std::string other = "cannot be read";
  try {
    const std::string text = read_file(a.out / "sweep.json", std::size_t{1} << 20);
    other = difference(nlohmann::json::parse(text), record_of(a, runs));
  } catch (const nlohmann::json::exception&) {  // damaged
  }
  check<UsageError>(
      other.empty(), a.out.string(), ": it holds a sweep with other settings, which ", other, hint,
      "--out names another folder; a sweep takes more values, seeds and epochs, nothing else");
}

int dry_run(const SweepCall& a, const std::vector<PlannedRun>& runs, int jobs) {
  const int each = a.threads / jobs;
  std::map<std::string, RunCost> costs;  // by setting
  const auto key = [](const PlannedRun& r) { return r.name.substr(0, r.name.rfind("seed-")); };
  double seconds = 0, memory = 0;
  fmt::print("{} runs in {}, {} at a time on {} thread{} each\n", runs.size(), a.out.string(), jobs,
             each, each == 1 ? "" : "s");
  for (const PlannedRun& run : runs) {
    const RunState state = run.state();
    if (state == RunState::finished) {
      fmt::print("  finished                      {}\n", run.name);
      continue;
    }
    const auto [at, fresh] = costs.try_emplace(key(run));
    if (fresh) at->second = measure_cost(run.settings, each);
    const RunCost& cost = at->second;
    const double share =
        state == RunState::half ? share_of_epochs(a.out / "log" / (run.name + ".txt")) : 0;
    const double left = cost.start_seconds + (1 - share) * run.settings.epochs * cost.epoch_seconds;
    seconds += left;
    memory = std::max(memory, cost.memory_mb);
    fmt::print("  {:<4} {:>13} {:>7.0f} MB  {}\n", state == RunState::half ? "half" : "new",
               duration(left), cost.memory_mb, run.name);
  }
  fmt::print("about {} in all, {:.0f} MB at a time, from a few timed steps of each setting\n",
             duration(seconds / jobs), memory * jobs);
  return 0;
}

int run_sweep(Arguments arguments) {
  watch_signals();
  const SweepCall a = sweep_call(arguments);
  const std::vector<PlannedRun> runs = plan_grid(a.base, a.varied, a.seeds, a.out);
  check_folder(a, runs);
  std::vector<Job> jobs;
  std::size_t finished = 0, half = 0;
  for (const PlannedRun& r : runs) {
    const RunState state = r.state();
    if (finished + half == 0 && state != RunState::none) check_data_of(r.folder, r.settings);
    finished += state == RunState::finished, half += state == RunState::half;
    jobs.push_back({r.name, r.folder, a.out / "log" / (r.name + ".txt"),
                    [&r] { return r.command(); }, double(r.settings.epochs)});
  }
  const int at_once = std::min({a.jobs ? a.jobs : a.threads, a.threads, int(runs.size())});
  if (a.jobs > at_once && a.jobs <= int(runs.size()))
    say("{} at a time, not {}: there are {} threads\n", at_once, a.jobs, a.threads);
  if (a.dry_run) return dry_run(a, runs, at_once);

  std::error_code error;
  fs::create_directories(a.out, error);
  check(fs::is_directory(a.out), a.out.string(), ": cannot make the folder: ", error.message(),
        hint, "--out names a folder that may be written");
  const FolderLock lock = lock_of_first_rank(a.out);
  write_atomically(a.out / "sweep.json", std::string_view(json_text(record_of(a, runs))));
  say("{} runs in {}, {} at a time on {} threads", runs.size(), a.out.string(), at_once, a.threads);
  if (ranks().size() > 1) say(" of each of {} ranks", ranks().size());
  if (finished + half) say("; {} finished before, {} half", finished, half);
  say("\n");
  can_be_saved();
  JobsConsole console;
  const JobsState end = run_side_by_side(jobs, at_once, a.threads, console);
  if (interrupted()) {
    say("\ninterrupted and saved, {} of {} done; go on with the same command\n", end.done, end.all);
    return 128 + interrupted();
  }
  say("{} of {} runs done, {} failed, in {}\n", end.done, end.all, end.failed,
      duration(end.seconds));
  fmt::print("{}: compare them with: vaegrad compare {}\n", a.out.string(), a.out.string());
  return end.failed != 0;
}

std::string sweep_help() {
  return "usage: vaegrad sweep [--vary NAME=V,V ..] [--seeds A..B] [options]\n\n"
         "Trains every combination of some settings' values, with every seed: ordinary\n"
         "runs, several side by side. Started again it goes on where it stopped, and takes\n"
         "more values, seeds and --epochs; what is finished is not repeated. A run that\n"
         "fails is reported, and the rest goes on (status 1).\n\n"
         "  --vary NAME=V,V         values of an option of train; with ; between values\n"
         "                          that hold commas: 'hidden=400;400,200'\n"
         "  --seeds A..B            or A,B,C [1]\n"
         "  --config FILE           what all runs share [default.ini]; and every other\n"
         "                          option of train\n"
         "  --jobs N                runs at a time [as many as there are threads]\n"
         "  --threads N             of all together [as many as this process may use]\n"
         "  --out DIR               a folder for each run [runs/sweep-CONFIG]\n"
         "  --dry-run               lists the runs with time and memory, from a few timed\n"
         "                          steps, and trains nothing\n\n"
         "What each run said is in DIR/log. The same bytes for any --jobs and --threads.\n\n"
         "example: vaegrad sweep --vary latent=2,20 --seeds 1..3 --epochs 3 --out runs/z\n";
}

}  // namespace

const Command sweep_command{"sweep", "trains a grid of settings and seeds, runs side by side",
                            run_sweep, sweep_help};

}  // namespace vaegrad
