#include <algorithm>
#include <cmath>

#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/lab/run/model.hpp>
#include <vaegrad/lab/uses/onnx/export.hpp>
#include <vaegrad/lab/uses/onnx/tape_writer.hpp>
#include <vaegrad/models/inference/posterior.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

using Name = OnnxGraph::Name;

constexpr Index examples = 11;  // on the tape: a number that is no other size there (TapeWriter)

// A batch on a tape, and the same as inputs of a graph.
struct Recording {
  const LoadedRun& run;
  const Model& model;
  OnnxGraph g;
  Tape tape;
  std::map<std::string, std::string> about;

  Recording(const LoadedRun& of, const char* name) : run(of), model(*of.model), g(name) {
    check<UsageError>(model.given_pixels.empty() && model.inference,
                      "the model completes images: it needs more than a code", hint,
                      "--condition label");
    about = about_model(model);
    for (const Setting& s : all_settings())
      if (const std::string value = s.get(run.settings); !value.empty())
        about[concat("setting.", s.name)] = value;
    about["x"] = model.standard      ? "columns in their own units"
                 : model.unit() == 1 ? "bytes / 255"
                                     : "pixels from 0 to 1, binarized where setting.binarize says";
    about["likelihood"] = model.decoder.head.row->name;
  }

  // ---- while the tape is recorded ----

  Var condition() {
    if (!model.classes()) return {};
    y_ = tape.constant(Shape{examples, model.classes()});
    std::fill(y_.val().begin(), y_.val().end(), Real{0});
    for (Index i = 0; i < examples; ++i) y_.val()(i, i % model.classes()) = 1;
    return y_;
  }
  // x as the network takes it: numbers of the kind that the likelihood is for
  Batch batch() {
    x_ = tape.constant(Shape{examples, model.dimensions()});
    Stream draw(1, Purpose::test);
    const Values kind = model.decoder.head.row->values;
    if (kind == Values::real)
      draw.normal(x_.val());
    else
      draw.uniform(x_.val());
    for (Real& x : x_.val()) {
      if (kind == Values::binary) x = Real(x < Real(0.5));
      if (kind == Values::grey) x = std::floor(x * 256);
    }
    return {x_, condition()};
  }
  Var code() {
    const Var z = tape.constant(Shape{examples, model.latent});
    Stream(1, Purpose::test, 1).normal(z.val());
    return z;
  }
  void mean(const ChosenLikelihood& p) {
    mean_ = p.mean(), location_ = p.outputs.block(0), log_scale_ = p.outputs.log_scale;
  }

  // ---- while the graph is written ----

  void data_in(TapeWriter& writer) {
    Name x = input("x", x_.val());
    OwnedMatrix& seen = to.inputs.back().numbers;
    if (model.standard) {
      for (Index i = 0; i < seen.rows; ++i)
        for (Index j = 0; j < seen.cols; ++j)
          seen.view()(i, j) = Real(mean_at(j) + deviation_at(j) * double(seen.view()(i, j)));
      x = g.div(g.sub(x, row(model.standard->mean)), row(model.standard->deviation));
    }
    if (model.unit() == 1) {
      for (Real& v : seen.view()) v /= 255;
      x = g.node("Round", {g.mul(x, 255)});
    }
    writer.is(x_, x);
    condition_in(writer);
  }
  void condition_in(TapeWriter& writer) {
    if (!y_) return;
    writer.is(y_, input("y", y_.val()));
    about["y"] = "a 1 in the column of the class, else 0";
  }
  Name input(const Name& name, ConstMatrix values) {
    g.input(name, values.cols);
    to.inputs.push_back({name, owned(values)});
    return name;
  }
  void output(const Name& name, const Name& value, ConstMatrix numbers,
              const std::string& batch = "batch") {
    g.output(name, value, numbers.cols, batch);
    to.outputs.push_back({name, owned(numbers)});
  }
  void output(TapeWriter& writer, const Name& name, Var v, const std::string& batch = "batch") {
    output(name, writer(v), v.val(), batch);
  }
  // E[x|z] in the units of the data
  void mean_out(TapeWriter& writer, const std::string& batch = "batch") {
    const bool beside_the_tape =
        model.decoder.head.row->name == std::string_view("discretised-logistic");
    Name x = beside_the_tape ? discretised_mean(writer) : writer(mean_);
    OwnedMatrix numbers = owned(mean_.val());
    if (model.unit() == 1) {
      x = g.mul(x, 1 / 255.);
      for (Real& v : numbers.view()) v /= 255;
    }
    if (model.standard) {
      x = g.add(g.mul(x, row(model.standard->deviation)), row(model.standard->mean));
      for (Index i = 0; i < numbers.rows; ++i)
        for (Index j = 0; j < numbers.cols; ++j)
          numbers.view()(i, j) = Real(mean_at(j) + deviation_at(j) * double(numbers.view()(i, j)));
    }
    output("x_mean", x, numbers, batch);
    about["x_mean"] = "E[x|z], in the units of x";
  }
  // An input that the writer has made
  void noise(const Name& name, ConstMatrix values) { to.inputs.push_back({name, owned(values)}); }
  OnnxFile file() {
    to.bytes = g.file(about);
    return std::move(to);
  }

 private:
  static OwnedMatrix owned(ConstMatrix m) {
    OwnedMatrix copy(m.rows, m.cols);
    std::copy(m.begin(), m.end(), copy.view().begin());
    return copy;
  }
  double mean_at(Index j) const { return model.standard->mean[std::size_t(j)]; }
  double deviation_at(Index j) const { return model.standard->deviation[std::size_t(j)]; }
  Name row(const std::vector<double>& values) {
    const std::vector<float> as_float(values.begin(), values.end());
    return g.numbers(as_float, {1, std::int64_t(values.size())});
  }
  // Σ_{k ≥ 1} P(x ≥ k), which the tape knows as numbers alone (DiscretisedLogistic::mean)
  Name discretised_mean(TapeWriter& writer) {
    std::vector<float> edge;
    for (int k = 1; k < 256; ++k) edge.push_back(float((k - 128) / 127.5));
    const Name at = g.reshape(writer(location_), {-1, model.dimensions(), 1});
    const Name scale =
        g.reshape(g.node("Exp", {writer(log_scale_)}), {-1, log_scale_.shape().cols, 1});
    const Name above = g.node("Sigmoid", {g.div(g.sub(at, g.numbers(edge, {1, 1, 255})), scale)});
    return g.node("ReduceSum", {above, g.integers({2})}, {{"keepdims", std::int64_t{0}}});
  }

  OnnxFile to;
  Var x_, y_, mean_, location_, log_scale_;
};

}  // namespace

OnnxFile onnx_encoder(const LoadedRun& run) {
  Recording r(run, "encoder");
  const Batch batch = r.batch();
  Stream noise(1, Purpose::other);
  const Draw d = r.model.draw(batch, noise);
  const Var code = r.model.code(batch).mean;
  TapeWriter write(r.tape, r.g, examples);
  r.data_in(write);
  r.output(write, "code", code);
  r.about["code"] = "the code of x without noise";
  if (r.model.hierarchical() || r.model.deterministic) return r.file();
  r.about["posterior"] = r.model.posterior->name;
  if (d.q.mean) r.output(write, "mean", d.q.mean);
  if (d.q.log_variance) r.output(write, "log_variance", d.q.log_variance);
  if (d.q.more) r.output(write, "more", d.q.more);
  return r.file();
}

OnnxFile onnx_decoder(const LoadedRun& run) {
  Recording r(run, "decoder");
  const Var z = r.code();
  const ChosenLikelihood p = r.model.decode(z, r.condition());
  r.mean(p);
  TapeWriter write(r.tape, r.g, examples);
  write.is(z, r.input("z", z.val()));
  r.condition_in(write);
  r.mean_out(write);
  r.output(write, "parameters", p.outputs.all);
  r.about["parameters"] =
      "of the likelihood: block after block of a number for each of x; categorical: 256 for each";
  if (const Var s = p.outputs.log_scale) {
    r.output(write, "log_scale", s, s.shape().rows == 1 ? "" : "batch");
    r.about["log_scale"] = "of the likelihood, bounded as the model has it";
  }
  return r.file();
}

OnnxFile onnx_bound(const LoadedRun& run, Index particles) {
  Recording r(run, "bound");
  check<UsageError>(!r.model.deterministic, "an autoencoder has no bound of log p(x)", hint,
                    "--graphs encoder,decoder");
  check_is_likelihood(*r.model.decoder.head.row, "--graphs bound");
  const Batch batch = r.batch();
  Stream noise(1, Purpose::other, 0, std::uint32_t(0));
  const Wanted wanted{.log_ratio = true};
  Draw d = r.model.draw(batch, noise, particles, wanted);
  const ChosenLikelihood p = r.model.decode(d.z, batch.condition);
  const Var log_px = p.log_prob(repeat_rows(batch.x, particles));
  r.mean(p);
  r.model.weigh(d, wanted);
  const Var log_w = log_weights(log_px, d), bound = log_mean_exp(log_w);
  TapeWriter write(r.tape, r.g, examples);
  r.data_in(write);
  write.noise_is_an_input();
  const std::string rows = particles == 1 ? "batch" : concat("batch_times_", particles);
  r.output(write, "bound", bound);
  r.output(write, "log_weights", log_w);
  r.output(write, "z", d.z, rows);
  r.mean_out(write, rows);
  r.about["particles"] = std::to_string(particles);
  r.about["log_weights"] = "log p(x|z) + log p(z) - log q(z|x) of each draw, nats";
  r.about["bound"] = "log of the mean weight, nats: the importance weighted bound of log p(x)";
  for (const auto& [name, values] : write.noise()) {
    r.noise(name, values);
    r.about[name] = "N(0, 1), the rows of an example's draws one below the other";
  }
  return r.file();
}

}  // namespace vaegrad::inline VAEGRAD_ABI
