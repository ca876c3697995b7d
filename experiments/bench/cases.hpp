// The cases of `vaegrad bench`: which model, how large a batch, how many particles.
#pragma once
#include <numeric>
#include <string>
#include <vector>

#include <vaegrad/models/networks.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

struct BenchCase {
  std::string name;
  std::vector<Index> hidden;  // of the encoder; the decoder's are reversed
  Index latent;
  std::string activation;  // relu or tanh
  Index batch, particles;
  bool importance_weighted;  // the K-particle bound; otherwise the ELBO with its KL in closed form
  std::string network = "mlp";
  std::string posterior = "gaussian", prior = "standard-normal", hierarchy = "bottom-up";
  Index components = 1;            // of the prior
  std::vector<Index> layers = {};  // of several layers of latents
  bool evaluates = false;          // no step: log p(x) by importance sampling

  static constexpr ImageShape image{28, 28};
  static constexpr Index dimensions = image.size();

  // One layer of Gaussian latents under N(0, I): the step by hand and the peers have no other.
  bool plain() const {
    return posterior == "gaussian" && prior == "standard-normal" && layers.empty() && !evaluates;
  }

  // Multiplications and additions of the products, where it is plain.
  double value_flops() const { return flops(2); }
  // each product twice more, but for the adjoint of x
  double gradient_flops() const {
    return flops(6) - 2.0 * double(batch) * multiplications().front();
  }

 private:
  // Multiplications of each layer between x and the code's numbers; mirrored, as many
  std::vector<double> multiplications() const {
    std::vector<LayerRow> rows = with_widths(vaegrad::network(network), hidden).layers;
    rows.push_back(dense(latent));
    return products(rows, image);
  }
  double flops(double each) const {
    const std::vector<double> all = multiplications();
    const double decoder = std::accumulate(all.begin(), all.end(), 0.0);
    const double encoder = decoder + all.back();  // μ and log σ²
    return each * double(batch) * (encoder + double(particles) * decoder);
  }
};

// clang-format off
inline const std::vector<BenchCase>& bench_cases() {
  static const std::vector<BenchCase> all = {
      //  name          hidden      z   activation  B     K   bound
      {"mlp-b128",    {400},      20, "relu",     128,  1,  false},
      {"iwae-k1-b20", {200, 200}, 50, "tanh",     20,   1,  true},
      {"iwae-k5-b20", {200, 200}, 50, "tanh",     20,   5,  true},
      {"iwae-k50-b20",{200, 200}, 50, "tanh",     20,   50, true},
      {"mlp-b1024",   {1200},     64, "relu",     1024, 1,  false},
      {"conv-b128",   {},         20, "relu",     128,  1,  false, "conv"},
      //                                                           network  posterior   prior              hierarchy    K    layers
      {"iaf-b128",    {400},      20, "relu",     128,  1,  false, "mlp",   "iaf"},
      {"vamp-b100",   {300, 300}, 40, "relu",     100,  1,  false, "gated", "gaussian", "vamp",            "bottom-up", 500},
      {"ladder-b128", {512, 512}, 112, "relu",    128,  1,  false, "mlp",   "gaussian", "standard-normal", "ladder",    1,   {64, 32, 16}},
      {"nll-b20",     {200, 200}, 50, "tanh",     20,   500,true,  "mlp",   "gaussian", "standard-normal", "bottom-up", 1,   {}, true},
  };
  return all;
}
// clang-format on

}  // namespace vaegrad::inline VAEGRAD_ABI
