// The whole engine.
#pragma once
#include <vaegrad/autodiff/affine.hpp>
#include <vaegrad/autodiff/convolution.hpp>
#include <vaegrad/autodiff/elementwise.hpp>
#include <vaegrad/autodiff/fused.hpp>
#include <vaegrad/autodiff/gradient_check.hpp>
#include <vaegrad/autodiff/initialisers.hpp>
#include <vaegrad/autodiff/normalise.hpp>
#include <vaegrad/autodiff/optimisers.hpp>
#include <vaegrad/autodiff/parameters.hpp>
#include <vaegrad/autodiff/random.hpp>
#include <vaegrad/autodiff/softmax.hpp>
#include <vaegrad/autodiff/structure.hpp>
#include <vaegrad/autodiff/tape.hpp>
#include <vaegrad/autodiff/without_gradients.hpp>
