#include <charconv>
#include <cmath>

#include <vaegrad/models/likelihoods/head.hpp>
#include <vaegrad/models/likelihoods/parts.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

Var Outputs::block(Index k) const {
  return all.shape().cols == dimensions ? all : columns(all, k * dimensions, dimensions);
}
Var ChosenLikelihood::log_prob(Data x) const {
  const Var of_x = row->log_prob(outputs, x);
  return log_jacobian == 0 ? of_x : Var(of_x + log_jacobian);
}

LikelihoodScale likelihood_scale(std::string_view text) {
  using Kind = LikelihoodScale::Kind;
  if (text == "learned") return {Kind::learned, 1};
  if (text == "per-dimension") return {Kind::per_dimension, 1};
  double s = 0;
  constexpr std::string_view fixed = "fixed:";
  const char* end = text.data() + text.size();
  if (text.starts_with(fixed))
    if (const auto [to, error] = std::from_chars(text.data() + fixed.size(), end, s);
        error == std::errc() && to == end && s > 0 && std::isfinite(s))
      return {Kind::fixed, s};
  fail<UsageError>("likelihood scale: '", text, "' is none", hint,
                   "one of learned, per-dimension, fixed:S with a number S > 0");
}

namespace {

std::string names_with_scale() {
  std::string names;
  for (const Likelihood& l : likelihoods())
    if (l.has_scale) names += concat(names.empty() ? "" : ", ", l.name);
  return names;
}

}  // namespace

LikelihoodHead::LikelihoodHead(Parameters& p, const std::string& name, const Likelihood& l,
                               Index dimensions, std::optional<LikelihoodScale> wanted)
    : row(&l), dimensions(dimensions), scale(wanted.value_or(LikelihoodScale{})) {
  check<UsageError>(l.has_scale || !wanted, "likelihood scale: ", l.name, " has no scale", hint,
                    "a scale belongs to ", names_with_scale());
  check<UsageError>(scale.fixed > 0, "likelihood scale: must be positive: ", scale.fixed);
  if (l.has_scale && scale.kind == LikelihoodScale::Kind::learned)
    log_scale = p.add(name + ".log_scale", {1, 1});
}

Index LikelihoodHead::outputs() const {
  const bool each = row->has_scale && scale.kind == LikelihoodScale::Kind::per_dimension;
  return (row->outputs + each) * dimensions;
}

ChosenLikelihood LikelihoodHead::operator()(Var output) const {
  check(output.shape().cols == outputs(), row->name, ": the network gave ", output.shape().cols,
        " numbers for each example, but ", outputs(), " are needed for ", dimensions, " dimensions",
        hint, "LikelihoodHead::outputs() says how many");
  Outputs o{output, dimensions, {}, image, weight};
  if (row->has_scale) switch (scale.kind) {
      case LikelihoodScale::Kind::learned:
        o.log_scale = bounded(output.tape()(log_scale));
        break;
      case LikelihoodScale::Kind::fixed:
        o.log_scale = output.tape().constant(Real(std::log(scale.fixed)));
        break;
      case LikelihoodScale::Kind::per_dimension:
        o.log_scale = bounded(o.block(row->outputs));
        break;
    }
  return {row, o};
}

void LikelihoodHead::start_at(ConstMatrix data_mean, Matrix bias) const {
  check(data_mean.shape() == Shape{1, dimensions} && bias.shape() == Shape{1, outputs()}, row->name,
        ": start_at: the mean of the data is ", data_mean.shape(), ", the bias ", bias.shape(),
        ", but there are ", dimensions, " dimensions and ", outputs(), " outputs");
  std::fill(bias.begin(), bias.end(), Real{0});
  if (!row->start) return;
  for (Index j = 0; j < dimensions; ++j) bias.data[j] = Real(row->start(double(data_mean.data[j])));
}

}  // namespace vaegrad::inline VAEGRAD_ABI
