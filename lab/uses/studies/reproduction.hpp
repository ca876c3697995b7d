// Published numbers beside those that were measured again: the rows of a file, what runs of them
// have given, and the page that is written of both. Nothing is run here.
#pragma once
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <vaegrad/autodiff/real.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// A published number and its protocol: a section of the file.
struct PublishedRow {
  std::string name, paper, table;
  std::string quantity;  // nll or negative-elbo: nats per test example; bits-back: bits/dimension
  double published = std::numeric_limits<double>::quiet_NaN();  // NaN: a row of our own
  double spread = std::numeric_limits<double>::quiet_NaN();     // published, where there is one
  double tolerance = 0.5;
  std::vector<std::string> protocol, evaluate;  // options of train, of evaluate
  double hours = 0;                             // estimated, a seed on two cores
  std::string differs;                          // from the published protocol

  std::string checksum() const;  // of what decides about the number
  std::string command() const;   // what a person types
  bool is_published() const { return published == published; }
};
// In the file's order. Errors: a line that cannot be read, a row without a protocol, ..
std::vector<PublishedRow> read_published_rows(const std::filesystem::path& path);

// What one run of a row has given.
struct RowResult {
  std::string row;
  std::uint64_t seed = 1;
  double value = 0;
  double monte_carlo_error = std::numeric_limits<double>::quiet_NaN();
  double effective_sample_size = std::numeric_limits<double>::quiet_NaN();  // of nll's particles
  double hours = 0;
  int epochs = 0;
  std::string commit, checksum;
};
// A CSV file, empty where there is none. Error: damaged.
std::vector<RowResult> read_row_results(const std::filesystem::path& path);
void write_row_results(const std::filesystem::path& path, std::span<const RowResult> results);

// Those of a row as its protocol is now, by seed.
std::vector<RowResult> results_of(const PublishedRow& row, std::span<const RowResult> all);
// Whether a mean is no further from the published number than the tolerance; false without one.
bool within_tolerance(const PublishedRow& row, double mean);

// The tables in Markdown: rows with results, and those without.
std::string reproduction_table(std::span<const PublishedRow> rows,
                               std::span<const RowResult> results);

}  // namespace vaegrad::inline VAEGRAD_ABI
