#include "growth.hpp"

#include "tape_step.hpp"
#include "turns.hpp"

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

// One case in training; the batches go round the images.
class Training {
 public:
  Training(BenchCase what, const Images& images)
      : what_(std::move(what)),
        step_(what_, images),
        order_(permutation(std::uint32_t(images.count), 1, Purpose::shuffle)) {}

  void step() { step(number_ % (order_.size() / std::size_t(what_.batch))); }

  void pass(std::size_t images) {
    for (std::size_t i = 0; i < images / std::size_t(what_.batch); ++i) step(i);
  }

  double flops() const { return what_.gradient_flops(); }

 private:
  void step(std::size_t place) {
    const std::size_t batch = std::size_t(what_.batch);
    step_(std::span<const std::uint32_t>(order_).subspan(place * batch, batch), ++number_);
  }

  BenchCase what_;  // TapeStep refers to it
  TapeStep step_;
  std::vector<std::uint32_t> order_;
  std::uint32_t number_ = 0;
};

struct Axis {
  std::string what;
  std::vector<Index> sizes;
  BenchCase (*at)(Index size);
};

BenchCase mlp(std::vector<Index> hidden, Index batch) {
  return {"", std::move(hidden), 20, "relu", batch, 1, false};
}

const std::vector<Axis> axes = {
    {"batch", {32, 64, 128, 256, 512, 1024}, [](Index n) { return mlp({400}, n); }},
    {"width", {200, 400, 800, 1600}, [](Index n) { return mlp({n}, 128); }},
    {"depth",
     {1, 2, 4, 8},
     [](Index n) { return mlp(std::vector<Index>(std::size_t(n), 400), 128); }},
    {"particles",
     {1, 2, 4, 8, 16, 32, 64},
     [](Index n) {
       return BenchCase{"", {200, 200}, 50, "tanh", 20, n, true};
     }},
};

}  // namespace

void measure_growth(const Images& images, double seconds,
                    const std::function<void(const GrowthRow&)>& tell) {
  for (const Axis& axis : axes)
    for (std::size_t i = 1; i < axis.sizes.size(); ++i) {
      Training from(axis.at(axis.sizes[i - 1]), images), to(axis.at(axis.sizes[i]), images);
      const Pair ms = in_turns([&] { to.step(); }, [&] { from.step(); }, seconds);
      tell({axis.what, axis.sizes[i - 1], axis.sizes[i], ms.second, ms.first, ms.ratio,
            to.flops() / from.flops()});
    }

  Training training(mlp({400}, 128), images);
  for (Index n = Index(images.count) / 4; n < Index(images.count); n *= 2) {
    const auto pass = [&](Index over) { return [&, over] { training.pass(std::size_t(over)); }; };
    const Pair ms = in_turns(pass(2 * n), pass(n), seconds);
    tell({"images", n, 2 * n, ms.second, ms.first, ms.ratio, 2});
  }
}

}  // namespace vaegrad::inline VAEGRAD_ABI
