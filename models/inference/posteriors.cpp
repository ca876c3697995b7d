#include <vaegrad/autodiff/by_name.hpp>
#include <vaegrad/models/distributions.hpp>
#include <vaegrad/models/inference/posterior.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

// clang-format off
constexpr PosteriorScale scales[] = {
    {"log-variance", [](Var h) -> Var { return h; }},
    {"log-std",      [](Var h) -> Var { return 2 * h; }},
    {"softplus",     [](Var h) -> Var { return log(square(softplus(h)) + least_variance); }},
    {"tanh",         [](Var h) -> Var { return log(square(tanh(h)) + least_variance); }},  // σ of either sign
    {"hard-tanh",    [](Var h) -> Var { return clamp(h, -6, 2); }},  // Tomczak and Welling, arXiv 1705.07120
};
// clang-format on

}  // namespace

std::span<const PosteriorScale> posterior_scales() { return scales; }
const PosteriorScale& posterior_scale(std::string_view name) {
  return row_named(posterior_scales(), name, "posterior scale");
}

Var PosteriorSpec::log_variance(Var h) const {
  const Var free = scale->log_variance(h);
  return log_variance_bound > 0 ? Var(bounded(free, log_variance_bound)) : free;
}

std::span<const PosteriorRow* const> posteriors() {
#define ROW(name) &name##_posterior,
  static constexpr const PosteriorRow* table[] = {VAEGRAD_POSTERIORS(ROW)};
#undef ROW
  return table;
}
const PosteriorRow& posterior(std::string_view name) {
  return row_named(posteriors(), name, "posterior");
}

void check_together(const PosteriorRow& q, const PriorRow& p) {
  check<UsageError>(q.sphere == p.sphere, "posterior ", q.name, ": its codes lie ",
                    q.sphere ? "on a sphere, where the prior " : "off the sphere, where the prior ",
                    p.name, " has no density", hint,
                    q.sphere ? concat("the prior ", uniform_sphere_prior.name)
                             : concat("the posterior ", von_mises_fisher_posterior.name));
  check<UsageError>(!p.encodes || q.diagonal, "prior ", p.name,
                    ": it needs the density of q(z|u) at any z, and the posterior ", q.name,
                    " knows it at its own draws alone", hint,
                    concat("the posterior ", gaussian_posterior.name));
}

}  // namespace vaegrad::inline VAEGRAD_ABI
