// Every model.
#pragma once
#include <vaegrad/models/vae.hpp>
