#include <algorithm>
#include <numeric>

#include <vaegrad/models/distributions.hpp>
#include <vaegrad/models/inference/hierarchies/layered.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

Step::Step(Blocks blocks, const std::string& name, const Network& network, ImageShape from,
           Index conditions, const PosteriorRow& row, const PosteriorSpec& latents,
           const InferenceSpec& s)
    : body(blocks, name, network, from, conditions, s.activation, s.initial),
      posterior(row.make(blocks.learnt, name, body.outputs, latents)) {}

Layered::Layered(const InferenceSpec& s, Order order)
    : sizes_(s.layers), order_(order), diagonal_(s.posterior->diagonal) {}

std::string Layered::name_of(const char* what, std::size_t layer) {
  return concat(what, ".z", layer + 1);
}

PosteriorSpec Layered::latents(const InferenceSpec& s, std::size_t layer) const {
  PosteriorSpec to = s.latents;
  to.latent = sizes_[layer];
  return to;
}

// As wide as asked, or half as wide as the one below.
Network Layered::between(const InferenceSpec& s, std::size_t layer) const {
  std::vector<Index> widths = s.between;
  if (widths.empty())
    for (const Index width : s.network.dense())
      widths.push_back(std::max<Index>(1, width >> (layer + 1)));
  check<UsageError>(!widths.empty(), "hierarchy: network ", s.network.name, " has no dense layers ",
                    "to halve between one layer of latents and the next", hint,
                    "say how wide they are");
  return with_widths(flat_part(s.network), widths);
}

void Layered::add_below(Blocks blocks, const InferenceSpec& s) {
  for (std::size_t l = 0; l + 1 < count(); ++l) {
    Network network = between(s, l);
    std::vector<Index> widths = network.dense();
    std::reverse(widths.begin(), widths.end());
    below_.emplace_back(blocks, name_of("prior", l), with_widths(network, widths),
                        flat_shape(sizes_[l + 1]), 0, gaussian_posterior, latents(s, l), s);
  }
}

void Layered::take(const Posterior& posterior, LayerAt& layer, const Taking& taking) const {
  layer.z = taking.noise ? posterior.sample(layer.q, *taking.noise, layer.particles)
                         : posterior.code(layer.q);
}

PriorAt Layered::given_above(std::size_t layer, Var above, Pass pass) const {
  const PosteriorAt p = below_[layer](above, {}, pass);
  return {.mean = p.mean, .log_variance = p.log_variance};
}

Var Layered::all(const LayersAt& layers) const {
  Var z = layers[0].z;
  for (std::size_t l = 1; l < count(); ++l) z = concatenate_columns(z, layers[l].z);
  return z;
}

PosteriorAt Layered::code(const Seen& seen) const {
  LayersAt layers;
  infer(seen, layers, {});
  return {.mean = all(layers)};
}

PosteriorAt Layered::top(const Seen&) const {
  fail("hierarchy: the topmost layer has a posterior only given the layer below it", hint,
       "a hierarchy with HierarchyRow::top");
}

namespace {

// Rows of what is known of each example, for each of its particles.
Var for_each(Var v, Index particles) { return v ? Var(repeat_rows(v, particles)) : v; }
PosteriorAt for_each(PosteriorAt q, Index particles) {
  for (Var* v : {&q.mean, &q.log_variance, &q.more}) *v = for_each(*v, particles);
  return q;
}

// KL(q ‖ p) of each latent of a layer, (B K, Z_l); empty: no closed form.
Var closed_kl(const LayerAt& layer, Index particles) {
  const Index rows = layer.z.shape().rows;
  PosteriorAt q = layer.q;
  PriorAt p = layer.p;
  if (p.mean && p.mean.shape().rows == rows) q = for_each(q, layer.particles);
  if (p.mean && p.mean.shape().rows > 1 && q.mean.shape().rows != p.mean.shape().rows)
    p.mean = for_each(p.mean, particles), p.log_variance = for_each(p.log_variance, particles);
  const Var kl = q.posterior->kl(q, p);
  return kl && kl.shape().rows != rows ? for_each(kl, particles) : kl;
}

// log q − log p of each latent at the draw, (B K, Z_l); their mean is the KL
Var kl_at_draw(const LayerAt& layer) {
  const auto each = [&](Var mean, Var log_variance) {
    return Var(square(layer.z - mean) * exp(-log_variance) + log_variance);
  };
  const PosteriorAt q = for_each(layer.q, layer.particles);
  return 0.5 * (each(layer.p.mean, layer.p.log_variance) - each(q.mean, q.log_variance));
}

// log p(z_l|..) − log q(z_l|..), (B K, 1)
Var layer_ratio(const LayerAt& layer, Index particles) {
  const PriorAt& p = layer.p;
  const Var log_p = p.prior ? p.prior->log_prob(p, layer.z, particles)
                            : DiagonalGaussian{p.mean, p.log_variance}.log_prob(layer.z);
  return log_p - layer.q.posterior->log_prob(layer.q, layer.z, layer.particles, false);
}

}  // namespace

// A layer that the one above was drawn from is not distributed as q given what was drawn there: its
// KL is known by its draw alone.
Var Layered::layer_kl(const LayersAt& layers, std::size_t l, Index particles) const {
  if (order_ == Order::down || l + 1 == count()) return closed_kl(layers[l], particles);
  return diagonal_ ? kl_at_draw(layers[l]) : Var{};
}

Draw Layered::draw(const Seen& seen, const Prior& prior, Stream& noise, Index particles,
                   const Wanted& wanted) const {
  check(!wanted.held && !wanted.factor && !wanted.diagonal,
        "hierarchy: the density of one layer's z depends on ",
        "another's, so there is no one q of them all", hint, "an objective that asks for none");
  LayersAt layers;
  infer(seen, layers, {&noise, particles});
  layers[count() - 1].p = prior.given(seen.x.tape(), seen.y, *this);
  Draw d;
  d.particles = particles, d.z = all(layers), d.layers = sizes_;
  d.q.mean = d.z;  // no numbers of one posterior, but as many
  bool closed = wanted.kl;
  for (std::size_t l = 0; l < count() && closed; ++l) {
    const Var kl = layer_kl(layers, l, particles);
    closed = bool(kl);
    if (closed) d.kl = l ? Var(concatenate_columns(d.kl, kl)) : kl;
  }
  if (!closed) d.kl = {};
  if (wanted.log_ratio || (wanted.kl && !closed)) {
    for (std::size_t l = 0; l < count(); ++l) {
      const Var ratio = layer_ratio(layers[l], particles);
      d.layer_ratios = l ? Var(concatenate_columns(d.layer_ratios, ratio)) : ratio;
    }
    d.log_ratio = row_sums(d.layer_ratios);
  }
  return d;
}

Var Layered::sample_prior(const Prior& prior, Tape& tape, Var y, Index count, Stream& noise,
                          Index particles) const {
  Var above = prior.sample(prior.given(tape, y, *this), tape, count, noise, particles), z = above;
  for (std::size_t l = this->count() - 1; l-- > 0;) {
    const PriorAt p = given_above(l, above, Pass::buffers());
    above = DiagonalGaussian{p.mean, p.log_variance}.sample(noise);
    z = concatenate_columns(above, z);
  }
  return z;
}

Var Layered::columns_of(Var z, std::size_t layer) const {
  return columns(z, std::accumulate(sizes_.begin(), sizes_.begin() + layer, Index{0}),
                 sizes_[layer]);
}

Var Layered::descend(Var z, std::size_t layer) const {
  Var above = columns_of(z, layer), to = above;
  for (std::size_t l = layer + 1; l < count(); ++l) to = concatenate_columns(to, columns_of(z, l));
  for (std::size_t l = layer; l-- > 0;) {
    above = given_above(l, above, Pass::buffers()).mean;
    to = concatenate_columns(above, to);
  }
  return to;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
