// Does each number of a code stand for one factor of what was drawn? Three scores, of codes of
// images whose factors are known; all are 1 when codes are copies of the factors.
//
// They do not agree on what to ask for, and a rotation of the code, which changes no likelihood,
// changes all of them: compare models trained on the same data by the same score, over seeds.
#pragma once
#include <cstdint>

#include <vaegrad/models/metrics/owned_matrix.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// What N images were drawn from.
struct KnownFactors {
  std::vector<std::size_t> sizes;         // how many values each factor has
  std::span<const std::uint8_t> indices;  // (N, sizes.size()): which of its values

  std::size_t count() const { return sizes.size(); }
  // Which value of the factor an image has
  std::uint8_t of(std::size_t row, std::size_t factor) const {
    return indices[row * sizes.size() + factor];
  }
};

// Mutual information gap: the average over factors v of (I(z_a; v) − I(z_b; v)) / H(v) with z_a and
// z_b the two latents that know most of v; 0 when two know the same (Chen et al., arXiv 1802.04942,
// eq. 6). Here z is what `codes` holds, cut into `bins` of equal width from its least to its
// largest value; the paper integrates over q(z|x) instead. 0 bins: 20, or as many as the largest
// factor has values. Biased up by about (bins − 1)(values − 1) / 2N nats in I.
struct MutualInformationGap {
  double score = 0;
  std::vector<double> of_factor;
  OwnedMatrix information;  // I(z_j; v_k) / H(v_k);  (latents, factors)
};
MutualInformationGap mutual_information_gap(ConstMatrix codes, const KnownFactors& factors,
                                            Index bins = 0);

// Of the two scores below: each is an accuracy on votes that were not trained on; guessing gives
// 1 / factors.
struct VoteSettings {
  std::size_t group = 64;  // images (beta-VAE: pairs) per vote
  std::size_t train = 5000, test = 5000;
  std::uint64_t seed = 1;
};

// A vote: `group` images that share the value of one factor; the latent that varies least among
// them, relative to its variance over all. The score is how often the factor is the one most
// frequent for that latent (Kim and Mnih, arXiv 1802.05983, section 4). Latents whose variance is
// below 0.01 have collapsed and take no part.
double factor_vae_score(ConstMatrix codes, const KnownFactors& factors, const VoteSettings& = {});

// A vote: the average of |z − z'| over `group` pairs of images that share the value of one factor.
// The score is how often a linear classifier names the factor (Higgins et al., ICLR 2017, section
// 3).
double beta_vae_score(ConstMatrix codes, const KnownFactors& factors, const VoteSettings& = {});

// ---- where no factor is known: whether trainings that differ by their seed agree (udr.cpp) ----

// |Spearman's rank correlation| of each column of a with each of b, (a.cols, b.cols); 0 of a column
// that is constant. Rows are the same examples.
OwnedMatrix rank_correlations(ConstMatrix a, ConstMatrix b);

// UDR_ij of the informative latents of two trainings: with R their rank correlations (A, B),
// r_a = max_b R_ab and r_b = max_a R_ab,
//   ½ (1/A Σ_a r_a² / Σ_b R_ab + 1/B Σ_b r_b² / Σ_a R_ab).
// 1 where each is one of the other, in any order, unit and sign; 1/A where all are alike. NaN
// without latents. Duan et al., Unsupervised model selection for variational disentangled
// representation learning, arXiv 1905.12614, section 4, with the Spearman similarity (UDR_S); each
// side is averaged by itself, as in disentanglement_lib.
double agreement(ConstMatrix a, ConstMatrix b);

// One training: codes of the same examples as the others', and the KL of each latent, nats.
struct TrainedCodes {
  ConstMatrix codes;
  std::span<const double> kl;
};
// Unsupervised disentanglement ranking of trainings of one setting. Latents of a KL of 0.01 nats or
// less take no part.
struct DisentanglementRanking {
  double score = 0;                        // the median over pairs of trainings
  std::vector<double> of_run;              // of each, the median over its pairs: the paper's UDR_i
  std::vector<std::vector<double>> pairs;  // UDR_ij, symmetric; NaN of itself, or without latents
  std::vector<std::size_t> informative;    // latents of each
};
// Errors: fewer than two trainings, other examples, a number of KLs that is not that of the latents.
DisentanglementRanking unsupervised_ranking(std::span<const TrainedCodes> runs);

}  // namespace vaegrad::inline VAEGRAD_ABI
