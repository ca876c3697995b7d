// p(z) = Σ_k π_k N(z; m_k, Σ_k), fitted by expectation maximisation.
#include <cmath>

#include <vaegrad/lab/uses/fits/fit.hpp>
#include <vaegrad/models/distributions.hpp>
#include <vaegrad/models/fits/gaussian_mixture.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

namespace fs = std::filesystem;

class FittedMixturePrior : public Prior {
 public:
  explicit FittedMixturePrior(GaussianMixture mixture) : mixture_(std::move(mixture)) {}

  PriorAt given(Tape&, Var, const Inference&) const override { return {.prior = this}; }
  // Nothing learns through it: a constant.
  Var log_prob(const PriorAt&, Var z, Index) const override {
    std::vector<double> log_p(std::size_t(z.shape().rows));
    mixture_.log_density(z.val(), log_p);
    const Var to = z.tape().constant(Shape{z.shape().rows, 1});
    for (std::size_t i = 0; i < log_p.size(); ++i) to.val().data[i] = Real(log_p[i]);
    return to;
  }
  Var sample(const PriorAt&, Tape& tape, Index count, Stream& noise,
             Index particles) const override {
    const Index rows = count * particles;
    const Var u = tape.constant(Shape{rows, 1}),
              z = tape.constant(Shape{rows, mixture_.dimensions});
    noise.uniform(u.val());
    const Var e = standard_noise(tape, z.shape(), noise);
    mixture_.draw(u.val(), e.val(), z.val());
    return z;
  }

 private:
  GaussianMixture mixture_;
};

bool fit_mixture_to(const OwnedMatrix& codes, FitSettings& s, const fs::path& folder,
                    Observer& observer) {
  struct Stopped {};
  const auto go_on = [&](int, double) {
    if (observer.stop()) throw Stopped();
  };
  constexpr Index most = 100;  // a component for each image would be a memory
  FittedMixture fitted;
  try {
    if (!s.components) {
      const bool many =
          codes.view().rows >= std::max<Index>(100 * most, 5 * most * codes.view().cols);
      s.components = many ? most : choose_components(codes, most, s.seed, go_on);
    }
    fitted = fit_mixture(codes, {.components = s.components, .seed = s.seed}, go_on);
  } catch (const Stopped&) {
    return false;
  }
  const GaussianMixture& m = fitted.mixture;
  const auto K = std::size_t(m.components), D = std::size_t(m.dimensions);
  const Tensor tensors[] = {tensor<double>("weights", {K}, m.weights),
                            tensor<double>("means", {K, D}, m.means),
                            tensor<double>("factors", {K, D, D}, m.factors)};
  write_safetensors(folder / "mixture.safetensors", tensors);
  observer.note(concat(m.components, " Gaussians after ", fitted.iterations, " iterations",
                       fitted.converged ? "" : ", which still gain"));
  return true;
}

std::unique_ptr<Prior> load_mixture(const fs::path& folder, Index latent) {
  const SafeTensors from = read_safetensors(folder / "mixture.safetensors");
  const Tensor* weights = from.find("weights");
  check(weights && weights->shape.size() == 1 && weights->shape[0] > 0, from.file(),
        ": no weights of a mixture", hint, "vaegrad fit-prior fits it again");
  const std::size_t K = weights->shape[0], D = std::size_t(latent);
  GaussianMixture m;
  m.components = Index(K), m.dimensions = latent;
  const std::size_t dims[] = {K, D, D};
  m.weights = from.values<double>("weights", std::span(dims, 1));
  m.means = from.values<double>("means", std::span(dims, 2));
  m.factors = from.values<double>("factors", std::span(dims, 3));
  for (const auto* numbers : {&m.weights, &m.means, &m.factors})
    for (const double x : *numbers)
      check(std::isfinite(x), from.file(), ": a number is ", x, hint,
            "vaegrad fit-prior fits it again");
  for (std::size_t k = 0; k < K; ++k)
    for (std::size_t i = 0; i < D; ++i)
      check(m.weights[k] > 0 && m.factors[(k * D + i) * D + i] > 0, from.file(), ": component ", k,
            " is no Gaussian", hint, "vaegrad fit-prior fits it again");
  return std::make_unique<FittedMixturePrior>(std::move(m));
}

}  // namespace

const Fit mixture_fit{.name = "mixture",
                      .what = "Gaussians with full covariances, by EM",
                      .components = true,
                      .fit = fit_mixture_to,
                      .load = load_mixture};

}  // namespace vaegrad::inline VAEGRAD_ABI
