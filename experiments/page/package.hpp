// A run as data for a page: its weights in 16 bits, test images, settings, where it comes from, and
// what the program says of these images, so that the page's own numbers can be held against it.
#pragma once
#include <nlohmann/json_fwd.hpp>

#include <vaegrad/lab/run/run_data.hpp>

namespace vaegrad {

// What a page shows of a run.
struct PageParts {
  Examples examples;   // of the run's test split
  bool images = true;  // the examples' pixels too; not of a second run on the same examples
  std::string weights = "last";  // which of the run's the model has
  std::size_t epochs = 0;        // at most so many of the weights that --keep-every kept
};

// The run's model has other weights afterwards. Errors: what a page cannot show, with the reason.
nlohmann::json package(LoadedRun& run, const DataSet& data, const PageParts& parts);

// UsageError: images a page cannot show (a table, real numbers), or a model without a code of its own.
void check_page_can_show(const LoadedRun& run, const DataSet& data);

}  // namespace vaegrad
