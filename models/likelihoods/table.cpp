#include <vector>

#include <vaegrad/autodiff/by_name.hpp>
#include <vaegrad/models/likelihoods/likelihood.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// Each in the file of its name.
extern const Likelihood bernoulli_row, continuous_bernoulli_row, gaussian_row, laplace_row,
    discretised_logistic_row, beta_binomial_row, categorical_row, ms_ssim_row;

std::span<const Likelihood> likelihoods() {
  static const std::vector<Likelihood> table = {bernoulli_row,
                                                continuous_bernoulli_row,
                                                gaussian_row,
                                                laplace_row,
                                                discretised_logistic_row,
                                                beta_binomial_row,
                                                categorical_row,
                                                ms_ssim_row};
  return table;
}

const Likelihood& likelihood(std::string_view name) {
  return row_named(likelihoods(), name, "likelihood");
}

void check_is_likelihood(const Likelihood& p, std::string_view who) {
  check<UsageError>(!p.instead, who, ": ", p.name, " is no likelihood: ", p.instead,
                    " stands for log p(x|z), and no number made of it is one of log p(x)", hint,
                    "a run of --likelihood ", likelihoods()[0].name, ", or of another that is one");
}

}  // namespace vaegrad::inline VAEGRAD_ABI
