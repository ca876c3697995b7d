#include <fmt/format.h>

#include <cmath>
#include <sstream>

#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/run/metrics.hpp>
#include <vaegrad/lab/run/settings/settings.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

void write_metrics(const std::filesystem::path& file, std::span<const Metrics> rows) {
  std::string text = "epoch,step,seconds";
  for (const MetricColumn& c : metric_columns) text += concat(',', c.name);
  text += '\n';
  for (const Metrics& m : rows) {
    text += fmt::format("{},{},{:.3f}", m.epoch, m.step, m.seconds);
    for (const MetricColumn& c : metric_columns)
      text += std::isnan(m.*c.value) ? "," : fmt::format(",{:.9g}", m.*c.value);
    text += '\n';
  }
  write_atomically(file, text);
}

std::vector<Metrics> read_metrics(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "metrics.csv";
  std::istringstream in(read_file(file, std::size_t{1} << 30));
  std::vector<Metrics> rows;
  std::string line;
  std::getline(in, line);
  for (int number = 2; std::getline(in, line); ++number) {
    std::vector<double> v;
    std::istringstream cells(line + ',');
    for (std::string cell; std::getline(cells, cell, ',');) try {
        v.push_back(cell.empty() ? std::nan("") : real_option("", cell, -1e300, 1e300));
      } catch (const UsageError&) {
        fail(file.string(), ':', number, ": '", cell, "' is not what a run writes", hint,
             "was the file edited? leave empty what is not known");
      }
    constexpr std::size_t columns = 3 + std::size(metric_columns);
    check(v.size() == columns, file.string(), ':', number, ": ", v.size(), " columns, expected ",
          columns, hint, "was the file edited?");
    check(v[0] >= 1 && v[0] <= 1e9 && v[1] >= 0 && v[1] <= 1e18, file.string(), ':', number,
          ": epoch ", v[0], ", step ", v[1], hint, "was the file edited?");
    Metrics& m = rows.emplace_back();
    m.epoch = int(v[0]), m.step = std::uint64_t(v[1]), m.seconds = v[2];
    for (std::size_t i = 0; i < std::size(metric_columns); ++i)
      m.*metric_columns[i].value = v[3 + i];
  }
  return rows;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
