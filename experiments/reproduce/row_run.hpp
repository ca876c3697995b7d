// A row of rows.ini as a run: what is to be done next, and what it has given.
#pragma once
#include <optional>
#include <vaegrad/lab/files/temporary_folder.hpp>
#include <vaegrad/lab/run/run.hpp>
#include <vaegrad/lab/uses/studies/grid.hpp>
#include <vaegrad/lab/uses/studies/reproduction.hpp>

namespace vaegrad {

struct RowRun {
  PublishedRow row;
  std::uint64_t seed;
  PlannedRun plan;
  std::vector<std::string> evaluate;  // options

  std::vector<std::string> next() const;    // train, evaluate, and what bits back needs
  std::optional<RowResult> result() const;  // nothing before its end
};

// The run of a seed, in a folder of its own. Errors (UsageError): what train would say.
RowRun planned_run(const PublishedRow& row, std::uint64_t seed, const std::filesystem::path& folder,
                   const std::filesystem::path& data_dir);

// For --quick: a few images of each data set, in a folder that goes away.
class TruncatedData {
 public:
  static constexpr std::size_t train_images = 600, test_images = 100;

  TruncatedData(bool wanted, const std::filesystem::path& data_dir);

  const std::filesystem::path& folder() const { return folder_->path(); }  // where it is wanted
  // One pass over them, by the row's protocol for all else.
  RowRun shortened(const PublishedRow& row, std::uint64_t seed) const;

 private:
  // The options that name the images of a data set; `fashion-mnist` where it is missing.
  std::vector<std::pair<std::string, std::string>> images_of(const std::string& name,
                                                             bool* other) const;
  std::optional<TemporaryFolder> folder_;
  std::filesystem::path data_dir_;
};

}  // namespace vaegrad
