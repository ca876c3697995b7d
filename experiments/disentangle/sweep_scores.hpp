// vaegrad disentangle --sweep, and what it shares with that of one run.
#pragma once
#include <vaegrad/models/metrics/factors/all_scores.hpp>

#include "opened.hpp"

namespace vaegrad {

// Which values of the factors some examples have, where their file knows them.
class FactorsOf {
 public:
  explicit FactorsOf(const Examples& examples) : sizes_(examples.file->factors.sizes) {
    const Factors& all = examples.file->factors;
    for (const std::uint32_t row : examples.rows) {
      const auto first = all.indices.begin() + std::ptrdiff_t(row * all.names.size());
      indices_.insert(indices_.end(), first, first + std::ptrdiff_t(all.names.size()));
    }
  }
  KnownFactors known() const { return {sizes_, indices_}; }

 private:
  std::vector<std::size_t> sizes_;
  std::vector<std::uint8_t> indices_;
};

int disentangle_sweep(const Options& options);

}  // namespace vaegrad
