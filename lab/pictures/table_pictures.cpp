// Pictures for tables, whose examples are no images: how well each column comes back, and the two
// columns that depend on each other most, in the data and in what the model draws.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/lab/pictures/picture_parts.hpp>
#include <vaegrad/lab/pictures/pictures.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

std::vector<double> column(ConstMatrix m, Index j) {
  std::vector<double> values;
  for (Index i = 0; i < m.rows; ++i) values.push_back(double(m(i, j)));
  return values;
}
double average_of(const std::vector<double>& values) {
  double sum = 0;
  for (double v : values) sum += v;
  return sum / double(values.size());
}
// Σ (a − ā)(b − b̄)
double covariation(const std::vector<double>& a, const std::vector<double>& b) {
  const double a_mean = average_of(a), b_mean = average_of(b);
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - a_mean) * (b[i] - b_mean);
  return sum;
}

}  // namespace

bool draw_table_reconstructions(const Model& model, const Examples& examples,
                                const Settings& settings, const std::filesystem::path& path) {
  Tape tape;
  const auto rows = spread(examples, 1000);
  const std::uint32_t draw_number = fixed_draw(examples.split);
  const Batch batch = make_batch(tape, model, examples, rows, settings, draw_number);
  Stream noise(settings.seed, Purpose::evaluate, draw_number, rows);
  const Var y = model.decode(model.draw(batch, noise).z, batch.condition).mean();

  // 1 − Σ (x − y)² / Σ (x − x̄)²
  Chart chart{fmt::format("What comes back of each column, {} {} rows", rows.size(),
                          split_name(examples.split)),
              "column", "share of the variance that E[x|z] explains"};
  Series bars{.mark = Mark::bars};
  for (Index j = 0; j < model.dimensions(); ++j) {
    const auto x = column(batch.x.val(), j);
    auto rest = column(y.val(), j);
    double squares = 0;
    for (std::size_t i = 0; i < x.size(); ++i) squares += (x[i] - rest[i]) * (x[i] - rest[i]);
    bars.x.push_back(double(j + 1));
    bars.y.push_back(1 - squares / covariation(x, x));
  }
  chart.y_range = {std::min(0.0, std::max(-1.0, *std::min_element(bars.y.begin(), bars.y.end()))),
                   1};
  chart.series = {bars};
  return draw(chart, path);
}

bool draw_table_samples(const Model& model, const Examples* examples, const Settings& settings,
                        const Sampling& s, const std::filesystem::path& path) {
  Tape tape;
  Batch batch;
  Index count = Index(s.count);
  if (examples) {
    const auto rows = spread(*examples, 1000);
    batch = make_batch(tape, model, *examples, rows, settings, fixed_draw(examples->split));
    count = Index(rows.size());
  } else if (model.classes()) {
    std::vector<Index> labels;
    for (Index i = 0; i < count; ++i)
      labels.push_back(s.of_class.value_or(model.class_in_turn(std::size_t(i))));
    batch.condition = one_hot(tape, model, labels);
  }
  Stream noise(s.seed, Purpose::prior);
  const Var z = model.sample_prior(tape, batch.condition, count, noise);
  const Var x = model.decode(s.temperature * z, batch.condition).sample(noise);
  if (!examples) batch.x = x;

  Chart chart;
  Series data{.title =
                  examples ? fmt::format("{} {} rows", count, split_name(examples->split)) : ""},
      drawn{.title = examples ? "as many draws from the model"
                              : fmt::format("{} draws from the model", count)};
  data.mark = drawn.mark = Mark::points;
  const Index columns = std::min<Index>(model.dimensions(), 200);
  if (columns == 1) {
    chart = {"The column, in the data and drawn from the model", "column 1", "share of rows below"};
    for (auto* of : {&data, &drawn}) {
      of->x = column(of == &data ? batch.x.val() : x.val(), 0);
      std::sort(of->x.begin(), of->x.end());
      for (std::size_t i = 0; i < of->x.size(); ++i)
        of->y.push_back((double(i) + 0.5) / double(of->x.size()));
    }
  } else {
    std::vector<std::vector<double>> all;
    for (Index j = 0; j < columns; ++j) all.push_back(column(batch.x.val(), j));
    std::size_t a = 0, b = 1;
    double most = -1;
    for (std::size_t i = 0; i < all.size(); ++i)
      for (std::size_t j = i + 1; j < all.size(); ++j) {
        const double r = std::abs(covariation(all[i], all[j])) /
                         std::sqrt(covariation(all[i], all[i]) * covariation(all[j], all[j]));
        if (r > most) most = r, a = i, b = j;
      }
    const char* unit = model.standard ? ", standardised" : "";
    chart = {"The two columns that depend on each other most",
             fmt::format("column {}{}", a + 1, unit), fmt::format("column {}{}", b + 1, unit)};
    data.x = all[a], data.y = all[b];
    drawn.x = column(x.val(), Index(a)), drawn.y = column(x.val(), Index(b));
  }
  chart.series = {drawn};
  if (examples) chart.series.insert(chart.series.begin(), data);
  return draw(chart, path);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
