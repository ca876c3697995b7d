// Writes what can be written as ONNX, with inputs and the numbers that this program computes of them,
// for check.py: every op of the catalogue, and models over every row of the tables. What has no form in
// ONNX must be one of those that are named here.
//
// usage: onnx_cases FOLDER
#define VAEGRAD_CATALOGUE
#include <fmt/format.h>

#include <filesystem>
#include <set>
#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/autodiff/by_name.hpp>
#include <vaegrad/autodiff/convolution.hpp>
#include <vaegrad/autodiff/gradient_check.hpp>
#include <vaegrad/autodiff/normalise.hpp>
#include <vaegrad/lab/data/formats/npy.hpp>
#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/run/model.hpp>
#include <vaegrad/lab/uses/onnx/export.hpp>
#include <vaegrad/lab/uses/onnx/tape_writer.hpp>
#include <vaegrad/models/inference/posteriors/lower_product.hpp>
#include <vaegrad/models/inference/posteriors/masked.hpp>
#include <vaegrad/models/inference/posteriors/planar_step.hpp>
#include <vaegrad/models/inference/posteriors/radial_step.hpp>
#include <vaegrad/models/inference/posteriors/reflect.hpp>
#include <vaegrad/models/inference/posteriors/sphere_ops.hpp>
#include <vaegrad/models/inference/scale_adjoint.hpp>
#include <vaegrad/models/objectives/stratified_tc.hpp>

using namespace vaegrad;
namespace fs = std::filesystem;

namespace {

int fails = 0;
fs::path folder;

void write(const std::string& name, const OnnxFile& file) {
  write_atomically(folder / (name + ".onnx"), std::string_view(file.bytes));
  for (const auto& [way, tensors] :
       {std::pair(".in.", &file.inputs), std::pair(".out.", &file.outputs)})
    for (const auto& t : *tensors) {
      const std::size_t dims[]{std::size_t(t.numbers.rows), std::size_t(t.numbers.cols)};
      write_npy<float>(folder / (name + way + t.name + ".npy"), dims, t.numbers.numbers);
    }
}

// `make` writes it, or is refused by this name.
template <class Make>
void expect(const std::string& name, const std::set<std::string>& refused, Make make) {
  std::string by;
  try {
    write(name, make());
  } catch (const Error& e) {
    const std::string text = e.what();
    by = text.substr(0, text.find(" has no form in ONNX"));
    by = by.substr(std::min(by.size(), std::string("onnx: ").size()));
    if (refused.contains(by)) return;
    fmt::print(stderr, "onnx: {}: {}\n", name, text);
    ++fails;
    return;
  }
  if (refused.empty()) return;
  fmt::print(stderr, "onnx: {}: it is written, but should be refused\n", name);
  ++fails;
}

// ---- ops ----

OwnedMatrix owned(ConstMatrix m) {
  OwnedMatrix to(m.rows, m.cols);
  std::copy(m.begin(), m.end(), to.view().begin());
  return to;
}

void write_op(const Catalogued& entry) {
  // What is of the sphere's posterior and of an objective alone
  static const std::set<std::string_view> without = {"PolarDraw", "OnSphere", "SphereTerm",
                                                     "StratifiedTc", "Masked"};
  std::set<std::string> refused;
  if (without.contains(entry.op))
    refused = {"polar_draw", "on_sphere", "sphere_term", "stratified_tc", "masked"};
  expect(fmt::format("op-{}", entry.name), refused, [&] {
    Tape tape;
    std::vector<Var> in;
    for (std::size_t k = 0; k < entry.inputs.size(); ++k) {
      const auto& [shape, low, high] = entry.inputs[k];
      in.push_back(tape.constant(shape));
      Stream(1, Purpose::test, std::uint32_t(k)).uniform(in.back().val());
      for (Real& x : in.back().val()) x = Real(low) + Real(high - low) * x;
    }
    const Var y = entry.apply(in.data());
    OnnxGraph g("op");
    TapeWriter writer(tape, g, 0);
    OnnxFile file;
    for (std::size_t k = 0; k < in.size(); ++k) {
      const std::string name = fmt::format("x{}", k);
      g.input(name, in[k].shape().cols, "rows_of_" + name);
      writer.is(in[k], name);
      file.inputs.push_back({name, owned(in[k].val())});
    }
    g.output("y", writer(y), y.shape().cols, "rows");
    file.outputs.push_back({"y", owned(y.val())});
    file.bytes = g.file({});
    return file;
  });
}

// ---- models ----

struct Case {
  std::string name;
  std::vector<std::pair<std::string, std::string>> settings;
  std::set<std::string> bound_refused = {};
  ImageShape image = {8, 8, 1};
};

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const Network& n : networks())
    all.push_back({"network-" + std::string(n.name), {{"network", n.name}}, {}, {16, 16, 1}});
  for (const char* spec : {"conv:6x3s2+batch,8x4+group,20+layer", "mlp:40,30+maxout",
                           "mlp:40,20+gated", "conv:8x4s2,8x3+residual,12"})
    all.push_back({fmt::format("layers-{}", all.size()), {{"network", spec}}, {}, {9, 11, 3}});
  for (const Activation& a : activations())
    all.push_back({"activation-" + std::string(a.name), {{"activation", a.name}}});
  for (const Likelihood& p : likelihoods()) {
    const std::string name = p.name;
    const std::set<std::string> refused =
        name == "categorical" ? std::set<std::string>{"pick_columns"} : std::set<std::string>{};
    const ImageShape image = p.on_images ? ImageShape{12, 11, 1} : ImageShape{4, 5, 1};
    all.push_back({"likelihood-" + name, {{"likelihood", name}}, refused, image});
    if (p.has_scale)
      for (const char* scale : {"fixed:0.3", "per-dimension"})
        all.push_back({fmt::format("likelihood-{}-{}", name, all.size()),
                       {{"likelihood", name}, {"likelihood-scale", scale}},
                       refused,
                       {4, 5, 1}});
  }
  for (const PosteriorRow* q : posteriors()) {
    Case c{"posterior-" + std::string(q->name), {{"posterior", q->name}}};
    if (q->sphere)
      c.settings.push_back({"prior", "uniform-sphere"}),
          c.bound_refused = {"polar_draw", "on_sphere", "sphere_term"};
    all.push_back(c);
  }
  for (const PosteriorScale& s : posterior_scales())
    all.push_back({"scale-" + std::string(s.name), {{"posterior-scale", s.name}}});
  for (const PriorRow* p : priors()) {
    if (p->sphere) continue;  // with its posterior, above
    Case c{"prior-" + std::string(p->name), {{"prior", p->name}}};
    if (p->conditional) c.settings.push_back({"model", "cvae"});
    all.push_back(c);
  }
  for (const HierarchyRow* h : hierarchies())
    all.push_back(
        {"hierarchy-" + std::string(h->name), {{"hierarchy", h->name}, {"latent", "6,4,2"}}});
  all.push_back({"cvae", {{"model", "cvae"}}});
  all.push_back({"autoencoder", {{"model", "autoencoder"}}});
  all.push_back({"standardised", {{"likelihood", "gaussian"}}, {}, {1, 7, 1}});
  return all;
}

void write_model(const Case& c) {
  LoadedRun run{"", {}, nullptr};
  Settings& s = run.settings;
  const auto give = [&](const std::string& name, const std::string& value) {
    setting(name).set(s, value);
  };
  give("latent", "5"), give("seed", "3");
  bool dense = true;
  for (const auto& [name, value] : c.settings)
    give(name, value), dense = dense && name != "network";
  if (dense) give("hidden", "24");
  run.model = std::make_unique<Model>(architecture(s, c.image, s.model == "cvae" ? 4 : 0));
  Model& model = *run.model;
  // Running averages and what starts at zero are other numbers after training.
  for (Parameters* block : {&model.parameters, &model.buffers})
    for (const auto& [name, param] : block->list()) {
      const Matrix at = block->change_value(param);
      const bool positive = name.find("variance") != name.npos && block == &model.buffers;
      OwnedMatrix u(at.rows, at.cols);
      Stream(5, Purpose::test, std::uint32_t(param.number), block == &model.buffers ? 1u : 0u)
          .uniform(u.view());
      for (Index k = 0; k < at.size(); ++k)
        at.data[k] +=
            positive ? u.numbers[std::size_t(k)] / 2 : (u.numbers[std::size_t(k)] - Real(0.5)) / 10;
    }
  if (c.name == "standardised") {
    model.standard.emplace();
    for (int j = 0; j < 7; ++j)
      model.standard->mean.push_back(10 * j), model.standard->deviation.push_back(1 + j);
  }
  expect(c.name + ".encoder", {}, [&] { return onnx_encoder(run); });
  expect(c.name + ".decoder", {}, [&] { return onnx_decoder(run); });
  if (model.deterministic || !model.has_likelihood()) return;
  for (const Index particles : {1, 3})
    expect(fmt::format("{}.bound-{}", c.name, particles), c.bound_refused,
           [&] { return onnx_bound(run, particles); });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return fmt::print(stderr, "usage: onnx_cases FOLDER\n"), 2;
  folder = argv[1];
  fs::create_directories(folder);
  for (const Catalogued& entry : catalogue()) write_op(entry);
  const std::vector<Case> all = cases();
  for (const Case& c : all) try {
      write_model(c);
    } catch (const std::exception& e) {
      fmt::print(stderr, "onnx: {}: {}\n", c.name, e.what());
      ++fails;
    }
  fmt::print("{} ops of the catalogue, {} models: {} wrong\n", catalogue().size(), all.size(),
             fails);
  return fails > 0;
}
