// Prints what the elementary functions give on lanes, bit by bit (flags.sh).
#include <cstdio>
#include <vaegrad/autodiff/elementwise.hpp>
using namespace vaegrad;

int main() {
  for (int i = 0; i < 32; i += Lanes::size) {
    Real x[Lanes::size];
    for (int k = 0; k < Lanes::size; ++k) x[k] = Real(-8) + Real(i + k) * Real(0.51);
    const Lanes v = Lanes::load(x), p = abs(v) + Lanes(Real(0.1));
    const Lanes all[] = {
        exp(v),      expm1(v),    tanh(v),  sin(v),    cos(v),     log(p),
        log1p(p),    softplus(v), erf(v),   lgamma(p), digamma(p), log1mexp(p),
        langevin(v), sqrt(p),     v / p,    -v,        pow(p, v),  log(max(v, Lanes(0))),
        sigmoid(v),  nearest(v),  max(v, p)};
    for (const Lanes y : all)
      for (int k = 0; k < Lanes::size; ++k) std::printf("%a\n", double(y[k]));
    std::printf("%a %a\n", double(horizontal_sum(tanh(v))), double(horizontal_max(v / Lanes(0))));
  }
}
