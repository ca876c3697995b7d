// What is measured after each epoch: a row of metrics.csv. A column is a row of one table.
#pragma once
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <vector>

#include <vaegrad/autodiff/real.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// NaN where there is nothing to report.
struct Metrics {
  static constexpr double nothing = std::numeric_limits<double>::quiet_NaN();
  int epoch = 0;
  std::uint64_t step = 0;
  double seconds = 0;
  double train_objective = nothing, train_elbo = nothing;
  double train_log_likelihood = nothing, train_kl = nothing;
  double valid_objective = nothing, valid_elbo = nothing;
  double valid_log_likelihood = nothing, valid_kl = nothing;
  double active_units = nothing, gradient_norm = nothing, learning_rate = nothing, beta = nothing;
};

// The columns after epoch, step and seconds, in the file's order.
struct MetricColumn {
  const char* name;
  double Metrics::*value;
};
// clang-format off
inline constexpr MetricColumn metric_columns[] = {
    {"train_objective",      &Metrics::train_objective},
    {"train_elbo",           &Metrics::train_elbo},
    {"train_log_likelihood", &Metrics::train_log_likelihood},
    {"train_kl",             &Metrics::train_kl},
    {"valid_objective",      &Metrics::valid_objective},
    {"valid_elbo",           &Metrics::valid_elbo},
    {"valid_log_likelihood", &Metrics::valid_log_likelihood},
    {"valid_kl",             &Metrics::valid_kl},
    {"active_units",         &Metrics::active_units},
    {"gradient_norm",        &Metrics::gradient_norm},
    {"learning_rate",        &Metrics::learning_rate},
    {"beta",                 &Metrics::beta},
};
// clang-format on

// The whole file, with its header.
void write_metrics(const std::filesystem::path& file, std::span<const Metrics> rows);
// Of a run's folder. Errors: damaged.
std::vector<Metrics> read_metrics(const std::filesystem::path& folder);

}  // namespace vaegrad::inline VAEGRAD_ABI
