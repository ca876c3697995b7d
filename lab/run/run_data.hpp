// Which data a run was made from, and whether those that lie there now are the same. The record is
// data.json in the run's folder: names and checksums of the files, and what the model needs to know of
// them to be used without them.
#pragma once
#include <vaegrad/lab/run/run.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

struct DataRecord {
  std::filesystem::path folder;  // the working directory of the training
  // In the order of DataSet::checksums; none of a run that was handed on, on data known by name
  std::vector<Checksum> checksums;
  std::vector<std::string> label_names, column_names;  // where the files gave them
  std::vector<DroppedColumn> dropped;
  // Whether they were real numbers, and all of those from 0 to 1; not known of older runs.
  std::optional<bool> real;
  bool unit = false;
  // Of a run that has no data.json, from its summary.json: names and checksums alone, in any order.
  bool by_name = false;
};
// Empty where the run says nothing.
std::optional<DataRecord> read_data_record(const std::filesystem::path& folder);
// Of these data.
void write_data_record(const Run& run, const DataSet& data);

// A set that vaegrad knows or draws, or one in memory: whatever files are called so too.
bool known_by_name(const std::string& data);

// How the numbers of an array are to be taken for the likelihood of these settings; for a run of real
// numbers as they are, though all of a few may be whole.
NumbersAs numbers_as(const Settings& settings, const std::optional<DataRecord>& record = {});

// Before training: grey images for a Bernoulli likelihood, of which nothing says how they become 0
// or 1, are drawn: settings.binarize is `sample` then, and the images' note says so. Of a run that
// goes on: the data are those that it began with, or --data names them. Errors: they are not; they
// do not suit the likelihood.
DataSet load_training_data(Settings& settings);
// The same of arrays in memory; without test images a part of the others is for testing.
DataSet take_training_data(Settings& settings, Images train, std::optional<Images> test);

// A word with a hint where real numbers that are not standardised are of a scale that training does not
// cope with; empty where all is well.
std::string scale_word(const Settings& settings, const DataSet& data);

// The run's own data, where it says, or where settings.data says now. Errors: they are not there, or
// have changed; the hint tells which option names them, of a command that calls --data otherwise.
DataSet load_own_data(const LoadedRun& run, const std::string& option = "--data");
// Error: the data that `settings` name are others than those of the run in `folder`, which has begun.
void check_data_of(const std::filesystem::path& folder, const Settings& settings);

// Images in memory for a trained run, as load_named_data has those of a file that the run never
// saw; `settings` are those that hold for them. Errors: load_named_data's.
Examples show_images(const LoadedRun& run, const std::optional<DataRecord>& record, Images images,
                     Settings& settings);

// Data for a trained run. Without a name its own. With one: its own again when the checksum says so,
// which may lie elsewhere now; otherwise others, of which all examples of a file are meant, of all
// classes, and of a table that has just the model's columns all of them; and whose name and way to become 0 or 1 go to `settings`. Labels or test data alone lie elsewhere than the
// run's. Errors: columns with names that are not those of training, in their order; real numbers that are
// not from 0 to 1 where training had bytes; of a conditional model, a class whose name it never met.
struct RunData {
  DataSet set;
  bool own = true;
};
struct DataNames {
  std::string data = {}, labels = {}, test_data = {}, test_labels = {}, label_column = {},
              drop_columns = {};
  std::optional<Binarize> binarize = {};
  std::string option = "--data";  // what the command calls `data`
  bool shown =
      false;  // nothing is learnt from them, so one or two are enough (DataOptions::to_be_shown)
  bool all_classes = false;  // of the run's own data, too, where it was trained on some of them
};
RunData load_named_data(const LoadedRun& run, const DataNames& names, Settings& settings);
inline RunData load_named_data(LoadedRun& run, const DataNames& names) {
  return load_named_data(run, names, run.settings);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
