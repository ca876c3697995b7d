// Networks: lists of layers by name, and what is made of them.
#pragma once
#include <vaegrad/models/networks/bodies.hpp>
