#include <fmt/format.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <cmath>
#include <set>
#include <sstream>

#include <vaegrad/lab/files/boost_text.hpp>
#include <vaegrad/lab/files/checksum.hpp>
#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/run/settings/settings.hpp>
#include <vaegrad/lab/uses/studies/grid.hpp>
#include <vaegrad/lab/uses/studies/reproduction.hpp>
#include <vaegrad/models/metrics/probe.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

namespace po = boost::program_options;

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> to;
  for (std::string word; in >> word;) to.push_back(word);
  return to;
}
std::string joined(const std::vector<std::string>& words) {
  std::string to;
  for (const std::string& word : words) to += (to.empty() ? "" : " ") + word;
  return to;
}

struct Field {
  const char* name;
  void (*set)(PublishedRow&, const std::string&);
};
// clang-format off
constexpr Field fields[] = {
    {"paper",     [](PublishedRow& r, const std::string& v) { r.paper = v; }},
    {"table",     [](PublishedRow& r, const std::string& v) { r.table = v; }},
    {"quantity",  [](PublishedRow& r, const std::string& v) { r.quantity = v; }},
    {"published", [](PublishedRow& r, const std::string& v) { r.published = real_option("published", v, -1e9, 1e9); }},
    {"spread",    [](PublishedRow& r, const std::string& v) { r.spread = real_option("spread", v, 0, 1e9); }},
    {"tolerance", [](PublishedRow& r, const std::string& v) { r.tolerance = real_option("tolerance", v, 0, 1e9); }},
    {"protocol",  [](PublishedRow& r, const std::string& v) { r.protocol = words_of(v); }},
    {"evaluate",  [](PublishedRow& r, const std::string& v) { r.evaluate = words_of(v); }},
    {"hours",     [](PublishedRow& r, const std::string& v) { r.hours = real_option("hours", v, 0, 1e6); }},
    {"differs",   [](PublishedRow& r, const std::string& v) { r.differs = v; }},
};
// clang-format on

constexpr std::string_view header =
    "row,seed,value,monte_carlo_error,effective_sample_size,hours,epochs,commit,checksum";
constexpr std::size_t result_columns = 9;

std::string number(double x, int digits) {
  return std::isfinite(x) ? fmt::format("{:.{}f}", x, digits) : "";
}
double number_or_none(const char* name, const std::string& text) {
  return text.empty() ? std::nan("") : real_option(name, text, 0, 1e9);
}

}  // namespace

// Of the settings that are not the default, so that a file that the protocol names counts too, and
// a setting that is new does not.
std::string PublishedRow::checksum() const {
  const Settings settings = read_settings(protocol), plain;
  std::string text = fmt::format("{}\n{}\n", joined(evaluate), quantity);
  for (const Setting& s : all_settings())
    if (const std::string value = s.get(settings); value != s.get(plain))
      text += fmt::format("{}={}\n", s.name, value);
  Sha256 sum;
  sum.update(text.data(), text.size());
  return sum.hex().substr(0, 12);
}
std::string PublishedRow::command() const { return "vaegrad reproduce " + name; }

std::vector<PublishedRow> read_published_rows(const std::filesystem::path& path) {
  std::istringstream in(hidden_from_boost(read_file(path, std::size_t{1} << 20)));
  std::vector<PublishedRow> rows;
  try {
    const auto parsed = po::parse_config_file<char>(in, po::options_description(), true);
    for (const po::option& line : parsed.options) {
      const std::size_t dot = line.string_key.rfind('.');
      const std::string row = shown(line.string_key.substr(0, dot)),
                        name = dot == std::string::npos ? "" : line.string_key.substr(dot + 1),
                        value = line.value.empty() ? "" : shown(line.value[0]);
      const auto field = std::find_if(std::begin(fields), std::end(fields),
                                      [&](const Field& f) { return f.name == name; });
      check(field != std::end(fields), path.string(), ": [", row, "]: there is no '", name, "'",
            hint, "paper, table, quantity, published, spread, tolerance, protocol, ..");
      if (rows.empty() || rows.back().name != row) rows.emplace_back().name = row;
      field->set(rows.back(), value);
    }
  } catch (const po::error& e) {
    fail(path.string(), ": ", shown(e.what()), hint, "lines read: published = 86.76");
  } catch (const UsageError& e) {
    fail(path.string(), ": ", e.what());
  }
  check(!rows.empty(), path.string(), ": there is no row in it", hint,
        "[NAME], paper, protocol, ..");
  std::set<std::string> names;
  for (const PublishedRow& r : rows) {
    check(r.name == file_word(r.name), path.string(), ": [", r.name,
          "]: a row's name is made of letters, digits, '.', '+' and '-'", hint, '[',
          file_word(r.name), ']');
    check(names.insert(r.name).second, path.string(), ": [", r.name, "] is there twice", hint,
          "another name for one of them");
    check(r.quantity == "nll" || r.quantity == "negative-elbo" || r.quantity == "bits-back",
          path.string(), ": [", r.name, "]: there is no quantity '", r.quantity, "'", hint,
          "one of nll, negative-elbo, bits-back");
    check(!r.protocol.empty() && !r.paper.empty(), path.string(), ": [", r.name,
          "]: it has no protocol or no paper", hint, "protocol = --data mnist ..");
  }
  return rows;
}

std::vector<RowResult> read_row_results(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return {};
  std::istringstream in(read_file(path, std::size_t{1} << 24));
  std::vector<RowResult> to;
  std::string line;
  std::getline(in, line);
  const char* repair = "remove the line, or the file; reproduce collects what its runs have";
  check(line == header, path.string(), ": damaged: line 1 is not its header", hint, repair);
  for (int n = 2; std::getline(in, line); ++n) {
    std::vector<std::string> f;
    std::istringstream parts(line);
    for (std::string one; std::getline(parts, one, ',');) f.push_back(one);
    check(f.size() == result_columns, path.string(), ": damaged: line ", n, " has ", f.size(),
          " fields", hint, repair);
    try {
      to.push_back(
          {f[0], std::uint64_t(integer_option("seed", f[1], 0, INT64_MAX)),
           real_option("value", f[2], -1e9, 1e9), number_or_none("monte_carlo_error", f[3]),
           number_or_none("effective_sample_size", f[4]), real_option("hours", f[5], 0, 1e9),
           int(integer_option("epochs", f[6], 0, INT32_MAX)), f[7], f[8]});
    } catch (const UsageError& e) {
      fail(path.string(), ": damaged: line ", n, ": ", e.what());
    }
  }
  return to;
}

void write_row_results(const std::filesystem::path& path, std::span<const RowResult> results) {
  std::string to = concat(header, '\n');
  for (const RowResult& r : results)
    to += fmt::format("{},{},{:.6f},{},{},{:.3f},{},{},{}\n", r.row, r.seed, r.value,
                      number(r.monte_carlo_error, 6), number(r.effective_sample_size, 2), r.hours,
                      r.epochs, r.commit, r.checksum);
  write_atomically(path, std::string_view(to));
}

std::vector<RowResult> results_of(const PublishedRow& row, std::span<const RowResult> all) {
  std::vector<RowResult> to;
  for (const RowResult& r : all)
    if (r.row == row.name && r.checksum == row.checksum()) to.push_back(r);
  std::sort(to.begin(), to.end(),
            [](const RowResult& a, const RowResult& b) { return a.seed < b.seed; });
  return to;
}

bool within_tolerance(const PublishedRow& row, double mean) {
  return std::abs(mean - row.published) <= row.tolerance + 1e-9;
}

std::string reproduction_table(std::span<const PublishedRow> rows,
                               std::span<const RowResult> results) {
  std::size_t measured = 0, published = 0, within = 0, better = 0;
  const auto published_of = [](const PublishedRow& row) {
    return row.is_published() ? fmt::format("{}", row.published) : std::string("none");
  };
  std::string table, missing, worse;
  for (const PublishedRow& row : rows) {
    const std::string what = fmt::format("{}: {}", row.paper, row.table);
    const std::vector<RowResult> of = results_of(row, results);
    if (of.empty()) {
      missing += fmt::format("| `{}` | {} | {} {} | {:.2g} | {} |\n", row.name, what, row.quantity,
                             published_of(row), row.hours, row.differs);
      continue;
    }
    std::vector<double> values;
    std::string seeds, commits;
    double error = 0, hours = 0;
    for (const RowResult& r : of) {
      values.push_back(r.value);
      seeds += (seeds.empty() ? "" : ", ") + std::to_string(r.seed);
      error = std::max(error, std::isnan(r.monte_carlo_error) ? 0 : r.monte_carlo_error);
      hours += r.hours;
      if (commits.find(r.commit) == commits.npos)
        commits += (commits.empty() ? "" : " ") + r.commit;
    }
    const Spread s = spread(values);
    const bool holds = within_tolerance(row, s.mean);
    ++measured, published += row.is_published(), within += holds;
    better += row.is_published() && !holds && s.mean < row.published;
    if (row.is_published() && !holds && s.mean > row.published)
      worse += fmt::format("{}`{}`", worse.empty() ? "" : ", ", row.name);
    const int digits = row.quantity == "bits-back" ? 4 : 2;
    table += fmt::format(
        "| `{}` | {} | {} | {}{} | {} | {} | {} | {} | {} | {} | {:.2f} | {} |\n", row.name, what,
        row.quantity, published_of(row),
        std::isnan(row.spread) ? "" : fmt::format(" ± {}", row.spread),
        row.is_published() ? fmt::format("{}", row.tolerance) : "", number(s.mean, digits), seeds,
        s.count > 1 ? number(s.deviation, digits) : "",
        error > 0 ? fmt::format("{:.3f}", error) : "",
        !row.is_published() ? ""
        : holds             ? "yes"
                : fmt::format("{} by {:.{}f}", s.mean < row.published ? "better" : "worse",
                              std::abs(s.mean - row.published), digits),
        hours, commits);
    if (!row.differs.empty())
      table += fmt::format("| | *differs: {}* | | | | | | | | | | |\n", row.differs);
  }
  std::string to = fmt::format(
      "{} of {} rows are measured; of the {} of them that have a published number {} are within "
      "the tolerance, {} better by more, {}.\n\n"
      "| row | where it stands | quantity | published | tolerance | measured | seeds | spread over "
      "seeds | Monte Carlo error | within | hours | commit |\n"
      "|---|---|---|---|---|---|---|---|---|---|---|---|\n",
      measured, rows.size(), published, within, better,
      worse.empty() ? std::string("none worse by more")
                    : fmt::format("{} worse by more: {}", published - within - better, worse));
  to += table;
  if (!missing.empty())
    to +=
        "\nMissing: not run to their end. The hours are those of two cores.\n\n"
        "| row | where it stands | published | estimated hours a seed | differs |\n"
        "|---|---|---|---|---|\n" +
        missing;
  return to;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
