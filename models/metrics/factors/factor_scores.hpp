// More scores of codes of images whose factors are known (disentanglement.hpp): what each asks, and
// what noise is given.
//
// Where a factor is a number to predict it is the index of its value, in deviations from its mean:
// of a factor whose values have no order this asks for the order that they were listed in.
#pragma once
#include <vaegrad/models/metrics/factors/disentanglement.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// Separated attribute predictability: the average over factors of R²_a − R²_b, of the two latents
// that predict the factor best, each alone by a line (Kumar et al., arXiv 1711.00848, section 3.1,
// with R² for every factor). Noise: about 1 / N.
double sap_score(ConstMatrix codes, const KnownFactors& factors);

// Modularity: whether a latent knows of one factor alone. With m_jk = I(z_j; v_k) in nats and the
// factor k* that z_j knows most of, the average over latents of 1 − Σ_(k≠k*) m_jk² / (m_jk*² (K−1)).
// (Ridgeway and Mozer, arXiv 1802.05312, eq. 1 and 2.) Latents of which no factor has the 0.01 nats
// that noise would have take no part; 0 when none is left. Bins: those of the gap.
double modularity(ConstMatrix codes, const KnownFactors& factors, Index bins = 0);

// Explicitness: whether the values of a factor can be told by the whole code: the area under the
// ROC curve of one value against the others by the linear classifier (logistic), on the half of the
// examples that it did not see, averaged over values and then factors (Ridgeway and Mozer, section
// 3). Noise: ½.
double explicitness(ConstMatrix codes, const KnownFactors& factors, std::uint64_t seed = 1);

// Interventional robustness: how little a latent moves when everything but one factor is drawn anew.
// Of latent j and factor k 1 − mean over the values v of q_0.99 |z_j − E[z_j | v_k = v]| over
// max |z_j − E z_j|; of a latent the largest over the factors; averaged over latents by weights
// max |z_j − E z_j|, so that one that does not move takes no part. (Suter et al., arXiv 1811.00007,
// section 4; the quantile and the weights are those of the authors' disentanglement_lib.)
struct InterventionalRobustness {
  double score = 0;
  double chance = 0;  // the same of a factor with one value: what a code of noise is given
};
InterventionalRobustness interventional_robustness(ConstMatrix codes, const KnownFactors& factors);

// Disentanglement, completeness and informativeness, by a linear model with an L1 penalty for each
// factor: R_jk = |w_jk| of standardised latents and factor. Disentanglement is Σ_j ρ_j (1 − H_K(P_j))
// with P_j = R_j· / Σ_k R_jk, H to the base of the number of factors, ρ_j the share of latent j in
// Σ R; completeness the average over factors of 1 − H_Z of each column; informativeness the average
// R² on the half of the examples that was not seen, at least 0 (in the paper 1 − error).
// (Eastwood and Williams, ICLR 2018, section 2.) The penalty is the one of 0.1, 0.03, .. 0.001 with
// the highest R² on those; of equals the strongest. Noise: informativeness 0.
struct Dci {
  double disentanglement = 0, completeness = 0, informativeness = 0;
  OwnedMatrix importance;  // R, (latents, factors)
};
Dci dci(ConstMatrix codes, const KnownFactors& factors, std::uint64_t seed = 1);

}  // namespace vaegrad::inline VAEGRAD_ABI
