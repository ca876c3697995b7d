// Likelihoods p(x|z): the table, each likelihood, and the head that ends a decoder in one of them.
#pragma once
#include <vaegrad/models/likelihoods/beta_binomial.hpp>
#include <vaegrad/models/likelihoods/categorical.hpp>
#include <vaegrad/models/likelihoods/continuous_bernoulli.hpp>
#include <vaegrad/models/likelihoods/discretised_logistic.hpp>
#include <vaegrad/models/likelihoods/gaussian.hpp>
#include <vaegrad/models/likelihoods/head.hpp>
#include <vaegrad/models/likelihoods/laplace.hpp>
#include <vaegrad/models/likelihoods/ms_ssim.hpp>
