// The training step that `vaegrad train` runs: the model by name, its objective and its optimiser.
#pragma once
#include <vaegrad/lab/data/batches.hpp>
#include <vaegrad/lab/run/training/batch_parts.hpp>
#include <vaegrad/lab/run/training/checkpoint.hpp>

#include "cases.hpp"

namespace vaegrad::inline VAEGRAD_ABI {

struct TapeStep {
  const BenchCase& what;
  const Images& images;
  Model model;
  const Objective& objective;
  AnyOptimiser optimiser;
  Tape tape;
  BatchParts parts;

  TapeStep(const BenchCase& what, const Images& images);

  // Everything: the batch from its bytes, noise, forward, backward, optimiser. Returns the loss,
  // nats per example.
  double operator()(std::span<const std::uint32_t> rows, std::uint32_t number);

  Var batch(std::span<const std::uint32_t> rows);  // resets the tape
  Var loss(Var x, std::span<const std::uint32_t> rows, std::uint32_t number);
};

}  // namespace vaegrad::inline VAEGRAD_ABI
