#pragma once
#include <map>
#include <string>

// The names of LaTeX that the book knows, with what stands for each in MathML: a name more is a line more in the .cpp.
namespace vaegrad::latex {

using Names = std::map<std::string, std::string, std::less<>>;

// `letters` Greek and other letters; `relations` between two terms; a line may break before them; `operators` between two terms; `big` with limits, but integrals; `fences` brackets, of all kinds; `functions` set upright, with a little space after them; `spaces` to their width; `accents` to the sign above; `double_struck` \mathbb; `script` \mathcal.
extern const Names letters, relations, operators, big, fences, functions, spaces, accents,
    double_struck, script;

}  // namespace vaegrad::latex
