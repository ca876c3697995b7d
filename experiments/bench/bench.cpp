// vaegrad bench: how fast a training step is here, beside the same step written by hand.
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <vaegrad/autodiff/kernels/parallel.hpp>
#include <vaegrad/lab/run/settings/settings.hpp>

#include "bench/growth.hpp"
#include "bench/machine.hpp"
#include "bench/measure.hpp"
#include "bench/peers.hpp"
#include "bench/rank_steps.hpp"
#include "command.hpp"

namespace vaegrad {
namespace {

struct BenchOptions {
  bool json = false, peers = false, growth = false;
  std::string only, python;
  double seconds = 2;
};

std::string names() {
  std::string to;
  for (const BenchCase& c : bench_cases()) to += (to.empty() ? "" : ", ") + c.name;
  return to;
}

// Broken before what would be wider than a screen
std::string in_lines(std::string words) {
  for (std::size_t first = 0; words.size() - first > 72;) {
    const std::size_t space = words.rfind(' ', first + 72);
    words.replace(space, 1, "\n    ");
    first = space + 5;
  }
  return words;
}

BenchOptions read(Arguments arguments) {
  BenchOptions o;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& a = arguments[i];
    const auto value = [&]() -> const std::string& {
      check<UsageError>(i + 1 < arguments.size(), a, ": its value is missing", hint,
                        "vaegrad bench --help");
      return arguments[++i];
    };
    if (a == "--json") {
      o.json = true;
    } else if (a == "--peers") {
      o.peers = true;
    } else if (a == "--growth") {
      o.growth = true;
    } else if (a == "--python") {
      o.python = value();
    } else if (a == "--case") {
      o.only = value();
      bool known = false;
      for (const BenchCase& c : bench_cases()) known |= c.name == o.only;
      check<UsageError>(known, "--case: there is none called '", o.only, "'", hint, "one of ",
                        names());
    } else if (a == "--seconds") {
      o.seconds = real_option("seconds", value(), 0.01, 3600);
    } else if (a == "--threads") {
      set_threads(int(integer_option("threads", value(), 1, 1024)));
    } else {
      fail<UsageError>("there is no option '", a, "'", hint, "vaegrad bench --help lists them");
    }
  }
  check<UsageError>(o.peers || o.python.empty(), "--python ", o.python,
                    " would be ignored: only --peers heeds it", hint, "vaegrad bench --peers");
  check<UsageError>(!o.growth || (!o.peers && o.only.empty()),
                    "--growth measures sizes of its own: --peers and --case would be ignored", hint,
                    "vaegrad bench --growth");
  return o;
}

nlohmann::json json_of(const BenchRow& r) {
  return {{"case", r.name},
          {"ms_per_step", r.ms_per_step},
          {"hand_ms_per_step", r.hand_ms},
          {"ratio_to_hand", r.ratio_to_hand},
          {"gflops", r.gflops},
          {"share_of_peak", r.share_of_peak},
          {"hand_share_of_peak", r.hand_share_of_peak},
          {"hand_products_ms", r.products_ms},
          {"hand_adam_ms", r.adam_ms},
          {"allocations", r.allocations},
          {"allocations_onednn", r.allocations_onednn},
          {"entries", r.entries},
          {"value_ms", r.value_ms},
          {"gradient_ms", r.gradient_ms},
          {"gradient_over_value", r.gradient_over_value},
          {"flop_ratio", r.flop_ratio},
          {"loss", r.loss},
          {"hand_loss", r.hand_loss},
          {"loss_difference", r.loss_difference},
          {"peak_mb", r.peak_mb}};
}

int bench_peers(const BenchOptions& options) {
  const Images images = bench_images();
  Peers peers(options.python, images);
  say("{}\n", machine_name());
  say("{} threads; ms per step, beside ours; losses with the same noise differ by\n", threads());
  for (const BenchCase& c : bench_cases()) {
    if (!c.plain() || (!options.only.empty() && options.only != c.name)) continue;
    const auto about = [&](double seconds) { say("{}: about {:.0f} s\n", c.name, seconds); };
    for (const PeerRow& r : peers.measure(c, options.seconds, about)) {
      if (options.json)
        fmt::print("{}\n", nlohmann::json({{"case", c.name},
                                           {"peer", r.name},
                                           {"ms_per_step", r.ms_per_step},
                                           {"times_ours", r.times_ours},
                                           {"loss_difference", r.loss_difference},
                                           {"curve_loss", r.curve_loss},
                                           {"curve_loss_error", r.curve_error},
                                           {"curve_steps", r.curve_steps},
                                           {"machine", machine_name()},
                                           {"threads", threads()}})
                               .dump());
      else
        fmt::print("{:<13}{:<15}{:8.3f} ms{:7.2f} x{:10.1e}   loss {:.2f} +- {:.2f}\n", c.name,
                   r.name, r.ms_per_step, r.times_ours, r.loss_difference, r.curve_loss,
                   r.curve_error);
      std::fflush(stdout);
    }
  }
  return 0;
}

int bench_growth(const BenchOptions& options) {
  say("{}\n{} threads; excess: growth of the time over growth of the FLOPs\n", machine_name(),
      threads());
  if (!options.json)
    fmt::print("{:<11}{:>15}{:>10}{:>10}{:>7}{:>7}{:>8}\n", "doubled", "from, to", "ms", "ms",
               "time", "FLOPs", "excess");
  measure_growth(bench_images(), options.seconds, [&](const GrowthRow& r) {
    if (options.json)
      fmt::print("{}\n", nlohmann::json({{"doubled", r.what},
                                         {"from", r.from},
                                         {"to", r.to},
                                         {"from_ms", r.from_ms},
                                         {"ms", r.ms},
                                         {"time_ratio", r.time_ratio},
                                         {"flop_ratio", r.work_ratio},
                                         {"excess", r.excess()},
                                         {"threads", threads()}})
                             .dump());
    else
      fmt::print("{:<11}{:>15}{:10.3f}{:10.3f}{:7.2f}{:7.2f}{:8.2f}\n", r.what,
                 fmt::format("{} -> {}", r.from, r.to), r.from_ms, r.ms, r.time_ratio, r.work_ratio,
                 r.excess());
    std::fflush(stdout);
  });
  return 0;
}

int bench_ranks(const BenchOptions& options) {
  const Images images = bench_images();
  const Wire wire = measure_wire();
  say("{}\n{} ranks of {} threads; between two of them {:.1f} us, {:.2f} GB/s each way\n",
      machine_name(), ranks().size(), threads(), 1e6 * wire.latency, 1e-9 * wire.bandwidth);
  if (!options.json)
    fmt::print("{:<13}{:>6}{:>9}{:>9}{:>12}{:>12}\n", "case", "parts", "ms/step", "adding",
               "bytes/step", "formula");
  for (const BenchCase& c : bench_cases()) {
    const bool chosen = options.only.empty() ? c.plain() : options.only == c.name && !c.evaluates;
    if (!chosen) continue;
    const RankRow r = measure_ranks(c, images, options.seconds);
    if (options.json)
      fmt::print("{}\n", nlohmann::json({{"case", r.name},
                                         {"ranks", ranks().size()},
                                         {"threads", threads()},
                                         {"parts", r.parts},
                                         {"ms_per_step", r.ms_per_step},
                                         {"add_ms", r.add_ms},
                                         {"bytes", r.bytes},
                                         {"formula", r.formula},
                                         {"latency_us", 1e6 * wire.latency},
                                         {"gb_per_second", 1e-9 * wire.bandwidth}})
                             .dump());
    else
      fmt::print("{:<13}{:>6}{:>9.3f}{:>9.3f}{:>12}{:>12}\n", r.name, r.parts, r.ms_per_step,
                 r.add_ms, r.bytes, r.formula);
    std::fflush(stdout);
  }
  return 0;
}

int bench(Arguments arguments) {
  const BenchOptions options = read(arguments);
  check<UsageError>(ranks().size() == 1 || !(options.peers || options.growth),
                    options.peers ? "--peers" : "--growth", ": it measures one process", hint,
                    "without mpirun");
  for (const BenchCase& c : bench_cases()) {
    const bool measured = options.peers ? c.plain() : ranks().size() == 1 || !c.evaluates;
    check<UsageError>(c.name != options.only || measured, "--case ", c.name,
                      options.peers ? ": the peers have no such step" : ": it measures one process",
                      hint, options.peers ? "leave --peers out" : "without mpirun");
  }
  if (ranks().size() > 1) return bench_ranks(options);
  if (options.peers) return bench_peers(options);
  if (options.growth) return bench_growth(options);
  const double peak = peak_flops(), bandwidth = memory_bandwidth(), per_entry = bookkeeping_ns();
  const Images images = bench_images();
  // Of two cores, which a virtual machine may be given anew at any moment.
  const auto apart = [] { return threads() > 1 ? thread_to_thread_ns() : 0.0; };
  const std::string team =
      threads() > 1 ? fmt::format("{} threads {:.0f} ns apart", threads(), apart()) : "1 thread";
  say("{}\n{}, peak {:.0f} GFLOP/s, memory {:.0f} GB/s, {:.0f} ns per entry\n", machine_name(),
      team, 1e-9 * peak, 1e-9 * bandwidth, per_entry);
  if (!options.json)
    fmt::print("{:<13}{:>8}{:>8}{:>7}{:>6}{:>6}{:>6}{:>7}{:>6}{:>6}{:>5}\n", "case", "ms/step",
               "by hand", "ratio", "peak", "hand", "alloc", "oneDNN", "grad", "FLOPs", "MB");
  for (const BenchCase& c : bench_cases()) {
    if (!options.only.empty() && options.only != c.name) continue;
    const double before = apart();
    const BenchRow r = measure(c, images, peak, options.seconds);
    if (options.json) {
      nlohmann::json json = json_of(r);
      json["thread_to_thread_ns"] = {before, apart()};
      json["peak_gflops"] = 1e-9 * peak;
      json["memory_gb_per_second"] = 1e-9 * bandwidth;
      json["ns_per_entry"] = per_entry;
      json["threads"] = threads();
      json["machine"] = machine_name();
      fmt::print("{}\n", json.dump());
    } else {
      fmt::print("{:<13}{:8.3f}{:8.3f}{:7.3f}{:5.0f}%{:5.0f}%{:6.0f}{:7.1f}{:6.2f}{:6.2f}{:5.0f}\n",
                 r.name, r.ms_per_step, r.hand_ms, r.ratio_to_hand, 100 * r.share_of_peak,
                 100 * r.hand_share_of_peak, r.allocations, r.allocations_onednn,
                 r.gradient_over_value, r.flop_ratio, r.peak_mb);
    }
    std::fflush(stdout);
  }
  return 0;
}

std::string bench_help() {
  return "usage: vaegrad bench [options]\n\n"
         "Measures this machine and the training step on it. Beside each step stands the\n"
         "same step written by hand without a tape, run in turns with it; their losses\n"
         "must agree. Beside a convolutional one: its convolutions and products alone;\n"
         "beside a flow, a VampPrior, a ladder and log p(x): the products of their tapes.\n\n"
         "  --json                  one object per case\n"
         "  --peers                 beside PyTorch and JAX instead, where there are any\n"
         "  --python P              the Python that has them [$VAEGRAD_PYTHON, or python3]\n"
         "  --growth                instead: batch, width, depth, .. doubled, one by one\n"
         "  --case NAME             [every one]\n"
         "    " +
         in_lines(names()) +
         "\n  --seconds S             to spend on each comparison [2]\n"
         "  --threads N             [as many as this process may use]\n\n"
         "Started by mpirun: the step over ranks, what adding gradients takes of it, and\n"
         "the bytes all ranks send, counted and by the formula (experiments/cluster.md).\n\n"
         "Columns: ms per step; ratio to the step by hand; both as a share of the peak\n"
         "rate; allocations per step, outside and inside oneDNN; cost of a gradient over\n"
         "the cost of the value, and the same ratio of FLOPs; peak memory.\n\n"
         "example: vaegrad bench --case mlp-b128 --seconds 5\n";
}

}  // namespace

const Command bench_command{"bench", "measures the speed of a training step on this machine", bench,
                            bench_help};

}  // namespace vaegrad
