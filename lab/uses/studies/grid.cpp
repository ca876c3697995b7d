#include <algorithm>
#include <cctype>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include <vaegrad/lab/files/checksum.hpp>
#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/uses/studies/grid.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

namespace fs = std::filesystem;

Varied parse_varied(const std::string& text) {
  const std::size_t equals = text.find('=');
  check<UsageError>(equals != text.npos && equals > 0, "--vary: '", text,
                    "' is not NAME=VALUE,VALUE", hint, "--vary latent=2,20");
  Varied to{text.substr(0, equals), {}};
  bool known = false;
  for (const Setting& s : all_settings())
    known = known || (s.name == to.name && s.group != std::string_view("this call"));
  check<UsageError>(known && to.name != "seed", "--vary: there is no setting '", to.name,
                    "' to vary", hint,
                    to.name == "seed" ? "--seeds 1..3" : "vaegrad train --help lists them");
  const std::string values = text.substr(equals + 1);
  std::istringstream in(values);
  for (std::string one; std::getline(in, one, values.find(';') == values.npos ? ',' : ';');) {
    check<UsageError>(!one.empty(), "--vary: ", text, " has an empty value", hint,
                      "--vary latent=2,20");
    check<UsageError>(std::find(to.values.begin(), to.values.end(), one) == to.values.end(),
                      "--vary: ", text, " has ", one, " twice", hint, "leave one of them out");
    to.values.push_back(one);
  }
  check<UsageError>(!to.values.empty(), "--vary: ", text, " has no value", hint,
                    "--vary latent=2,20");
  return to;
}

std::vector<std::uint64_t> parse_seeds(const std::string& text) {
  std::vector<std::uint64_t> to;
  const auto number = [](const std::string& one) {
    return std::uint64_t(integer_option("seeds", one, 0, INT64_MAX));
  };
  if (const std::size_t dots = text.find(".."); dots != text.npos) {
    const std::uint64_t first = number(text.substr(0, dots)), last = number(text.substr(dots + 2));
    check<UsageError>(first <= last && last - first < 10000, "--seeds: ", text,
                      last < first ? " has none" : " are more than 10000", hint, "--seeds 1..3");
    for (std::uint64_t seed = first; seed <= last; ++seed) to.push_back(seed);
    return to;
  }
  std::istringstream in(text);
  for (std::string one; std::getline(in, one, ',');) {
    check<UsageError>(std::find(to.begin(), to.end(), number(one)) == to.end(), "--seeds: ", text,
                      " has ", one, " twice", hint, "--seeds 1..3");
    to.push_back(number(one));
  }
  check<UsageError>(!to.empty(), "--seeds: no seeds", hint, "--seeds 1..3");
  return to;
}

std::string file_word(const std::string& text) {
  std::string to = text;
  for (char& c : to)
    if (!std::isalnum(static_cast<unsigned char>(c)) && !std::strchr(".+-", c)) c = '-';
  return to;
}

namespace {

// Of a run that has ended by itself; 0: it has not.
std::ptrdiff_t finished_epochs(const fs::path& folder) {
  std::error_code error;
  const fs::path file = folder / "summary.json";
  if (!fs::exists(file, error)) return 0;
  const auto summary = nlohmann::json::parse(read_file(file, std::size_t{1} << 24), nullptr, false);
  if (!summary.is_object() || summary.value("interrupted", false)) return 0;
  try {
    return std::stoll(summary.at("settings").at("epochs").get<std::string>());
  } catch (const std::exception&) {
    return 0;  // damaged
  }
}
// More epochs are then not the first ones and some more.
bool by_the_total(const Settings& s) {
  if (rate_schedule(s.learning_rate_schedule).by_the_total) return true;
  for (std::size_t i = 0; i < std::size(kl_schedules); ++i)
    if (kl_schedules[i].by_the_total && s.kl_schedule[i] > 0) return true;
  return false;
}

}  // namespace

RunState PlannedRun::state() const {
  std::error_code error;
  const auto there = [&](const char* file) { return fs::exists(folder / file, error); };
  if (!there("config.ini")) {
    check<UsageError>(!there("") || fs::is_directory(folder, error), folder.string(),
                      ": it is a file, not a folder", hint, "--out names another folder");
    return RunState::none;
  }
  Settings recorded;
  read_config(folder / "config.ini", recorded);
  for (const Setting& s : all_settings()) {
    const std::string wanted = s.get(settings), has = s.get(recorded);
    if (wanted.empty() || wanted == has ||
        (s.name == std::string_view("epochs") && settings.epochs > recorded.epochs))
      continue;
    fail<UsageError>(folder.string(), ": it holds another run: its ", s.name, " is ",
                     has.empty() ? "not set" : has, ", not ", wanted, hint,
                     "--out names another folder, or remove that run");
  }
  check<UsageError>(recorded.epochs >= settings.epochs || !by_the_total(settings), folder.string(),
                    ": it is a run of ", recorded.epochs, " epochs, not ", settings.epochs,
                    ", by a schedule that depends on how many there are", hint,
                    "--out names another folder");
  // The epochs of the summary: config.ini has those of a call that may have been killed since.
  const std::ptrdiff_t finished = finished_epochs(folder);
  if (finished >= settings.epochs) return RunState::finished;
  const bool can_go_on =
      there("checkpoint.safetensors") || there("baseline/checkpoint.safetensors");
  if (!finished) return can_go_on ? RunState::half : RunState::none;
  check<UsageError>(can_go_on, folder.string(), ": it is finished at ", finished,
                    " epochs, and its checkpoint is gone", hint,
                    "remove that run to train it anew, or ask for ", finished, " epochs");
  return RunState::half;
}

std::vector<std::string> PlannedRun::command() const {
  std::vector<std::string> to = {"train"};
  switch (state()) {
    case RunState::finished:
      return {};
    case RunState::half:
      to.insert(to.end(),
                {"--resume", folder.string(), "--epochs", std::to_string(settings.epochs)});
      return to;
    case RunState::none:
      break;
  }
  to.insert(to.end(), arguments.begin(), arguments.end());
  to.insert(to.end(), {"--out", folder.string(), "--overwrite"});
  return to;
}

std::vector<PlannedRun> plan_grid(const std::vector<std::string>& base,
                                  std::span<const Varied> varied,
                                  std::span<const std::uint64_t> seeds, const fs::path& folder) {
  std::set<std::string> twice;
  for (const Varied& v : varied)
    check<UsageError>(twice.insert(v.name).second, "--vary: ", v.name, " is varied twice", hint,
                      "one --vary ", v.name, "=.. with all its values");
  std::vector<PlannedRun> runs = {{"", {}, base}};
  const auto each = [&](const std::string& name, const std::vector<std::string>& values) {
    std::vector<PlannedRun> more;
    const bool is_switch = !*setting(name).value;
    for (const PlannedRun& run : runs)
      for (const std::string& value : values) {
        more.push_back(run);
        PlannedRun& r = more.back();
        r.name += concat(r.name.empty() ? "" : "_", name, '-', file_word(value));
        check<UsageError>(!is_switch || value == "true" || value == "false", "--vary: ", name,
                          " is true or false, not ", value, hint, "--vary ", name, "=true,false");
        if (!is_switch)
          r.arguments.insert(r.arguments.end(), {concat("--", name), value});
        else if (value == "true")
          r.arguments.push_back(concat("--", name));
      }
    runs = std::move(more);
  };
  for (const Varied& v : varied) each(v.name, v.values);
  std::vector<std::string> all_seeds;
  for (const std::uint64_t seed : seeds) all_seeds.push_back(std::to_string(seed));
  each("seed", all_seeds);

  std::set<std::string> names;
  std::map<std::string, std::string> by_settings;
  for (PlannedRun& r : runs) {
    const std::string whole = r.name;
    if (whole.size() > 200) {  // a name has at most 255 bytes
      Sha256 sum;
      sum.update(whole.data(), whole.size());
      r.name = concat(whole.substr(0, 180), '-', sum.hex().substr(0, 12));
    }
    for (int n = 2; !names.insert(r.name).second; ++n) r.name = concat(whole, '-', n);
    r.folder = folder / r.name;
    try {
      r.settings = read_settings(r.arguments);
      check_consistent(r.settings);
    } catch (const UsageError& e) {
      if (varied.empty()) throw;
      fail<UsageError>(r.name, ": ", e.what());
    }
    const auto [same, is_new] = by_settings.emplace(config_text(r.settings), r.name);
    check<UsageError>(is_new, "--vary: ", same->second, " and ", r.name, " are one and the same",
                      hint, "leave one of the two values out");
  }
  return runs;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
