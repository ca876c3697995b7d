// Steps in which every latent is moved and scaled by a network of those before it, and of what the
// encoder says (the context); every other step has them in reverse order.
// Kingma, Salimans, Jozefowicz, Chen, Sutskever and Welling, Improved variational inference with
// inverse autoregressive flow, arXiv 1606.04934, algorithm 1 and eq. 14
#include <vaegrad/models/inference/posteriors/flow_posterior.hpp>
#include <vaegrad/models/inference/posteriors/masked.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

class IafPosterior : public FlowPosterior {
 public:
  IafPosterior(Parameters& p, const std::string& name, Index h, const PosteriorSpec& s)
      : FlowPosterior(p, name, h, s, s.widths.front()),
        latent_(s.latent),
        activation_(s.activation) {
    const auto weights = [&](const std::string& of, Shape shape) {
      return p.add(of, shape,
                   initial(s.initial.weights, s.initial.seed, std::size_t(p.list().size())));
    };
    for (Index t = 0; t < s.flows; ++t) {
      const std::string step = concat(name, ".flow.", t);
      Network n;
      n.in = weights(step + ".hidden.weight", {s.latent, s.widths.front()});
      for (std::size_t l = 1; l < s.widths.size(); ++l) {
        const std::string layer = concat(step, ".hidden.", l);
        n.between.push_back({weights(layer + ".weight", {s.widths[l - 1], s.widths[l]}),
                             p.add(layer + ".bias", {1, s.widths[l]})});
      }
      n.move = weights(step + ".move.weight", {s.widths.back(), s.latent});
      n.move_bias = p.add(step + ".move.bias", {1, s.latent});
      n.gate = weights(step + ".gate.weight", {s.widths.back(), s.latent});
      // Of the first steps of training a gate keeps most of z: sigmoid(1.5) = 0.82 (section 4)
      n.gate_bias = p.add(step + ".gate.bias", {1, s.latent}, constant_fill(Real(1.5)));
      networks_.push_back(n);
    }
  }

  Var step(Index t, Var s, const PosteriorAt& q) const override {
    const Network& n = networks_[std::size_t(t)];
    using enum Masked::Place;
    const bool reversed = t % 2 == 1;
    Tape& tape = s.tape();
    const Var z = columns(s, 0, latent_), log_det = columns(s, latent_, 1);
    Var context = columns(q.more, t * n.in.shape.cols, n.in.shape.cols);
    if (z.shape().rows > context.shape().rows)
      context = repeat_rows(context, z.shape().rows / context.shape().rows);
    const auto seen = [&](const Param& w, Masked::Place place) {
      return record(Masked{place, latent_, reversed}, tape(w));
    };
    Var h = activation_.apply(matmul(z, seen(n.in, in)), context);
    for (const auto& [weight, bias] : n.between)
      h = activation_.apply(matmul(h, seen(weight, between)), tape(bias));
    const Var m = affine(h, seen(n.move, out), tape(n.move_bias));
    const Var gate = affine(h, seen(n.gate, out), tape(n.gate_bias));
    // z' = g ⊙ z + (1 − g) ⊙ m,  g = sigmoid(..),  log |∂z'/∂z| = Σ_j log g_j
    return concatenate_columns(m + sigmoid(gate) * (z - m), log_det + row_sums(log_sigmoid(gate)));
  }

 private:
  struct Network {
    Param in, move, move_bias, gate, gate_bias;
    std::vector<std::pair<Param, Param>> between;  // hidden layers after the first
  };
  std::vector<Network> networks_;
  Index latent_;
  Activation activation_;
};

}  // namespace

const PosteriorRow iaf_posterior{.name = "iaf",
                                 .what = "inverse autoregressive flow of N steps",
                                 .make = make_posterior<IafPosterior>,
                                 .scale = true,
                                 .flows = true,
                                 .width = true};

}  // namespace vaegrad::inline VAEGRAD_ABI
