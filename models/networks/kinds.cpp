#include <algorithm>

#include <vaegrad/models/networks/layer.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

Tangent Layer::operator()(Tangent, Pass) const {
  fail<UsageError>(
      "networks: a normalisation has no tangents, and a penalty on the decoder's slope ",
      "needs them", hint, "--normalisation none");
}

// Each in the file of its name.
extern const LayerKind dense_kind, convolution_kind, gated_kind, maxout_kind, residual_kind,
    batch_normalisation_kind, layer_normalisation_kind, group_normalisation_kind;

std::span<const LayerKind* const> layer_kinds() {
  static constexpr const LayerKind* table[] = {&dense_kind,
                                               &convolution_kind,
                                               &gated_kind,
                                               &maxout_kind,
                                               &residual_kind,
                                               &batch_normalisation_kind,
                                               &layer_normalisation_kind,
                                               &group_normalisation_kind};
  return table;
}

void RunningAverages::move(double share) {
  for (const auto& [buffer, of_batch, factor] : seen_) {
    const Matrix kept = buffer.owner->change_value(buffer);
    const Matrix seen = of_batch.val();
    for (Index j = 0; j < kept.size(); ++j)
      kept.data[j] += Real(share) * (Real(factor) * seen.data[j] - kept.data[j]);
  }
  seen_.clear();
}

const LayerRow& unwrapped(const LayerRow& row) {
  return row.kind->wraps ? unwrapped(row.inside.front()) : row;
}

std::size_t first_flat(std::span<const LayerRow> rows) {
  return std::size_t(std::find_if(rows.begin(), rows.end(), flattens) - rows.begin());
}

std::string LayerNames::next(const LayerKind& kind) {
  const auto found = std::find_if(counts_.begin(), counts_.end(),
                                  [&](const auto& count) { return count.first == &kind; });
  Index& count = found == counts_.end() ? counts_.emplace_back(&kind, 0).second : found->second;
  return concat(block_, *kind.name ? "." : "", kind.name, '.', count++);
}

std::vector<ImageShape> layer_shapes(std::span<const LayerRow> rows, ImageShape image,
                                     const char* network) {
  std::vector<ImageShape> all{image};
  for (std::size_t k = 0; k < rows.size(); ++k)
    all.push_back(rows[k].kind->out(rows[k], all.back(), {network, image, k + 1}));
  return all;
}

std::vector<BuiltLayer> build_layers(std::span<const LayerRow> rows,
                                     std::span<const ImageShape> shapes, std::size_t first,
                                     std::size_t last, bool end_activated, const Placing& as,
                                     LayerNames& names) {
  std::vector<BuiltLayer> built;
  for (std::size_t n = first; n < last; ++n) {
    const std::size_t k = as.mirrored ? first + last - 1 - n : n;
    const bool at_end = as.mirrored ? k == 0 : k + 1 == rows.size();
    Placing p = as;
    p.in = shapes[k];
    p.activated = at_end ? end_activated : !rows[as.mirrored ? k - 1 : k + 1].kind->normalises;
    const bool features = as.mirrored && k > 0 && k == first_flat(rows);
    p.name = features ? as.name + ".features" : names.next(*rows[k].kind);
    built.push_back(rows[k].kind->build(rows[k], p));
  }
  return built;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
