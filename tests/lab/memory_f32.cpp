// A long training keeps to the memory of its first thousand steps. VAEGRAD_TEST_STEPS=1000000 makes
// it as long as acceptance asks.
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>

#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/run/training/console.hpp>
#include <vaegrad/lab/run/training/model_trainee.hpp>

#include "folder.hpp"

using namespace vaegrad;

namespace {

double peak_mb() {  // of this process, since forget_peak
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (word == "VmHWM:" && status >> word) return std::stod(word) / 1024;
  return 0;
}
void forget_peak() { std::ofstream("/proc/self/clear_refs") << 5; }

}  // namespace

TEST_CASE("memory after many steps, epochs and checkpoints is what it was after a thousand steps") {
  const char* wanted = std::getenv("VAEGRAD_TEST_STEPS");
  const int epochs = std::max(wanted ? std::atoi(wanted) / 1000 : 10, 5);
  const Folder folder;
  std::string rows;
  for (int i = 0; i < 1250; ++i) rows += concat(i * i % 17, ',', i * 7 % 23, ',', i % 5, '\n');
  write_atomically(folder / "table.csv", rows);
  const std::vector<std::string> arguments{"--data",       folder / "table.csv",
                                           "--likelihood", "gaussian",
                                           "--hidden",     "4",
                                           "--latent",     "2",
                                           "--batch",      "1",
                                           "--epochs",     std::to_string(epochs),
                                           "--out",        folder / "run"};
  const Settings settings = read_settings(arguments);
  const DataSet data = load_data(settings);
  REQUIRE(data.train.count() == 1000);  // an epoch has as many steps
  const auto model = new_model(settings, data);
  const Run run(settings);
  long asked = 0;
  double early = 0;
  forget_peak();
  ModelTrainee trainee(settings, data, *model);
  Console watch([&] {
    if (++asked == 1010)
      early = peak_mb();  // one epoch, its validation and its checkpoint are over
    return false;
  });
  Training training(settings, data.train, trainee, run, watch);
  training.run();
  const double late = peak_mb();
  MESSAGE(training.state().steps << " steps: peak " << early << " MB after a thousand, " << late
                                 << " MB at the end");
  CHECK(training.state().steps == std::uint64_t(epochs) * 1000);
  CHECK(early > 1);
  CHECK(late - early < 1);
}
