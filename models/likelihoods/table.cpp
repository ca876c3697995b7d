#include <vector>

#include <vaegrad/autodiff/by_name.hpp>
#include <vaegrad/models/likelihoods/likelihood.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// Each in the file of its name.
extern const Likelihood bernoulli_row, continuous_bernoulli_row, gaussian_row, laplace_row,
    discretised_logistic_row, beta_binomial_row, categorical_row;

std::span<const Likelihood> likelihoods() {
  static const std::vector<Likelihood> table = {
      bernoulli_row,  continuous_bernoulli_row, gaussian_row,
      laplace_row,    discretised_logistic_row, beta_binomial_row,
      categorical_row};
  return table;
}

const Likelihood& likelihood(std::string_view name) {
  return row_named(likelihoods(), name, "likelihood");
}

}  // namespace vaegrad::inline VAEGRAD_ABI
