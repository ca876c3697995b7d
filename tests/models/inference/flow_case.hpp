// One example's flow in two dimensions, its steps on rows of points, and how they are undone.
#pragma once
#include <cmath>
#include <vaegrad/models/distributions.hpp>
#include <vaegrad/models/inference/posteriors/flow_posterior.hpp>
#include <vaegrad/models/metrics/owned_matrix.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

struct FlowCase {
  Parameters parameters;
  std::unique_ptr<Posterior> posterior;
  const FlowPosterior* flow;
  Tape tape;
  PosteriorAt q;
  Index latent;

  // planted: the first numbers that step 0 reads off the encoder; the others are random
  FlowCase(std::string_view family, Index flows, Index latent_, double spread,
           const std::vector<double>& planted = {})
      : latent(latent_) {
    posterior = vaegrad::posterior(family).make(parameters, "q", 1,
                                                {.latent = latent,
                                                 .scale = &posterior_scale("log-variance"),
                                                 .flows = flows,
                                                 .activation = activation("tanh"),
                                                 .initial = {},
                                                 .widths = {7, 6}});
    flow = dynamic_cast<const FlowPosterior*>(posterior.get());
    std::uint32_t n = 0;
    for (const auto& [name, param] : parameters.list()) {
      const Matrix w = parameters.change_value(param);
      OwnedMatrix more(w.rows, w.cols);
      Stream(3, Purpose::test, n++).normal(more.view());
      const bool of_base = name == "q.mean.weight" || name == "q.scale.weight";
      for (Index i = 0; i < w.size(); ++i)
        w.data[i] += (of_base ? 0.4 : spread) * more.view().data[i];
      for (std::size_t i = 0; i < planted.size() && name.starts_with("q.flow."); ++i)
        w.data[i] = name == "q.flow.bias" ? planted[i] : 0;
    }
    q = posterior->at(tape.constant(Real(0.8)));
  }

  // Rows (z, 0) -> (z', log |∂z'/∂z|) by step t
  OwnedMatrix step(Index t, ConstMatrix z) {
    const Var s = tape.constant(Shape{z.rows, latent + 1});
    for (Index r = 0; r < z.rows; ++r) {
      std::copy_n(z.row(r), latent, s.val().row(r));
      s.val()(r, latent) = 0;
    }
    const Var y = flow->step(t, s, q);
    OwnedMatrix to(z.rows, latent + 1);
    std::copy(y.val().begin(), y.val().end(), to.view().data);
    return to;
  }
  // log |det ∂z'/∂z| by central differences and elimination
  double log_det_by_differences(Index t, ConstMatrix z, Index r) {
    constexpr double h = 1e-3;  // (8 Δ(h) − Δ(2h)) / 12h
    OwnedMatrix around(4 * latent, latent);
    for (Index k = 0; k < 4 * latent; ++k) {
      std::copy_n(z.row(r), latent, around.view().row(k));
      const double by[] = {h, -h, 2 * h, -2 * h};
      around.view()(k, k / 4) += by[k % 4];
    }
    const OwnedMatrix y = step(t, around.view());
    std::vector<double> J(std::size_t(latent * latent));
    const auto at = [&](Index i, Index j) -> double& { return J[std::size_t(i * latent + j)]; };
    for (Index j = 0; j < latent; ++j)
      for (Index i = 0; i < latent; ++i)
        at(i, j) = (8 * (y.view()(4 * j, i) - y.view()(4 * j + 1, i)) -
                    (y.view()(4 * j + 2, i) - y.view()(4 * j + 3, i))) /
                   (12 * h);
    double log_det = 0;
    for (Index k = 0; k < latent; ++k) {
      Index p = k;
      for (Index i = k; i < latent; ++i)
        if (std::abs(at(i, k)) > std::abs(at(p, k))) p = i;
      for (Index j = 0; j < latent; ++j) std::swap(at(k, j), at(p, j));
      log_det += std::log(std::abs(at(k, k)));
      for (Index i = k + 1; i < latent; ++i)
        for (Index j = latent; j-- > k;) at(i, j) -= at(i, k) / at(k, k) * at(k, j);
    }
    return log_det;
  }
  // What the steps read off the encoder: the k-th number of step t, of `each`
  double number(Index t, Index each, Index k) const { return q.more.val()(0, t * each + k); }
};

}  // namespace vaegrad::inline VAEGRAD_ABI
