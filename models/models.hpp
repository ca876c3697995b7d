// Every model.
#pragma once
#include <vaegrad/models/bounds.hpp>
#include <vaegrad/models/estimators.hpp>
#include <vaegrad/models/evidence_on_grid.hpp>
#include <vaegrad/models/likelihoods.hpp>
#include <vaegrad/models/networks.hpp>
#include <vaegrad/models/schedules.hpp>
#include <vaegrad/models/vae.hpp>
