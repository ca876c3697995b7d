#include <vaegrad/models/estimators.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

void importance_sample(const RecordLogWeights& record, std::span<const std::uint32_t> rows,
                       Index particles, std::uint64_t seed, std::vector<LogWeights>& to,
                       std::vector<WeightTail>* tails) {
  constexpr Index chunk = 50;  // encoding again for each chunk costs a fiftieth of decoding it
  const std::size_t first = to.size();
  to.resize(first + rows.size());
  if (tails) tails->assign(rows.size(), WeightTail(std::size_t(particles)));
  Tape tape;
  for (Index done = 0; done < particles; done += chunk) {
    const Index k = std::min(chunk, particles - done);
    tape.reset();
    Stream noise(seed, Purpose::evaluate, std::uint32_t(done / chunk), rows, std::uint32_t(k));
    const Matrix log_w = record(tape, noise, k).val();
    for (std::size_t b = 0; b < rows.size(); ++b)
      for (Real w : std::span(log_w.row(Index(b)), std::size_t(log_w.cols))) {
        to[first + b].add(double(w));
        if (tails) (*tails)[b].add(double(w));
      }
  }
}

}  // namespace vaegrad::inline VAEGRAD_ABI
