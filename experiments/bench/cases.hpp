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

  static constexpr ImageShape image{28, 28};
  static constexpr Index dimensions = image.size();

  // Multiplications and additions of the products.
  double value_flops() const { return flops(2); }
  // each product twice more, but for the adjoint of x
  double gradient_flops() const { return flops(6) - 2.0 * double(batch) * layers().front(); }

 private:
  // Multiplications of each layer between x and the code's numbers; mirrored, as many
  std::vector<double> layers() const {
    std::vector<LayerRow> rows = with_widths(vaegrad::network(network), hidden).layers;
    rows.push_back(dense(latent));
    return products(rows, image);
  }
  double flops(double each) const {
    const std::vector<double> all = layers();
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
  };
  return all;
}
// clang-format on

}  // namespace vaegrad::inline VAEGRAD_ABI
