// The largest of four dense layers or convolutions without an activation: h = max_k f_k(x).
// Goodfellow et al., arXiv 1302.4389; in VAEs Rezende and Mohamed, arXiv 1505.05770, section 6.
#include <array>

#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/models/networks/layer.hpp>
#include <vaegrad/models/networks/where_positive.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

using Pieces = std::array<BuiltLayer, 4>;

class Maxout : public Layer {
 public:
  explicit Maxout(Pieces pieces) : pieces_(std::move(pieces)) {}
  Var operator()(Var x, Pass pass) const override {
    const Var a = (*pieces_[0])(x, pass), b = (*pieces_[1])(x, pass);
    const Var c = (*pieces_[2])(x, pass), d = (*pieces_[3])(x, pass);
    return max(max(a, b), max(c, d));
  }
  Tangent operator()(Tangent x, Pass pass) const override {
    Tangent best = (*pieces_[0])(x, pass);
    for (std::size_t k = 1; k < pieces_.size(); ++k) {
      const Tangent next = (*pieces_[k])(x, pass);
      const Var ahead = next.at - best.at, step = next.along - best.along;
      best = {max(best.at, next.at), best.along + where_positive(ahead, step)};
    }
    return best;
  }

 private:
  Pieces pieces_;
};

const LayerRow& piece(const LayerRow& row) { return row.inside.front(); }

}  // namespace

extern constinit const LayerKind maxout_kind = {
    .name = "maxout",
    .out = [](const LayerRow& row, ImageShape in,
              const Standing& at) { return piece(row).kind->out(piece(row), in, at); },
    .build = [](const LayerRow& row, const Placing& placing) -> BuiltLayer {
      Placing p = placing;
      p.activated = false;
      Pieces pieces;
      for (std::size_t k = 0; k < pieces.size(); ++k) {
        p.name = concat(placing.name, ".piece.", k);
        pieces[k] = piece(row).kind->build(piece(row), p);
      }
      return std::make_shared<Maxout>(std::move(pieces));
    },
    .products = [](const LayerRow& row,
                   ImageShape in) { return 4 * piece(row).kind->products(piece(row), in); },
    .wraps = true};

LayerRow maxout(LayerRow of) { return {.kind = &maxout_kind, .inside = {std::move(of)}}; }

}  // namespace vaegrad::inline VAEGRAD_ABI
