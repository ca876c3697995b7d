#pragma once
#include <vaegrad/models/likelihoods/likelihood.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// Multi-scale structural similarity of pictures x and y with numbers 0..1,
//   MS-SSIM = l_M^w_M Π_j cs_j^w_j,  j = 1..M,
//   l  = (2 μx μy + C1) / (μx² + μy² + C1)        C1 = 0.01²
//   cs = (2 σxy + C2) / (σx² + σy² + C2)          C2 = 0.03²
// with means, variances and covariance under a Gaussian window of 11 x 11, σ = 1.5, at every place
// where it fits; cs_j is the mean over the places at scale j, cs_M and l_M that of their product.
// From scale to scale a picture is halved, each number a mean of 2 x 2; an odd last row or column is
// left out. w = 0.0448, 0.2856, 0.3001, 0.2363, 0.1333, the first M of them divided by their sum: M is
// 5, or as many scales as the window fits into (28 x 28: 2). Channels are compared each on its own.
// A cs_j below 10⁻⁴ counts as that, for a negative one has no power.
// Wang, Simoncelli and Bovik, Multi-scale structural similarity for image quality assessment,
// Asilomar 2003, eq. 7 and section 3.2; the places' means as in the authors' program.
// 1 where x = y, symmetric; (B, 1) for x (B, D) and y (B, D). UsageError: a picture too small.
Var ms_ssim(Data x, Var y, ImageShape image);

// How many scales there are for such images, 0 to 5.
Index ms_ssim_scales(ImageShape image);

// No likelihood: the decoder's picture y = sigmoid(logits) and a distance of x from it. It is
// normalised over nothing, so that nothing made of it is a number of nats of x: `weight` says how
// many nats of KL a unit of it is worth.
struct MsSsim {
  Var logits;  // (B, D)
  ImageShape image;
  double weight;  // W, for each of the D numbers of x

  Var log_prob(Data x) const;       // −W D (1 − MS-SSIM(x, y)), (B, 1)
  Var mean() const;                 // y
  Var sample(Stream& noise) const;  // UsageError: there is no p(x|z) to draw from
};

}  // namespace vaegrad::inline VAEGRAD_ABI
