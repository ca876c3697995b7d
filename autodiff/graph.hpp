// A tape as a graph in the language of Graphviz: what was recorded, and what reads what. Entries
// without a gradient are dashed; a single number stands with its value and, after backward(), its
// adjoint. lab/pictures/plot.hpp draws it.
#pragma once
#include <vaegrad/autodiff/tape.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

std::string graph(const Tape& tape);

}  // namespace vaegrad::inline VAEGRAD_ABI
