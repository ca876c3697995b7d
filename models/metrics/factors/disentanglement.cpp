#include <cmath>
#include <vaegrad/autodiff/kernels/parallel.hpp>
#include <vaegrad/autodiff/random.hpp>
#include <vaegrad/models/metrics/factors/disentanglement.hpp>
#include <vaegrad/models/metrics/logistic.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

void check_codes(ConstMatrix codes, const KnownFactors& f) {
  check(codes.rows > 0 && f.count() > 0 && f.indices.size() == std::size_t(codes.rows) * f.count(),
        "disentanglement: ", codes.rows, " codes, but the factors of ",
        f.count() ? f.indices.size() / f.count() : 0, " images");
  for (Real z : std::span(codes.data, std::size_t(codes.size())))
    check(std::isfinite(z), "disentanglement: a code is not finite");
}

// Which of `bins` of equal width each code's j-th number falls in
std::vector<std::uint32_t> binned(ConstMatrix codes, Index j, Index bins) {
  Real least = codes(0, j), most = least;
  for (Index i = 0; i < codes.rows; ++i)
    least = std::min(least, codes(i, j)), most = std::max(most, codes(i, j));
  std::vector<std::uint32_t> to(std::size_t(codes.rows));
  if (!(most > least)) return to;
  for (Index i = 0; i < codes.rows; ++i) {
    const double share = (double(codes(i, j)) - double(least)) / (double(most) - double(least));
    to[std::size_t(i)] = std::uint32_t(std::min<Index>(bins - 1, Index(share * double(bins))));
  }
  return to;
}

// Σ −p log p of counts, nats
double entropy(std::span<const double> counts, double n) {
  double h = 0;
  for (double c : counts) h -= c > 0 ? c / n * std::log(c / n) : 0;
  return h;
}

// The images that have each value of each factor.
using Groups = std::vector<std::vector<std::vector<std::uint32_t>>>;  // [factor][value]
Groups groups(const KnownFactors& f) {
  Groups to(f.count());
  for (std::size_t k = 0; k < f.count(); ++k) {
    to[k].resize(f.sizes[k]);
    for (std::size_t i = 0; i < f.indices.size() / f.count(); ++i)
      to[k].at(f.of(i, k)).push_back(std::uint32_t(i));
    // A value with one image alone says nothing of what varies.
    std::erase_if(to[k], [](const auto& images) { return images.size() < 2; });
    check(!to[k].empty(), "disentanglement: no two images share a value of factor ", k, hint,
          "give more images");
  }
  return to;
}

// vote(factor, draw) for each of settings.train + settings.test votes; factors take turns at
// random.
template <class F>
std::vector<Label> each_vote(std::size_t factors, const VoteSettings& s, F vote) {
  std::vector<Label> of(s.train + s.test);
  parallel_for(Index(of.size()), true, [&](Index i) {
    Stream draw(s.seed, Purpose::other, std::uint32_t(i));
    of[std::size_t(i)] = Label(draw.below(factors));
    vote(std::size_t(i), of[std::size_t(i)], draw);
  });
  return of;
}

}  // namespace

MutualInformationGap mutual_information_gap(ConstMatrix codes, const KnownFactors& f, Index bins) {
  check_codes(codes, f);
  if (bins <= 0)
    bins = Index(std::max<std::size_t>(20, *std::max_element(f.sizes.begin(), f.sizes.end())));
  const double n = double(codes.rows);
  MutualInformationGap gap{0, {}, OwnedMatrix(codes.cols, Index(f.count()))};
  std::vector<std::vector<std::uint32_t>> bin;
  for (Index j = 0; j < codes.cols; ++j) bin.push_back(binned(codes, j, bins));
  for (std::size_t k = 0; k < f.count(); ++k) {
    std::vector<double> of_factor(f.sizes[k]);
    for (std::size_t i = 0; i < std::size_t(codes.rows); ++i) ++of_factor.at(f.of(i, k));
    const double h = entropy(of_factor, n);
    double first = 0, second = 0;
    for (Index j = 0; j < codes.cols && h > 0; ++j) {
      // I(z; v) = H(z) + H(v) − H(z, v)
      std::vector<double> of_code(static_cast<std::size_t>(bins)),
          joint(std::size_t(bins) * f.sizes[k]);
      for (std::size_t i = 0; i < std::size_t(codes.rows); ++i) {
        const std::size_t b = bin[std::size_t(j)][i];
        ++of_code[b], ++joint[b * f.sizes[k] + f.of(i, k)];
      }
      const double information = std::max(0.0, (entropy(of_code, n) + h - entropy(joint, n)) / h);
      gap.information.view()(j, Index(k)) = Real(information);
      if (information > first)
        second = first, first = information;
      else
        second = std::max(second, information);
    }
    gap.of_factor.push_back(first - second);
    gap.score += (first - second) / double(f.count());
  }
  return gap;
}

double factor_vae_score(ConstMatrix codes, const KnownFactors& f, const VoteSettings& s) {
  check_codes(codes, f);
  const auto variances = [&](auto row, std::size_t n) {
    std::vector<double> sum(std::size_t(codes.cols)), squares = sum;
    const Real* origin = codes.row(0);  // distances from it keep their digits
    for (std::size_t i = 0; i < n; ++i)
      for (Index j = 0; j < codes.cols; ++j) {
        const double z = double(codes(Index(row(i)), j)) - double(origin[j]);
        sum[std::size_t(j)] += z, squares[std::size_t(j)] += z * z;
      }
    for (std::size_t j = 0; j < sum.size(); ++j) {
      const double mean = sum[j] / double(n);
      squares[j] = std::max(0.0, squares[j] / double(n) - mean * mean);
    }
    return squares;
  };
  const auto all = variances([](std::size_t i) { return i; }, std::size_t(codes.rows));
  std::vector<std::size_t> active;
  for (std::size_t j = 0; j < all.size(); ++j)
    if (all[j] > 0.01) active.push_back(j);
  if (active.empty()) return 1 / double(f.count());  // nothing to vote with: a guess

  const Groups of_value = groups(f);
  std::vector<std::size_t> least(s.train + s.test);
  const auto factor = each_vote(f.count(), s, [&](std::size_t i, std::size_t k, Stream& draw) {
    const auto& images = of_value[k][draw.below(of_value[k].size())];
    std::vector<std::uint32_t> rows(s.group);
    for (auto& row : rows) row = images[draw.below(images.size())];
    const auto v = variances([&](std::size_t r) { return rows[r]; }, rows.size());
    least[i] = *std::min_element(active.begin(), active.end(), [&](std::size_t a, std::size_t b) {
      return v[a] / all[a] < v[b] / all[b];
    });
  });
  std::vector<std::vector<std::size_t>> votes(all.size(), std::vector<std::size_t>(f.count()));
  for (std::size_t i = 0; i < s.train; ++i) ++votes[least[i]][factor[i]];
  std::size_t right = 0;
  for (std::size_t i = s.train; i < factor.size(); ++i) {
    const auto& of_latent = votes[least[i]];
    right += std::size_t(std::max_element(of_latent.begin(), of_latent.end()) -
                         of_latent.begin()) == factor[i];
  }
  return double(right) / double(s.test);
}

double beta_vae_score(ConstMatrix codes, const KnownFactors& f, const VoteSettings& s) {
  check_codes(codes, f);
  const Groups of_value = groups(f);
  OwnedMatrix apart(Index(s.train + s.test), codes.cols);
  const auto factor = each_vote(f.count(), s, [&](std::size_t i, std::size_t k, Stream& draw) {
    Real* to = apart.view().row(Index(i));
    for (std::size_t pair = 0; pair < s.group; ++pair) {
      const auto& images = of_value[k][draw.below(of_value[k].size())];
      const Real* a = codes.row(Index(images[draw.below(images.size())]));
      const Real* b = codes.row(Index(images[draw.below(images.size())]));
      for (Index j = 0; j < codes.cols; ++j) to[j] += std::abs(a[j] - b[j]) / Real(s.group);
    }
  });
  // One unit for all latents, so that the regulariser means the same for codes of any size.
  double squares = 0;
  for (Real v : apart.numbers) squares += double(v) * double(v);
  const double unit = std::sqrt(squares / double(apart.rows));
  for (Real& v : apart.numbers) v = Real(unit > 0 ? double(v) / unit : 0);
  const std::span labels(factor);
  const Index train = Index(s.train), test = Index(s.test);
  const ConstMatrix all = apart.view();
  const auto fit =
      fit_logistic({all.data, train, all.cols}, labels.first(s.train), Index(f.count()), 1e-6);
  return accuracy(fit.predict({all.row(train), test, all.cols}), labels.subspan(s.train));
}

}  // namespace vaegrad::inline VAEGRAD_ABI
