// vaegrad train: trains a model, and leaves a folder that says everything about it.
#include <fmt/format.h>

#include <vaegrad/autodiff/kernels/parallel.hpp>
#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/run/run_data.hpp>
#include <vaegrad/lab/run/training/console.hpp>
#include <vaegrad/lab/whole_run.hpp>

#include "command.hpp"
#include "signals.hpp"

namespace vaegrad {
namespace {

int train(Arguments arguments) {
  watch_signals();
  Settings settings = read_settings(arguments);
  check_consistent(settings);
  if (settings.threads) set_threads(settings.threads);
  const DataSet data = load_training_data(settings);
  can_be_saved();
  Console console([] { return interrupted() != 0; });
  const TrainedRun run = train_whole(settings, data, console);
  const std::string folder = run.folder.string();
  if (!run.complete) {
    say("\ninterrupted in epoch {} and saved; go on with: vaegrad train --resume {}\n",
        run.epoch + 1, typed(run.folder));
    return 128 + interrupted();
  }
  if (run.baseline)
    fmt::print("baseline: test log p of the pixels that are not given {:.2f} nats\n",
               *run.baseline);
  if (!run.nothing_to_do) {
    const Evaluation& test = run.test;
    say("trained in {}, {:.0f} examples/s\n", duration(run.seconds), run.examples_per_second);
    if (const Likelihood& p = *run.model->decoder.head.row; p.instead)
      fmt::print("test {} {:.2f}, no log p(x|z); KL {:.2f} nats, {} of {} latents active\n",
                 p.instead, test.log_likelihood, test.kl, test.active_units, run.model->latent);
    else if (run.model->deterministic)
      fmt::print("test log p(x|z) {:.2f} nats\n", test.log_likelihood);
    else
      fmt::print("test ELBO {:.2f} nats = log p(x|z) {:.2f} - KL {:.2f}, {} of {} latents active\n",
                 test.elbo(), test.log_likelihood, test.kl, test.active_units, run.model->latent);
    if (run.model->hierarchical())
      fmt::print("KL of each layer, from x up: {:.2f} nats\n", fmt::join(test.kl_per_layer, ", "));
  }
  fmt::print("{}: config.ini, curves.png, metrics.csv, summary.json, ..\n", folder);
  return 0;
}

// A line per setting, or two neighbours on one where both are short: the whole fits a screen.
std::string train_help() {
  std::string to =
      "usage: vaegrad train [options]    Trains a model; its folder says all about it.\n";
  const Setting* waiting = nullptr;  // a short one, for a neighbour
  const auto option = [](const Setting& s) {
    return concat("--", s.name, *s.value ? " " : "", s.value);
  };
  const auto in_half = [&](const Setting& s) {
    return fmt::format("{:<16} {}", option(s), s.help);
  };
  const auto alone = [&](const Setting& s) {
    const std::string name = fmt::format("  {:<24} ", option(s));
    std::string_view rest = s.help;
    to += name;
    for (std::size_t room = 80 - name.size(); rest.size() > room; room = 80 - 27) {
      const std::size_t space = rest.rfind(' ', room);
      to += fmt::format("{}\n{:27}", rest.substr(0, space), "");
      rest.remove_prefix(space + 1);
    }
    to += fmt::format("{}\n", rest);
  };
  const auto flush = [&] {
    if (waiting) alone(*waiting);
    waiting = nullptr;
  };
  const char* group = "";
  for (const Setting& s : all_settings()) {
    if (std::string_view(group) != s.group) {
      flush();
      to += fmt::format("{}\n", group = s.group);
    }
    if (in_half(s).size() > 38) {
      flush();
      alone(s);
    } else if (waiting) {
      to += fmt::format("  {:<39}{}\n", in_half(*waiting), in_half(s));
      waiting = nullptr;
    } else {
      waiting = &s;
    }
  }
  flush();
  return to + "example: vaegrad train --data mnist --binarize sample --latent 50 --out runs/a\n";
}

}  // namespace

const Command train_command{
    "train", "trains a model and draws its curves, reconstructions and samples", train, train_help};

}  // namespace vaegrad
