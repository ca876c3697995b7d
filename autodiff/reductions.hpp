// Reductions: what fused.hpp makes one entry of an expression with. Each says what shape it makes,
// how the value is computed, and (adjoint) what each lane of the expression receives, given its
// value e there: the lanes of d loss / d e.
#pragma once
#include <cmath>
#include <limits>

#include <vaegrad/autodiff/elementwise.hpp>
#include <vaegrad/autodiff/loops.hpp>

#include <vaegrad/autodiff/kernels/precise_begin.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// y = e
struct Store {
  static constexpr const char* name = "";
  static constexpr bool may_be_flat = true;
  static Shape shape(Shape s) { return s; }

  template <class Bound>
  static void value(Tape&, const Plan& p, const Bound& bound, Matrix y) {
    over_rows(p, bound, [&](auto& e, Index, Index i, Index begin, Index end) {
      over_lanes(begin, end, [&](Index j, auto live) {
        store(eval(e, j, live).y, y.data + i * y.cols + j, live);
      });
    });
  }
  static auto adjoint(const Plan&, Node y) {
    return [y](Index i) {
      return [row = y.adj.data + i * y.adj.cols](Index j, auto live, Lanes) {
        return load(row + j, live);
      };
    };
  }
};

// Σ_j e_j over a row's columns begin .. end
template <class Cursors>
Real row_sum(Cursors& e, Index begin, Index end) {
  Lanes sum(Real{0});
  over_lanes(begin, end, [&](Index j, auto live) { sum += dead_as(0, eval(e, j, live).y, live); });
  return horizontal_sum(sum);
}

// Σ_j x_j a_j − softplus(b_j), the log-probability of bits:  softplus(b) = max(b, 0) + log(1 + t),
// t = exp −|b|, and one logarithm serves up to 64 factors, of Π (1 + t) − 1 so that a small t stays.
// Of such a product alone: differences of softplus, say, cancel term by term.
template <class X, class A, class B>
Real row_sum(Binary<subtract_row, Binary<multiply_row, X, A>, Unary<softplus_row, B>>& e,
             Index begin, Index end) {
  constexpr Index factors = 64 * Lanes::size;  // Π < 2^64
  Lanes sum(Real{0});
  for (Index first = begin; first < end; first += factors) {
    Lanes above(Real{0});
    over_lanes(first, std::min(end, first + factors), [&](Index j, auto live) {
      const Lanes b = eval(e.b.a, j, live).y, t = dead_as(0, exp(-abs(b)), live);
      above = fma(above, Lanes(1) + t, t);
      sum += dead_as(0, eval(e.a, j, live).y - select(b < Lanes(0), Lanes(0), b), live);
    });
    sum = sum - log1p(above);
  }
  return horizontal_sum(sum);
}

// y_i = Σ_j e_ij          ē_ij = ȳ_i
struct RowSums {
  static constexpr const char* name = "row_sums";
  static constexpr bool may_be_flat = false;
  static Shape shape(Shape s) { return {s.rows, 1}; }

  template <class Bound>
  static void value(Tape&, const Plan& p, const Bound& bound, Matrix y) {
    over_rows(p, bound, [&](auto& e, Index, Index i, Index begin, Index end) {
      y.data[i] = row_sum(e, begin, end);
    });
  }
  static auto adjoint(const Plan&, Node y) {
    return
        [y](Index i) { return [adj = Lanes(y.adj.data[i])](Index, auto, Lanes) { return adj; }; };
  }
};

// y = c Σ_ij e_ij          ē_ij = c ȳ          with c = 1, or 1 / (number of entries)
template <bool averaged>
struct Total {
  static constexpr const char* name = averaged ? "average" : "sum";
  static constexpr bool may_be_flat = true;
  static Shape shape(Shape) { return {1, 1}; }
  static Real factor(const Plan& p) { return averaged ? Real(1) / Real(p.shape.size()) : Real(1); }

  template <class Bound>
  static void value(Tape& tape, const Plan& p, const Bound& bound, Matrix y) {
    Real* partial = tape.scratch().allocate<Real>(p.blocks);
    std::fill(partial, partial + p.blocks, Real{0});
    over_rows(p, bound, [&](auto& e, Index block, Index, Index begin, Index end) {
      partial[block] += row_sum(e, begin, end);
    });
    Real sum = 0;
    for (Index b = 0; b < p.blocks; ++b) sum += partial[b];
    y.data[0] = factor(p) * sum;
  }
  static auto adjoint(const Plan& p, Node y) {
    return [adj = Lanes(factor(p) * y.adj.data[0])](Index) {
      return [adj](Index, auto, Lanes) { return adj; };
    };
  }
};
using Sum = Total<false>;
using Average = Total<true>;

// y_j = Σ_i e_ij          ē_ij = ȳ_j
struct ColumnSums {
  static constexpr const char* name = "column_sums";
  static constexpr bool may_be_flat = false;
  static Shape shape(Shape s) { return {1, s.cols}; }

  template <class Bound>
  static void value(Tape& tape, const Plan& p, const Bound& bound, Matrix y) {
    const Index n = p.shape.cols;
    Real* partial = tape.scratch().allocate<Real>(p.blocks * n);
    std::fill(partial, partial + p.blocks * n, Real{0});
    over_rows(p, bound, [&](auto& e, Index block, Index, Index begin, Index end) {
      over_lanes(begin, end, [&](Index j, auto live) {
        Real* to = partial + block * n + j;
        store(load(to, live) + eval(e, j, live).y, to, live);
      });
    });
    for (Index j = 0; j < n; ++j) {
      y.data[j] = 0;
      for (Index b = 0; b < p.blocks; ++b) y.data[j] += partial[b * n + j];
    }
  }
  static auto adjoint(const Plan&, Node y) {
    return [y](Index) {
      return [adj = y.adj.data](Index j, auto live, Lanes) { return load(adj + j, live); };
    };
  }
};

// .. and max_j e_j
template <class Cursors>
Real row_max(Cursors& e, Index begin, Index end) {
  constexpr Real lowest = -std::numeric_limits<Real>::infinity();
  Lanes m(lowest);
  over_lanes(begin, end,
             [&](Index j, auto live) { m = max(m, dead_as(lowest, eval(e, j, live).y, live)); });
  return horizontal_max(m);
}

// y_i = max_j e_ij          ē_ij = ȳ_i / n_i where e_ij = y_i, else 0; n_i entries share the
// maximum
struct Max {
  static constexpr const char* name = "max";
  static constexpr bool may_be_flat = false;
  static Shape shape(Shape s) { return {s.rows, 1}; }

  Real* ties = nullptr;  // (B, 1)

  template <class Bound>
  void value(Tape& tape, const Plan& p, const Bound& bound, Matrix y) {
    ties = tape.memory_for<Real>(p.shape.rows);
    over_rows(p, bound, [&](auto& e, Index, Index i, Index begin, Index end) {
      y.data[i] = row_max(e, begin, end);
      Lanes equal(Real{0});
      over_lanes(begin, end, [&](Index j, auto live) {
        const Mask at = eval(e, j, live).y == Lanes(y.data[i]);
        equal += dead_as(0, select(at, Lanes(1), Lanes(0)), live);
      });
      ties[i] = horizontal_sum(equal);
    });
  }
  auto adjoint(const Plan&, Node y) const {
    return [y, n = ties](Index i) {
      return [adj = Lanes(y.adj.data[i] / n[i]), m = Lanes(y.val.data[i])](Index, auto, Lanes e) {
        return select(e == m, adj, Lanes(0));
      };
    };
  }
};

// y_i = log Σ_j exp e_ij + c          ē_ij = ȳ_i exp((e_ij − m_i) − l_i)          with c = 0, or −log D
//                                     m_i = max_j e_ij,  l_i = log Σ_j exp(e_ij − m_i)
//
// The largest e_ij is taken out first, so nothing overflows, and what is left has all its digits,
// however large e is: m + l in one number would round l to the digits of m. A row of −∞ gives −∞ and
// no gradient.
template <bool averaged>
struct LogTotalExp {
  static constexpr const char* name = averaged ? "log_mean_exp" : "log_sum_exp";
  static constexpr bool may_be_flat = false;
  static Shape shape(Shape s) { return {s.rows, 1}; }
  static Real offset(const Plan& p) { return averaged ? -std::log(Real(p.shape.cols)) : Real(0); }

  Real* parts = nullptr;  // (B, 2): m, l

  template <class Bound>
  void value(Tape& tape, const Plan& p, const Bound& bound, Matrix y) {
    const Real c = offset(p);
    parts = tape.memory_for<Real>(2 * p.shape.rows);
    over_rows(p, bound, [&](auto& e, Index, Index i, Index begin, Index end) {
      const Real m = row_max(e, begin, end);
      Real* part = parts + 2 * i;
      if (!is_finite(m)) {
        y.data[i] = m;
        part[0] = m == -std::numeric_limits<Real>::infinity() ? Real{0} : m, part[1] = 0;
        return;
      }
      Lanes sum(Real{0});
      over_lanes(begin, end, [&](Index j, auto live) {
        sum += dead_as(0, exp(eval(e, j, live).y - Lanes(m)), live);
      });
      part[0] = m, part[1] = std::log(horizontal_sum(sum));
      y.data[i] = m + part[1] + c;
    });
  }
  auto adjoint(const Plan&, Node y) const {
    return [y, parts = parts](Index i) {
      return [adj = Lanes(y.adj.data[i]), m = Lanes(parts[2 * i]), l = Lanes(parts[2 * i + 1])](
                 Index, auto, Lanes e) { return adj * exp((e - m) - l); };
    };
  }
};
using LogSumExp = LogTotalExp<false>;
using LogMeanExp = LogTotalExp<true>;

// y_i = |e_i| = (Σ_j e_ij²)^½          ē_ij = ȳ_i e_ij / y_i, and 0 where y_i = 0, a subgradient
//
// Of e / max |e|, so that squares neither overflow nor vanish.
struct RowNorms {
  static constexpr const char* name = "row_norms";
  static constexpr bool may_be_flat = false;
  static Shape shape(Shape s) { return {s.rows, 1}; }

  template <class Bound>
  static void value(Tape&, const Plan& p, const Bound& bound, Matrix y) {
    over_rows(p, bound, [&](auto& e, Index, Index i, Index begin, Index end) {
      Lanes largest(Real{0});
      over_lanes(begin, end, [&](Index j, auto live) {
        largest = max(largest, dead_as(0, abs(eval(e, j, live).y), live));
      });
      const Real m = horizontal_max(largest);
      if (!is_finite(m) || m == 0) {
        y.data[i] = m;
        return;
      }
      Lanes sum(Real{0});
      over_lanes(begin, end, [&](Index j, auto live) {
        const Lanes part = eval(e, j, live).y / Lanes(m);
        sum += dead_as(0, part * part, live);
      });
      y.data[i] = m * std::sqrt(horizontal_sum(sum));
    });
  }
  static auto adjoint(const Plan&, Node y) {
    return [y](Index i) {
      const Real norm = y.val.data[i];
      return [adj = Lanes(y.adj.data[i]), norm = Lanes(norm == 0 ? Real{1} : norm)](
                 Index, auto, Lanes e) { return adj * (e / norm); };
    };
  }
};

}  // namespace vaegrad::inline VAEGRAD_ABI

#include <vaegrad/autodiff/kernels/precise_end.hpp>
