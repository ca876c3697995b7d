#include <boost/program_options.hpp>
#include <cmath>
#include <fstream>
#include <sstream>

#include <vaegrad/lab/files/boost_text.hpp>
#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/run/settings/settings.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
const Setting& setting(std::string_view name) {
  for (const Setting& s : all_settings())
    if (s.name == name) return s;
  fail("settings: there is no '", name, "'");
}

namespace {

namespace po = boost::program_options;

po::options_description described() {
  po::options_description all;
  for (const Setting& s : all_settings())
    if (*s.value)
      all.add_options()(s.name, po::value<std::string>());
    else
      all.add_options()(s.name, po::bool_switch());
  return all;
}

void take_over(const po::variables_map& given, Settings& to) {
  const Settings defaults;
  for (const Setting& s : all_settings()) {
    if (!given.count(s.name)) continue;
    if (*s.value) {
      const std::string value = shown(given[s.name].as<std::string>());
      // no config.ini could say so: what is empty is left out there
      const std::string otherwise = s.get(defaults);
      check<UsageError>(!value.empty(), "--", s.name, ": it has no value", hint, "leave it out",
                        otherwise.empty() ? "" : concat(" for ", otherwise));
      s.set(to, value);
    } else if (given[s.name].as<bool>())
      s.set(to, "");
  }
}

// Whether a line `name = value` is read as it was written
bool survives(const std::string& value) {
  static constexpr std::string_view blanks = " \t\r\n";
  if (value.empty()) return true;
  if (blanks.find(value.front()) != blanks.npos || blanks.find(value.back()) != blanks.npos)
    return false;
  return value.find_first_of("\r\n\1\2") == value.npos && value[0] != '#' &&
         hidden_from_boost(value).find('#') == value.npos;
}

}  // namespace

void read_config(const std::filesystem::path& path, Settings& to) {
  std::string text = read_file(path, std::size_t{1} << 20);
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);  // the mark of UTF-8
  std::istringstream in(hidden_from_boost(std::move(text)));
  po::variables_map given;
  try {
    po::store(po::parse_config_file(in, described()), given);
  } catch (const po::error& e) {
    fail<UsageError>(path.string(), ": ", shown(e.what()), hint, "lines read: epochs = 10");
  }
  for (const char* name : {"resume", "config"})
    check<UsageError>(!given.count(name), path.string(), ": it says ", name, hint,
                      "a file of settings cannot; on the command line --", name);
  try {
    take_over(given, to);
  } catch (const UsageError& e) {
    fail<UsageError>(path.string(), ": ", e.what());
  }
}

Settings read_settings(std::span<const std::string> arguments) {
  po::options_description options = described();
  options.add_options()("surplus", po::value<std::vector<std::string>>());
  po::variables_map given;
  namespace style = po::command_line_style;
  try {
    std::vector<std::string> words;
    for (const std::string& word : arguments) words.push_back(hidden_from_boost(word));
    po::store(po::command_line_parser(words)
                  .options(options)
                  .positional(po::positional_options_description().add("surplus", -1))
                  .style(style::allow_long | style::long_allow_adjacent | style::long_allow_next)
                  .run(),
              given);
  } catch (const po::error& e) {
    fail<UsageError>(shown(e.what()), hint, "vaegrad train --help lists the options");
  }
  for (const auto& [name, value] : given)
    if (const auto* text = boost::any_cast<std::string>(&value.value());
        text && text->starts_with("--"))
      fail<UsageError>("--", name, ": it needs a value, but ", shown(*text), " follows", hint,
                       "options read --name value");
  if (given.count("surplus"))
    fail<UsageError>("'", shown(given["surplus"].as<std::vector<std::string>>()[0]),
                     "' belongs to no option", hint, "options read --name value");
  Settings settings;
  if (given.count("resume")) {
    check<UsageError>(
        !given.count("out") && !given.count("config") && !given["overwrite"].as<bool>(),
        "--resume: a run that goes on stays in its folder, with its settings: no --out, --config "
        "or ",
        "--overwrite", hint, "cp -r RUN NEW, then --resume NEW, leaves RUN as it is");
    read_config(std::filesystem::path(shown(given["resume"].as<std::string>())) / "config.ini",
                settings);
  } else if (given.count("config"))
    read_config(config_file(shown(given["config"].as<std::string>())), settings);
  else if (!given.count("data"))
    read_config(settings.config = shipped_config("default.ini"), settings);
  const Settings recorded = settings;
  take_over(given, settings);
  settings.names_data = given.count("data");
  if (given.count("resume")) {
    // The data may have moved; whether they are those of the run is seen when they are read.
    const auto may_differ = [](std::string_view name) {
      return name == "epochs" || name == "data" || name == "data-dir" || name == "labels" ||
             name == "test-data" || name == "test-labels";
    };
    for (const Setting& s : all_settings())
      check<UsageError>(
          may_differ(s.name) || s.get(settings) == s.get(recorded), "--", s.name, ' ',
          s.get(settings), ": the run to go on with has ",
          s.get(recorded).empty() ? "none" : s.get(recorded), hint,
          "only --epochs, --threads and where the data lie may differ; for others start a new run");
    check<UsageError>(settings.epochs >= recorded.epochs, "--epochs ", settings.epochs,
                      ": the run is set for ", recorded.epochs, hint, "--epochs may only grow");
  }
  return settings;
}

std::string config_text(const Settings& settings) {
  std::string to;
  const char* group = "";
  for (const Setting& s : all_settings()) {
    const std::string value = s.get(settings);
    if (value.empty()) continue;
    check<UsageError>(survives(value), "--", s.name, ": '", value,
                      "' cannot be recorded in config.ini", hint,
                      "no blanks at its ends, no # that begins a word, no line breaks");
    if (std::string_view(group) != s.group) to += concat("# ", group = s.group, '\n');
    to += concat(s.name, " = ", value, '\n');
  }
  return to;
}

std::filesystem::path config_file(const std::string& name) {
  const std::filesystem::path file = name;
  std::error_code error;
  return file.has_parent_path() || std::filesystem::exists(file, error) ? file
                                                                        : shipped_config(name);
}

namespace {
std::filesystem::path& configs_besides() {
  static std::filesystem::path folder;
  return folder;
}
}  // namespace

void find_configs_in(std::filesystem::path folder) { configs_besides() = std::move(folder); }

std::filesystem::path shipped_config(const std::string& name) {
  // The prefix of an installed program may have been moved.
  std::error_code error;
  const std::filesystem::path beside =
      std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / VAEGRAD_CONFIGS_BESIDE;
  for (const std::filesystem::path& folder :
       {configs_besides(), std::filesystem::path(VAEGRAD_CONFIGS), beside.lexically_normal(),
        std::filesystem::path(VAEGRAD_INSTALLED_CONFIGS)})
    if (folder.empty())
      continue;
    else if (std::filesystem::path file = folder / name; std::filesystem::exists(file, error))
      return file;
  fail("config: there is no ", name, " here or in ", VAEGRAD_CONFIGS, " or ",
       VAEGRAD_INSTALLED_CONFIGS, hint, "--config FILE names one");
}

}  // namespace vaegrad::inline VAEGRAD_ABI
