// What all hierarchies share: the layers' sizes, p(z_l|z_{l+1}), and what a draw is made of.
#pragma once
#include <array>

#include <vaegrad/models/inference/hierarchy.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// One layer of a draw; layers count from 0, which is z₁.
struct LayerAt {
  PosteriorAt q = {};
  PriorAt p = {};
  Var z = {};           // (B K, Z_l)
  Index particles = 1;  // K where q has a row for each example, 1 where for each particle
};
using LayersAt = std::array<LayerAt, most_layers>;

// h ↦ a distribution of one layer's z, with a body of its own in between.
struct Step {
  EncoderBody body;
  std::unique_ptr<Posterior> posterior;

  // from: numbers of h, and `conditions` more that are given
  Step(Blocks blocks, const std::string& name, const Network& network, ImageShape from,
       Index conditions, const PosteriorRow& row, const PosteriorSpec& latents,
       const InferenceSpec& s);
  // q at h (B, H), and what is given besides, or an empty Var
  PosteriorAt operator()(Var h, Var given, Pass pass) const {
    return posterior->at(body(h, given, pass));
  }
};

// Layers one above the other; a row of the table says how their q are inferred.
class Layered : public Inference {
 public:
  Draw draw(const Seen& seen, const Prior& prior, Stream& noise, Index particles,
            const Wanted& wanted) const override;
  void weigh(Draw&, const Wanted&) const override {}  // draw() has done it
  PosteriorAt code(const Seen& seen) const override;
  PosteriorAt top(const Seen& seen) const override;
  Var sample_prior(const Prior& prior, Tape& tape, Var y, Index count, Stream& noise,
                   Index particles) const override;
  std::span<const Index> layers() const override { return sizes_; }
  Index decoded(Index) const override { return sizes_[0]; }
  Var to_decode(Var z, Pass) const override { return columns_of(z, 0); }
  Var descend(Var z, std::size_t layer) const override;

 protected:
  // How z is taken from q: K draws, or without noise its code.
  struct Taking {
    Stream* noise = nullptr;
    Index particles = 1;
  };

  // Whether a z is drawn before the one below it, or after.
  enum class Order { down, up };
  Layered(const InferenceSpec& s, Order order);  // of the sizes that s has
  // The networks of p(z_l|z_{l+1}), which come after those of q.
  void add_below(Blocks blocks, const InferenceSpec& s);

  // q and z of all layers, and p of all but the topmost.
  virtual void infer(const Seen& seen, LayersAt& to, const Taking& taking) const = 0;

  // The layer's z, from its q.
  void take(const Posterior& posterior, LayerAt& layer, const Taking& taking) const;
  PriorAt given_above(std::size_t layer, Var above, Pass pass) const;  // p(z_l|z_{l+1})
  std::size_t count() const { return sizes_.size(); }                  // of layers
  Var columns_of(Var z, std::size_t layer) const;                      // its part of z
  // Of the body between one layer and the next one up.
  Network between(const InferenceSpec& s, std::size_t layer) const;
  // What a posterior of one layer is made of.
  PosteriorSpec latents(const InferenceSpec& s, std::size_t layer) const;
  static std::string name_of(const char* what, std::size_t layer);  // encoder.z2

 private:
  Var all(const LayersAt& layers) const;  // (z₁, .., z_L), one beside the other

  Var layer_kl(const LayersAt& layers, std::size_t l, Index particles) const;

  std::vector<Index> sizes_;
  Order order_;
  bool diagonal_;
  std::vector<Step> below_;
};

}  // namespace vaegrad::inline VAEGRAD_ABI
