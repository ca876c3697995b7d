#include "replay.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <regex>
#include <vaegrad/autodiff/autodiff.hpp>

namespace vaegrad {
namespace {

using Json = nlohmann::json;
using Index32 = std::uint32_t;
using NamedVars = std::vector<std::pair<const char*, Var>>;

std::string text_of(const Entry& e) {
  std::string text;
  e.kind->describe(e, text);
  return text;
}
std::vector<Index32> inputs_of(const Entry& e) {
  std::vector<Index32> inputs;
  e.kind->inputs(e, inputs);
  return inputs;
}
bool is_constant(const Entry& e) { return text_of(e) == "constant"; }
bool equal(const Entry& a, ConstMatrix b) {
  return a.shape() == b.shape() && std::equal(b.begin(), b.end(), a.val);
}

// What was recorded, and the numbers that it was recorded from.
struct Recording {
  Tape tape;
  NamedVars inputs, outputs;
};
using Record = std::function<void(Recording&, Stream&, bool other)>;  // other: of other inputs

// The constants that are draws of the stream, in its order. A copy of it says what they must be.
std::vector<Index32> noise_of(const Recording& r, Stream stream) {
  std::vector<Index32> noise;
  for (Index32 i = 0; i < r.tape.size(); ++i) {
    const Entry& e = r.tape.entry(i);
    if (!is_constant(e)) continue;
    Stream ahead = stream;
    std::vector<Real> drawn(std::size_t(e.rows * e.cols));
    ahead.normal({drawn.data(), e.rows, e.cols});
    if (!equal(e, ConstMatrix{drawn.data(), e.rows, e.cols})) continue;
    noise.push_back(i);
    stream = ahead;
  }
  return noise;
}

// The first op of an entry's text that a page lacks, or nothing: what stands before a parenthesis.
std::string not_replayed(const std::string& text) {
  static const std::regex call(R"(([a-z_][a-z_0-9]*)\()");
  const auto ops = replayed_ops();
  for (std::sregex_iterator i(text.begin(), text.end(), call), end; i != end; ++i)
    if (std::find(ops.begin(), ops.end(), (*i)[1].str()) == ops.end()) return (*i)[1];
  return {};
}

// Where a draw stands: its ε, and this one's bits, z, and the mean and log σ² that z was made of, where it has such.
Json places_of(const Recording& r, const std::vector<Index32>& noise,
               const std::vector<bool>& used) {
  Json all = Json::array();
  for (const Index32 e : noise) {
    if (!used[e]) continue;
    Json place{{"entry", e}, {"columns", r.tape.entry(e).cols}, {"z", e}};
    for (Real x : r.tape.node(e).val)
      place["bits"].push_back(std::bit_cast<std::uint32_t>(float(x)));
    for (Index32 i = e + 1; i < r.tape.size(); ++i) {
      const std::vector<Index32> in = inputs_of(r.tape.entry(i));
      if (std::find(in.begin(), in.end(), e) == in.end()) continue;
      place["z"] = i;
      if (in.size() == 3 && in[2] == e) place["mean"] = in[0], place["log_variance"] = in[1];
      break;
    }
    all.push_back(place);
  }
  return all;
}

Json program(const Record& record, const Stream& noise) {
  Recording r, other;  // the second of other numbers: what differs and is no input was computed
  Stream drawn = noise, redrawn = noise;
  record(r, drawn, false);
  record(other, redrawn, true);
  const std::vector<Index32> epsilon = noise_of(r, noise);

  std::vector<bool> used(r.tape.size());
  Json outputs = Json::object(), inputs = Json::object();
  for (const auto& [name, v] : r.outputs)
    if (v) used[r.tape.index(v, "page")] = true, outputs[name] = r.tape.index(v, "page");
  for (std::size_t i = r.tape.size(); i-- > 0;)
    if (used[i])
      for (const Index32 in : inputs_of(r.tape.entry(Index32(i)))) used[in] = true;
  for (const auto& [name, v] : r.inputs)
    if (v && used[r.tape.index(v, "page")]) inputs[name] = r.tape.index(v, "page");

  const auto is_input = [&](Index32 i) {
    return std::find(epsilon.begin(), epsilon.end(), i) != epsilon.end() ||
           std::any_of(r.inputs.begin(), r.inputs.end(), [&](const auto& named) {
             return named.second && r.tape.index(named.second, "page") == i;
           });
  };
  Json entries = Json::array();
  for (Index32 i = 0; i < r.tape.size(); ++i) {
    const Entry& e = r.tape.entry(i);
    if (!used[i]) {
      entries.push_back(0);
      continue;
    }
    const std::string text = text_of(e);
    Json entry{e.rows, e.cols, text};
    if (is_constant(e) && !is_input(i)) {
      const ConstMatrix v{e.val, e.rows, e.cols};
      check(i < other.tape.size() && equal(other.tape.entry(i), v),
            "the model computes numbers beside its tape, which a page cannot replay", hint,
            "--likelihood bernoulli or gaussian has none");
      for (Real x : v) entry.push_back(double(x));
    }
    const std::string unknown = not_replayed(text);
    check(unknown.empty(), "the model has the op ", unknown, ", which a page does not replay", hint,
          "the posterior gaussian and the priors standard-normal and conditional have none");
    entries.push_back(std::move(entry));
  }
  return {{"entries", std::move(entries)},
          {"inputs", std::move(inputs)},
          {"noise", places_of(r, epsilon, used)},
          {"outputs", std::move(outputs)}};
}

// A row of numbers that no model makes by itself.
Var some_row(Tape& tape, Index columns, bool other) {
  const Var v = tape.constant(Shape{1, columns});
  for (Index j = 0; j < columns; ++j)
    v.val().data[j] = Real(std::sin(double(j) + (other ? 2.5 : 1.0)) / 2);
  return v;
}
Var some_condition(Tape& tape, const Model& model, bool other) {
  if (!model.classes()) return {};
  const Var y = tape.constant(Shape{1, model.classes()});
  std::fill(y.val().begin(), y.val().end(), Real{0});
  y.val().data[other && model.classes() > 1 ? 1 : 0] = 1;
  return y;
}

}  // namespace

std::span<const std::string_view> replayed_ops() {
  // clang-format off
  static constexpr std::string_view ops[] = {
      // of matrices
      "affine", "matmul", "transpose", "reshape", "rows", "columns", "concatenate_rows", "concatenate_columns",
      "stop_gradient", "scale_adjoint", "convolve", "convolve_transposed", "upsample", "tile", "normalise_groups", "weighted_squares",
      // of expressions
      "row_sums", "column_sums", "sum", "average", "log_sum_exp", "log_mean_exp", "repeat_rows",
      // elementwise; max is both
      "exp", "log", "log1p", "expm1", "sqrt", "square", "abs", "sin", "cos", "tanh", "sigmoid", "log_sigmoid", "softplus",
      "relu", "elu", "silu", "gelu", "erf", "lgamma", "lgamma_remainder", "log1mexp", "log_sinhc", "langevin", "negative", "pow", "min", "max", "leaky_relu"};
  // clang-format on
  return ops;
}

nlohmann::json replays(const Model& model, const Examples& examples, const Settings& settings) {
  const std::uint32_t draw = fixed_draw(examples.split);
  const auto infer = [&](Recording& r, Stream& noise, bool other) {
    const std::size_t i = other ? examples.count() - 1 : 0;
    const auto row = std::span(examples.rows).subspan(i, 1);
    const Batch batch = make_batch(r.tape, model, examples, row, settings, draw);
    constexpr Wanted wanted{.kl = true, .log_ratio = true};
    Draw d = model.draw(batch, noise, 1, wanted);
    const ChosenLikelihood p = model.decode(d.z, batch.condition);
    const Var log_px = p.log_prob(batch.x);
    model.weigh(d, wanted);
    r.inputs = {{"x", batch.x}, {"y", batch.condition}};
    r.outputs = {{"z", d.z},
                 {"mean", shown(model, p)},
                 {"log_likelihood", log_px},
                 {"kl", d.kl},
                 {"log_ratio", d.log_ratio}};
  };
  const auto row = std::span(examples.rows).subspan(0, 1);
  Json all{{"infer", program(infer, Stream(settings.seed, Purpose::evaluate, draw, row))},
           {"decode", Json::array()}};

  const Stream none(settings.seed, Purpose::other);
  const std::size_t layers = model.hierarchical() ? model.inference->layers().size() : 1;
  for (std::size_t layer = 0; layer < layers; ++layer)
    all["decode"].push_back(program(
        [&](Recording& r, Stream&, bool other) {
          const Var z = some_row(r.tape, model.latent, other);
          const Var y = some_condition(r.tape, model, other);
          const Var whole = layers > 1 ? model.inference->descend(z, layer) : z;
          r.inputs = {{"z", z}, {"y", y}};
          r.outputs = {{"mean", shown(model, model.decode(whole, y))}, {"z", whole}};
        },
        none));
  try {
    all["generate"] = program(
        [&](Recording& r, Stream& noise, bool other) {
          const Var y = some_condition(r.tape, model, other);
          const Var z = model.sample_prior(r.tape, y, 1, noise);
          r.inputs = {{"y", y}};
          r.outputs = {{"z", z}, {"mean", shown(model, model.decode(z, y))}};
        },
        Stream(settings.seed, Purpose::prior, 1));
  } catch (const Error& e) {
    all["generate"] = nullptr;
    const std::string why = e.what();
    all["no_generate"] = why.substr(0, why.find('\n'));
  }
  return all;
}

}  // namespace vaegrad
