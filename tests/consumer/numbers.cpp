// Prints what lanes compute, forward and backward; with --compare FILE: are the numbers on the standard input those of
// FILE, to 1e-5 of their size? (flags.sh)
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <vaegrad/autodiff/autodiff.hpp>
using namespace vaegrad;

static int compare(const char* file) {
  std::ifstream expected(file);
  std::string a, b;
  int read = 0, wrong = 0;
  for (; expected >> a; ++read) {
    if (!(std::cin >> b)) return 1;
    if (a == b) continue;
    const double x = std::atof(a.c_str()), y = std::atof(b.c_str());
    if (std::abs(x - y) <= 1e-5 * std::max(std::abs(x), 1e-3)) continue;
    if (++wrong < 6) std::cout << "  " << a << " became " << b << "\n";
  }
  return read < 200 || wrong ? 1 : 0;
}

int main(int argc, char** argv) {
  if (argc == 3 && !std::strcmp(argv[1], "--compare")) return compare(argv[2]);
  Tape tape;
  const Var x = tape.variable(Shape{3, 333});
  for (Index i = 0; i < 999; ++i) x.val().data[i] = Real(-8) + Real(i) * Real(0.016);
  const auto print = [&](const char* name, Var y) {
    tape.backward(sum(y * y));
    std::printf("%s", name);
    for (const Matrix m : {y.val(), x.adj()})
      for (Index i = 0; i < m.size(); i += 37) std::printf(" %.9g", double(m.data[i]));
    std::printf("\n");
  };
  const Var p = abs(x) + 0.1, holes = log(max(x, 0));  // log 0 = -inf
  print("expm1, tanh", expm1(x) * 0.1 + tanh(x)), print("sin, log", sin(x) + cos(x) * log(p));
  print("softplus, erf", softplus(x) - erf(x) * sigmoid(x)), print("lgamma, pow", lgamma(p) / pow(p, 1.7));
  print("log1p, log1mexp", log1p(p) + log1mexp(p)), print("langevin, sqrt", langevin(x) * sqrt(p));
  print("row_sums", row_sums(x * x)), print("column_sums", column_sums(exp(x))), print("max", max(x));
  for (Index i = 0; i < 999; i += 37) std::printf("%.9g\n", double(holes.val().data[i]));
  const Var shares = log_sum_exp(concatenate_columns(holes, x));
  for (Index i = 0; i < 3; ++i) std::printf("%.9g\n", double(shares.val().data[i]));
}
