// z' = z + Q R tanh(R̃ Qᵀ z + b): Q a product of Householder reflections, R and R̃ triangular; all
// of it each example's own. Lower triangles here, where the paper has upper ones: their order is
// Q's business.
// van den Berg, Hasenclever, Tomczak and Welling, Sylvester normalizing flows for variational
// inference, arXiv 1803.05649, theorem 1 and section 3.2 (H-SNF)
#include <algorithm>

#include <vaegrad/models/inference/posteriors/flow_posterior.hpp>
#include <vaegrad/models/inference/posteriors/lower_product.hpp>
#include <vaegrad/models/inference/posteriors/reflect.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

// Where a step's numbers stand: the vectors of the reflections, the parts of R and R̃ below the
// diagonal, their diagonals, b
struct Places {
  Index latent, reflections = std::min(Index{8}, latent), below = latent * (latent - 1) / 2;
  Index lower = reflections * latent, lower_too = lower + below, diagonal = lower_too + below,
        diagonal_too = diagonal + latent, bias = diagonal_too + latent, all = bias + latent;
};

class SylvesterPosterior : public FlowPosterior {
 public:
  SylvesterPosterior(Parameters& p, const std::string& name, Index h, const PosteriorSpec& s)
      : FlowPosterior(p, name, h, s, places(s.latent).all), at_(places(s.latent)) {}

  Var step(Index t, Var s, const PosteriorAt& q) const override {
    const Index Z = at_.latent, first = t * at_.all, K = s.shape().rows / q.more.shape().rows;
    const auto numbers = [&](Index from, Index count) {
      return columns(q.more, first + from, count);
    };
    const Var z = columns(s, 0, Z), log_det = columns(s, Z, 1);
    Var y = z;  // Qᵀ z
    for (Index k = 0; k < at_.reflections; ++k) y = record(Reflect{first + k * Z}, y, q.more);
    // The diagonals within ±1, so that r r̃ > −1 and the step can be undone
    const Var r = tanh(numbers(at_.diagonal, Z)), r_too = tanh(numbers(at_.diagonal_too, Z));
    const Var below = lower_product(numbers(at_.lower_too, at_.below), y);
    const Var h = tanh(below + repeat_rows(r_too, K) * y + repeat_rows(numbers(at_.bias, Z), K));
    const Var R_below = lower_product(numbers(at_.lower, at_.below), h);
    Var moved = R_below + repeat_rows(r, K) * h;  // R h, then Q R h
    for (Index k = at_.reflections; k-- > 0;) moved = record(Reflect{first + k * Z}, moved, q.more);
    // log |∂z'/∂z| = Σ_j log(1 + (1 − h_j²) r_j r̃_j), whose terms here are all positive
    const Var both = 1 + r * r_too;
    return concatenate_columns(
        z + moved, log_det + row_sums(log(square(h) + (1 - square(h)) * repeat_rows(both, K))));
  }

 private:
  static Places places(Index latent) {
    check<UsageError>(latent >= 2, "sylvester: one latent has nothing to turn: ", latent, hint,
                      "the planar posterior, or two latents and more");
    return {latent};
  }
  Places at_;
};

}  // namespace

const PosteriorRow sylvester_posterior{.name = "sylvester",
                                       .what = "Sylvester flow of N steps",
                                       .make = make_posterior<SylvesterPosterior>,
                                       .scale = true,
                                       .flows = true};

}  // namespace vaegrad::inline VAEGRAD_ABI
