#include "latex.hpp"

namespace vaegrad::latex {

const Names letters = {
    {"alpha", "α"},      {"beta", "β"},  {"gamma", "γ"},    {"delta", "δ"},  {"epsilon", "ϵ"},
    {"varepsilon", "ε"}, {"eta", "η"},   {"theta", "θ"},    {"kappa", "κ"},  {"lambda", "λ"},
    {"mu", "μ"},         {"nu", "ν"},    {"xi", "ξ"},       {"pi", "π"},     {"rho", "ρ"},
    {"sigma", "σ"},      {"tau", "τ"},   {"phi", "φ"},      {"varphi", "φ"}, {"chi", "χ"},
    {"psi", "ψ"},        {"omega", "ω"}, {"Gamma", "Γ"},    {"Lambda", "Λ"}, {"Delta", "Δ"},
    {"Sigma", "Σ"},      {"Phi", "Φ"},   {"Omega", "Ω"},    {"ell", "ℓ"},    {"infty", "∞"},
    {"partial", "∂"},    {"nabla", "∇"}, {"dots", "…"},     {"ldots", "…"},  {"cdots", "⋯"},
    {"top", "⊤"},        {"prime", "′"}, {"emptyset", "∅"}, {"Theta", "Θ"},  {"zeta", "ζ"},
    {"vdots", "⋮"}};
const Names relations = {
    {"le", "≤"},         {"ge", "≥"},   {"approx", "≈"}, {"sim", "∼"},        {"propto", "∝"},
    {"to", "→"},         {"gets", "←"}, {"ne", "≠"},     {"in", "∈"},         {"mapsto", "↦"},
    {"equiv", "≡"},      {"ll", "≪"},   {"gg", "≫"},     {"Rightarrow", "⇒"}, {"leftarrow", "←"},
    {"rightarrow", "→"}, {"leq", "≤"},  {"geq", "≥"}};
const Names operators = {{"cdot", "⋅"}, {"times", "×"}, {"odot", "⊙"},   {"pm", "±"},
                         {"mp", "∓"},   {"mid", "∣"},   {"bmod", "mod"}, {"oplus", "⊕"},
                         {"circ", "∘"}, {"ast", "∗"}};
const Names big = {{"sum", "∑"}, {"prod", "∏"}, {"int", "∫"}, {"iint", "∬"}};
const Names fences = {{"Vert", "‖"},   {"lVert", "‖"},  {"rVert", "‖"},  {"vert", "|"},
                      {"lvert", "|"},  {"rvert", "|"},  {"lfloor", "⌊"}, {"rfloor", "⌋"},
                      {"lbrace", "{"}, {"rbrace", "}"}, {"{", "{"},      {"}", "}"},
                      {"langle", "⟨"}, {"rangle", "⟩"}, {"|", "‖"}};
const Names functions = {{"log", "log"},   {"exp", "exp"}, {"max", "max"}, {"min", "min"},
                         {"tanh", "tanh"}, {"sin", "sin"}, {"cos", "cos"}, {"lim", "lim"},
                         {"Pr", "Pr"},     {"det", "det"}, {"arg", "arg"}};
const Names spaces = {{",", "0.17em"}, {":", "0.22em"}, {";", "0.28em"}, {"!", "-0.17em"},
                      {" ", "0.25em"}, {"quad", "1em"}, {"qquad", "2em"}};
const Names accents = {{"hat", "^"}, {"bar", "¯"}, {"tilde", "~"},  {"overline", "‾"},
                       {"dot", "˙"}, {"vec", "→"}, {"widehat", "^"}};
const Names double_struck = {{"E", "𝔼"}, {"H", "ℍ"}, {"R", "ℝ"}, {"P", "ℙ"}, {"1", "𝟙"}};
const Names script = {{"N", "𝒩"}, {"L", "ℒ"}, {"D", "𝒟"}, {"U", "𝒰"}, {"O", "𝒪"}, {"F", "ℱ"}};

}  // namespace vaegrad::latex
