#include "rank_steps.hpp"

#include <algorithm>
#include <numeric>

#include "machine.hpp"

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

std::uint64_t total(std::uint64_t mine) {
  std::vector<std::uint64_t> all(std::size_t(ranks().size()));
  ranks().gather(std::as_bytes(std::span(&mine, 1)), std::as_writable_bytes(std::span(all)));
  return std::accumulate(all.begin(), all.end(), std::uint64_t{0});
}

// The same number of times on all ranks: as many as fit into the time on the first.
std::size_t times(double seconds, double each) {
  const auto n = std::uint64_t(std::clamp(seconds / each, 5.0, 1e5));
  return std::size_t(std::stoull(ranks().broadcast(std::to_string(n))));
}

}  // namespace

RankRow measure_ranks(const BenchCase& c, const Images& images, double seconds) {
  TapeStep step(c, images);
  RankRow row{c.name, BatchParts::of_batch(std::size_t(c.batch), std::size_t(c.particles)), 0, 0, 0,
              0};
  std::vector<std::uint32_t> rows(std::size_t(c.batch));
  std::iota(rows.begin(), rows.end(), 0u);
  std::uint32_t number = 0;
  for (int warm = 0; warm < 3; ++warm) step(rows, number++);
  const std::size_t n = times(seconds, seconds_of([&] { step(rows, number++); }));
  std::vector<double> whole, add;
  const std::uint64_t before = ranks().bytes_sent();
  for (std::size_t i = 0; i < n; ++i) whole.push_back(seconds_of([&] { step(rows, number++); }));
  row.bytes = total(ranks().bytes_sent() - before) / n;
  for (std::size_t i = 0; i < n; ++i) add.push_back(seconds_of([&] { step.parts.add(); }));
  row.formula = total(BatchParts::bytes_of_rank(std::size_t(step.model.parameters.size()),
                                                row.parts, ranks().size(), ranks().rank()));
  row.ms_per_step = 1e3 * median(whole);
  row.add_ms = 1e3 * median(add);
  return row;
}

Wire measure_wire() {
  Ranks& all = ranks();
  std::vector<std::byte> out(8u << 20), in(8u << 20);
  const auto send = [&](std::size_t bytes) {
    const Ranks::Outgoing to[]{{1 - all.rank(), std::span(out).first(bytes)}};
    all.exchange(to, {});
  };
  const auto receive = [&](std::size_t bytes) {
    const Ranks::Incoming from[]{{1 - all.rank(), std::span(in).first(bytes)}};
    all.exchange({}, from);
  };
  const auto medians = [&](std::size_t times, auto f) {
    std::vector<double> each;
    for (std::size_t i = 0; i < times && all.rank() < 2; ++i) each.push_back(seconds_of(f));
    return each.empty() ? 1.0 : median(each);
  };
  all.meet();
  Wire w;
  w.latency = medians(2000,
                      [&] {  // there and back
                        if (all.rank() == 0) send(64), receive(64);
                        if (all.rank() == 1) receive(64), send(64);
                      }) /
              2;
  w.bandwidth = double(out.size()) / medians(50, [&] {
                  const Ranks::Outgoing to[]{{1 - all.rank(), out}};
                  const Ranks::Incoming from[]{{1 - all.rank(), in}};
                  all.exchange(to, from);
                });
  return w;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
