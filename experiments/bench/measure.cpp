#include "measure.hpp"

#include <cmath>
#include <limits>
#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/models/estimators.hpp>

#include "allocations.hpp"
#include "machine.hpp"
#include "tape_step.hpp"
#include "turns.hpp"
#include "yardsticks/hand_step.hpp"
#include "yardsticks/primitives.hpp"
#include "yardsticks/tape_products.hpp"

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

constexpr int compared_steps = 30;
constexpr double float_noise = 2e-4;  // relative; Adam's first steps amplify the last bits

// -log p(x) as `vaegrad evaluate` has it
BenchRow measure_evaluation(const BenchCase& what, const Images& images, double peak,
                            double seconds) {
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  forget_peak_memory();
  const TapeStep step(what, images);
  const auto numbers = permutation(std::uint32_t(images.count), 1, Purpose::shuffle);
  const auto rows = std::span(numbers).first(std::size_t(what.batch));
  const auto record = [&](Tape& tape, Stream& noise, Index k) {
    const Var x = tape.constant(Shape{what.batch, what.dimensions});
    fill(x.val(), images, rows, Binarize::none, 1, 0);
    return step.model.log_weights(step.model.see(x), noise, k);
  };
  std::vector<LogWeights> weights;
  std::vector<WeightTail> tails;
  Tape tape;
  Index chunk = 0, chunks = 0;
  const auto counted = [&](Tape& on, Stream& noise, Index k) {
    ++chunks, chunk = k;
    return record(on, noise, k);
  };
  importance_sample(counted, rows, what.particles, 1, weights, &tails);
  check(what.particles == chunk * chunks, "bench: ", what.name, ": chunks of several sizes");
  {
    const Frozen values_only(tape);
    Stream noise(1, Purpose::evaluate, 0, rows, std::uint32_t(chunk));
    record(tape, noise, chunk);
  }
  TapeProducts products(tape);
  BenchRow row{};
  row.name = what.name;
  row.peak_mb = peak_megabytes();
  row.entries = tape.size();
  const Pair times = in_turns(
      [&] { weights.clear(), importance_sample(record, rows, what.particles, 1, weights, &tails); },
      [&] {
        for (Index c = 0; c < chunks; ++c) products();
      },
      seconds);
  row.ms_per_step = times.first, row.hand_ms = times.second, row.ratio_to_hand = times.ratio;
  const double flops = double(chunks) * products.value_flops();
  row.gflops = 1e-6 * flops / row.ms_per_step;
  row.share_of_peak = 1e9 * row.gflops / peak;
  row.hand_share_of_peak = 1e3 * flops / row.hand_ms / peak;
  row.products_ms = row.hand_ms, row.value_ms = row.ms_per_step;
  for (double* none : {&row.adam_ms, &row.allocations, &row.allocations_onednn, &row.gradient_ms,
                       &row.gradient_over_value, &row.flop_ratio, &row.hand_loss})
    *none = unknown;
  row.loss = -weights[0].log_mean();
  return row;
}

}  // namespace

Images bench_images() {
  Images images;
  images.count = 60'000;
  images.height = images.width = 28;
  images.bytes.resize(images.count * images.dimensions());
  Stream noise(1, Purpose::data);
  std::vector<Real> u(images.dimensions());
  for (std::size_t i = 0; i < images.count; i += 1000) {
    noise.uniform({u.data(), 1, Index(u.size())});
    for (std::size_t k = 0; k < 1000; ++k)  // shifted copies: the values matter to nobody
      for (std::size_t j = 0; j < u.size(); ++j)
        images.bytes[(i + k) * u.size() + j] =
            std::uint8_t(255 * std::max(Real(0), 2 * u[(j + k) % u.size()] - 1));
  }
  return images;
}

BenchRow measure(const BenchCase& what, const Images& images, double peak, double seconds) {
  if (what.evaluates) return measure_evaluation(what, images, peak, seconds);
  BenchRow row{};
  row.name = what.name;
  std::vector<std::uint32_t> order = permutation(std::uint32_t(images.count), 1, Purpose::shuffle);
  std::uint32_t number = 0;
  const auto rows = [&](std::uint32_t step) {
    const std::size_t batch = std::size_t(what.batch);
    return std::span<const std::uint32_t>(order).subspan(step % (order.size() / batch) * batch,
                                                         batch);
  };

  forget_peak_memory();
  TapeStep tape(what, images);
  // One of the two; the pages of a step by hand count from their first use on.
  std::optional<HandStep> hand;
  std::optional<Primitives> primitives;
  std::optional<TapeProducts> products;
  if (what.network == "mlp" && what.plain())
    hand.emplace(what, images, tape.model.parameters);
  else if (what.plain())
    primitives.emplace(what);
  const auto tape_step = [&] { ++number, tape(rows(number), number); };
  std::vector<double> losses;
  for (std::uint32_t i = 0; i < compared_steps; ++i) losses.push_back(tape(rows(i), i));
  row.peak_mb = peak_megabytes();
  tape.loss(tape.batch(rows(0)), rows(0), 0);  // the steps recorded in parts, on tapes of their own
  row.entries = tape.tape.size();
  if (!what.plain()) products.emplace(tape.tape);
  const double value_flops = products ? products->value_flops() : what.value_flops();
  const double gradient_flops = products ? products->gradient_flops() : what.gradient_flops();
  check(value_flops > 0, "bench: ", what.name, ": no products are on its tape");
  row.loss = losses.back();
  row.hand_loss = std::nan("");
  for (std::uint32_t i = 0; hand && i < compared_steps; ++i) {
    row.loss = losses[i];
    row.hand_loss = (*hand)(rows(i), i);
    row.loss_difference =
        std::max(row.loss_difference, std::abs(row.loss - row.hand_loss) / std::abs(row.hand_loss));
  }
  check(row.loss_difference < float_noise, "bench: ", what.name,
        ": the step by hand computes something else: loss ", row.loss, ", by hand ", row.hand_loss,
        ", largest relative difference ", row.loss_difference);

  constexpr int counted = 20;
  start_counting_allocations();
  for (int i = 0; i < counted; ++i) tape_step();
  const AllocationCount count = stop_counting_allocations();
  const double unknown = std::nan("");
  row.allocations = count.known ? double(count.outside) / counted : unknown;
  row.allocations_onednn = count.known ? double(count.inside_onednn) / counted : unknown;

  const Pair steps = in_turns(
      tape_step,
      [&] {
        if (hand)
          ++number, (*hand)(rows(number), number);
        else if (products)
          (*products)();
        else
          (*primitives)();
      },
      seconds);
  row.ms_per_step = steps.first;
  row.hand_ms = steps.second;
  row.ratio_to_hand = steps.ratio;
  row.gflops = 1e-6 * gradient_flops / row.ms_per_step;
  row.share_of_peak = 1e9 * row.gflops / peak;
  row.hand_share_of_peak = 1e3 * gradient_flops / row.hand_ms / peak;
  row.products_ms = row.hand_ms, row.adam_ms = unknown;
  if (hand) {
    const Pair parts = in_turns([&] { hand->products(); }, [&] { hand->optimise(); }, seconds / 4);
    row.products_ms = parts.first;
    row.adam_ms = parts.second;
  }

  const auto value = [&] { tape.loss(tape.batch(rows(number)), rows(number), number); };
  const auto gradient = [&] {
    const Var loss = tape.loss(tape.batch(rows(number)), rows(number), number);
    tape.model.parameters.zero_gradient();
    tape.tape.backward(loss);
  };
  const Pair cost = in_turns(gradient, value, seconds / 2);
  row.gradient_ms = cost.first;
  row.value_ms = cost.second;
  row.gradient_over_value = cost.ratio;
  row.flop_ratio = gradient_flops / value_flops;
  return row;
}

double bookkeeping_ns() {
  constexpr int entries = 10'000;
  Tape tape;
  std::vector<double> ns;
  for (int run = 0; run < 50; ++run)
    ns.push_back(1e9 / entries * seconds_of([&] {
                   tape.reset();
                   Var y = tape.variable(Real(1));
                   for (int i = 1; i < entries; ++i) y = y + 1;
                   tape.backward(y);
                 }));
  return median(ns);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
