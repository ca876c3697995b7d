// Layers as rows: gradients of every kind, there and mirrored, in both passes; what parameters are
// called; how many there are without any memory; running averages; and what is refused.
#include <doctest/doctest.h>

#include <set>
#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/models/networks.hpp>

#include "../support/message.hpp"

using namespace vaegrad;

namespace {

struct Listed {
  const char* what;
  ImageShape image;
  std::vector<LayerRow> rows;
};
std::vector<Listed> lists() {
  return {
      {"dense", {3, 4, 2}, {dense(5), dense(3)}},
      {"convolution", {7, 6}, {convolution(3, 4, 2, 1), convolution(0, 3, 1, 1), dense(4)}},
      {"gated dense", {1, 9}, {gated(dense(5)), gated(dense(4))}},
      {"maxout dense", {1, 9}, {maxout(dense(5)), maxout(dense(4))}},
      {"maxout convolution", {6, 6}, {maxout(convolution(3, 4, 2, 1))}},
      {"gated convolution", {6, 6}, {gated(convolution(3, 4, 2, 1))}},
      {"residual",
       {5, 6, 2},
       {convolution(4, 3, 1, 1), residual({convolution(0, 3, 1, 1), convolution(0, 3, 1, 1)})}},
      {"residual dense", {1, 7}, {dense(4), residual({dense(6), dense(4)}), residual({dense()})}},
      {"batch", {1, 7}, {dense(5), batch_normalisation(), dense(4), batch_normalisation()}},
      {"batch of images", {6, 6, 2}, {convolution(3, 4, 2, 1), batch_normalisation(), dense(4)}},
      {"layer", {1, 7}, {dense(5), layer_normalisation()}},
      {"layer of images", {6, 4}, {convolution(3, 3, 1, 1), layer_normalisation()}},
      {"group", {6, 4}, {convolution(4, 3, 1, 1), group_normalisation(2), dense(3)}},
      {"normalised before",
       {6, 6},
       {convolution(4, 4, 2, 1), residual({group_normalisation(2), convolution(0, 3, 1, 1),
                                           batch_normalisation(), convolution(0, 3, 1, 1)})}},
  };
}

struct Autoencoder {
  Parameters learnt, buffers;
  Network network;
  EncoderBody encode;
  LikelihoodNetwork decode;
  ImageShape image;

  explicit Autoencoder(const Listed& l, const char* likelihood_name = "bernoulli")
      : network{"tested", l.rows},
        encode({learnt, buffers}, "encoder", network, l.image, 2, activation("tanh"), {3}),
        decode({learnt, buffers}, "decoder", encode.outputs, network, l.image,
               likelihood(likelihood_name), l.image.size(), {}, activation("tanh"), {4}),
        image(l.image) {
    for (Parameters* p : {&learnt, &buffers}) {  // zeros and ones would hide what is wrong
      Stream stream(9, Purpose::test, p == &buffers);
      for (const auto& [name, param] : p->list()) {
        const Matrix w = p->change_value(param);
        for (Real& x : w) x += Real(0.3 * (double(stream.below(1000)) / 500 - 1));
      }
    }
  }
  Var operator()(Tape& tape, Pass pass, Index examples = 4) const {
    const Var x = tape.constant(Shape{examples, image.size()});
    const Var y = tape.constant(Shape{examples, 2});
    Stream(5, Purpose::data).uniform(x.val());
    Stream(6, Purpose::data).uniform(y.val());
    return decode(encode(x, y, pass), pass).log_prob(x);
  }
};

}  // namespace

TEST_CASE("the gradient of every kind of layer, there and mirrored, in both passes") {
  std::set<const LayerKind*> met;
  const auto meet = [&](const auto& self, const std::vector<LayerRow>& rows) -> void {
    for (const LayerRow& row : rows) met.insert(row.kind), self(self, row.inside);
  };
  for (const Listed& l : lists()) {
    CAPTURE(std::string(l.what));
    meet(meet, l.rows);
    Autoencoder a(l);
    for (const Pass pass : {Pass::batch(), Pass::buffers()}) {
      const GradientCheck c = check_gradient(
          a.learnt, [&](Tape& tape) { return average(a(tape, pass)); }, 1, 1e-4);
      CHECK(c.agrees(1e-7));
      CHECK(c.scale > 1e-3);
    }
  }
  for (const LayerKind* kind : layer_kinds()) {
    CAPTURE(std::string(kind->name));
    CHECK(met.contains(kind));
  }
  CHECK(met.size() == layer_kinds().size());
}

TEST_CASE("in evaluation an example does not depend on its batch") {
  for (const Listed& l : lists()) {
    CAPTURE(std::string(l.what));
    const Autoencoder a(l);
    Tape tape;
    const Var all = a(tape, Pass::buffers(), 4), one = a(tape, Pass::buffers(), 1);
    CHECK(one.val()(0, 0) == doctest::Approx(all.val()(0, 0)).epsilon(1e-12));
  }
}

TEST_CASE("parameters without memory are counted as they are with it") {
  for (const char* name : {"mlp", "conv", "conv-64", "gated", "residual"})
    for (const char* p : {"bernoulli", "gaussian", "categorical"}) {
      CAPTURE(std::string(name));
      const auto build = [&](Parameters& learnt) {
        const Network n = network(name);
        const EncoderBody body(learnt, "encoder", n, {16, 16}, 3, activation("relu"), {1});
        const LikelihoodNetwork decoder(learnt, "decoder", 5, n, {16, 16}, likelihood(p), 256, {},
                                        activation("relu"), {1});
      };
      Parameters real, counted(Parameters::counting);
      build(real), build(counted);
      CHECK(counted.count() == real.count());
      CHECK(counted.size() == 0);
    }
  Parameters huge(Parameters::counting);
  const std::vector<Index> widths(50, Index{1} << 40);
  const EncoderBody body(huge, "encoder", with_widths(network("mlp"), widths), {28, 28}, 0,
                         activation("relu"), {1});
  CHECK(huge.count() == std::numeric_limits<Index>::max());
  CHECK(message_of([&] {
          Tape tape;
          body(tape.constant(Shape{1, 784}), {});
        }) ==
        "tape: a Param of Parameters that only count\n  hint: build the model with Parameters "
        "that hold numbers");
}

TEST_CASE("what parameters are called, and in which order they stand") {
  const auto names = [](const char* name, const char* p, std::vector<Index> dense) {
    Parameters learnt;
    const Network n = with_widths(network(name), dense);
    const GaussianNetwork encoder(learnt, "encoder", n, {16, 16}, 2, activation("relu"), {1});
    const LikelihoodNetwork decoder(learnt, "decoder", 2, n, {16, 16}, likelihood(p), 256, {},
                                    activation("relu"), {1});
    std::string all;
    for (const auto& [each, param] : learnt.list())
      if (!each.ends_with(".bias")) all += concat(all.empty() ? "" : " ", each);
    return all;
  };
  CHECK(names("mlp", "gaussian", {30, 20}) ==
        "encoder.0.weight encoder.1.weight encoder.mean.weight encoder.log_variance.weight "
        "decoder.0.weight decoder.1.weight decoder.log_scale decoder.outputs.weight");
  CHECK(names("conv-64", "gaussian", {20}) ==
        "encoder.convolution.0.weight encoder.convolution.1.weight encoder.convolution.2.weight "
        "encoder.convolution.3.weight encoder.0.weight encoder.mean.weight "
        "encoder.log_variance.weight decoder.0.weight decoder.log_scale decoder.features.weight "
        "decoder.convolution.0.weight decoder.convolution.1.weight decoder.convolution.2.weight "
        "decoder.outputs.weight");
  CHECK(names("conv", "beta-binomial", {}) ==
        "encoder.convolution.0.weight encoder.convolution.1.weight encoder.mean.weight "
        "encoder.log_variance.weight decoder.features.weight decoder.convolution.0.weight "
        "decoder.outputs.0.weight decoder.outputs.1.weight");
  CHECK(names("gated", "bernoulli", {30, 20}) ==
        "encoder.gated.0.value.weight encoder.gated.0.gate.weight encoder.gated.1.value.weight "
        "encoder.gated.1.gate.weight encoder.mean.weight encoder.log_variance.weight "
        "decoder.gated.0.value.weight decoder.gated.0.gate.weight decoder.gated.1.value.weight "
        "decoder.gated.1.gate.weight decoder.outputs.weight");
}

TEST_CASE("other widths repeat the last dense layer and what follows it") {
  const auto kinds = [](const Network& n, std::vector<Index> widths) {
    std::string all;
    for (const LayerRow& row : with_widths(n, widths).layers)
      all += concat(row.kind->name, unwrapped(row).width, ' ');
    return all;
  };
  CHECK(kinds(network("mlp"), {500, 200}) == "500 200 ");
  CHECK(kinds(network("gated"), {7}) == "gated7 ");
  CHECK(kinds(network("conv"), {9}) == "convolution32 convolution64 9 ");
  const Network normalised{"n", {dense(4), batch_normalisation(), dense(3), layer_normalisation()}};
  CHECK(kinds(normalised, {4, 3}) == "4 batch0 3 layer0 ");
  CHECK(kinds(normalised, {8, 9}) == "8 layer0 9 layer0 ");
}

TEST_CASE("layers of a network multiply as often as their weights say") {
  const Network n = network("conv-64");
  const auto each = products(n.layers, {64, 64});
  CHECK(each == std::vector<double>{32. * 32 * 32 * 16, 16. * 16 * 32 * 512, 8. * 8 * 64 * 512,
                                    4. * 4 * 64 * 1024, 1024. * 256});
}

TEST_CASE("batch normalisation: what comes out, and where the averages go") {
  Parameters learnt, buffers;
  const Network n{"n", {dense(3), batch_normalisation()}};
  // an activation that is none
  const Activation same{"same", [](Var x, Var b) -> Var { return x + b; },
                        [](Var, Var t) { return t; }};
  const EncoderBody body({learnt, buffers}, "e", n, {1, 5}, 0, same, {1});
  REQUIRE(buffers.list().size() == 2);
  CHECK(buffers.list()[0].name == "e.batch.0.mean");
  Tape tape;
  RunningAverages averages;
  const Var x = tape.constant(Shape{50, 5});
  Stream(3, Purpose::data).normal(x.val());
  const Var h = body(x, {}, Pass::batch(&averages));
  const Matrix y = h.val();
  for (Index j = 0; j < 3; ++j) {
    double mean = 0, squares = 0;
    for (Index i = 0; i < 50; ++i) mean += double(y(i, j)) / 50;
    for (Index i = 0; i < 50; ++i) squares += std::pow(double(y(i, j)) - mean, 2) / 50;
    CHECK(std::abs(mean) < 1e-12);
    CHECK(squares == doctest::Approx(1).epsilon(1e-3));  // but for epsilon
  }
  const ConstMatrix mean = buffers.value(buffers.list()[0].param);
  const ConstMatrix variance = buffers.value(buffers.list()[1].param);
  CHECK(mean.data[0] == 0);
  CHECK(variance.data[0] == 1);
  averages.move(0.25);
  const Real once = mean.data[0];
  CHECK(once != 0);
  averages.move(0.25);  // of a step that recorded nothing
  CHECK(mean.data[0] == once);
  // Batch after batch of the same, the buffers become what the batch has.
  for (int step = 0; step < 200; ++step) {
    body(x, {}, Pass::batch(&averages));
    averages.move();
  }
  const Var kept = body(x, {}, Pass::buffers());
  for (Index i = 0; i < 50; ++i)  // n / (n − 1) of the variance
    CHECK(kept.val()(i, 0) == doctest::Approx(y(i, 0) * std::sqrt(49 / 50.)).epsilon(1e-4));

  CHECK(message_of([&] { body(x, {}); }) ==
        "networks: batch normalisation of (50, 3): it is not said whether by the batch or by the "
        "buffers\n  hint: call the network with Pass::batch() in training, Pass::buffers() in "
        "evaluation");
  CHECK(message_of([&] {
          Parameters fresh;
          EncoderBody(fresh, "f", n, {1, 5}, 0, same, {1});
        }) ==
        "networks: f.batch.0 is a batch normalisation, which keeps running averages in buffers\n"
        "  hint: give the network Blocks of parameters and of buffers");
  CHECK(message_of([&] {
          body(tape.constant(Shape{1, 5}), {}, Pass::batch());
        }) ==
        "networks: batch normalisation: the variance of one number for each channel is 0\n"
        "  hint: batches of two examples or more");
}

TEST_CASE("lists that do not fit are refused") {
  const auto refused = [](ImageShape image, std::vector<LayerRow> rows) {
    return message_of([&] { layer_shapes(rows, image, "mine"); });
  };
  CHECK(refused({4, 4}, {convolution(2, 4, 2, 1), residual({convolution(0, 4, 2, 1)})}) ==
        "network mine: layer 2 adds its result to what it is given, but makes 1 x 1 x 2 of 2 x 2 "
        "x 2\n  hint: widths of 0, strides of 1 and paddings that keep the size");
  CHECK(refused({4, 4}, {convolution(6, 3, 1, 1), group_normalisation(4)}) ==
        "network mine: layer 2 has 4 groups of channels, but meets 6 channels\n"
        "  hint: a number of groups that divides them");
  CHECK(
      refused({1, 4}, {dense(6), group_normalisation(6)}) ==
      "network mine: layer 2 normalises each of 6 numbers by itself, which leaves nothing of them\n"
      "  hint: fewer groups, or a wider layer before it");
  CHECK(refused({1, 4}, {dense(6), group_normalisation()}) == "(nothing was thrown)");  // 3 of two
  Parameters p;
  const Network n{"mine", {layer_normalisation(), dense(3)}};
  CHECK(message_of([&] {
          LikelihoodNetwork(p, "d", 2, n, {1, 5}, likelihood("gaussian"), 5, {}, activation("relu"),
                            {1});
        }) ==
        "networks: mine begins with a layer (layer) that no likelihood can end in\n"
        "  hint: begin with a dense layer or a convolution");
}

TEST_CASE("a network by its layers") {
  const auto listed = [](const Network& n) {
    std::string all;
    for (const LayerRow& row : n.layers) {
      const LayerRow& l = unwrapped(row.inside.empty() ? row : row.inside.front());
      all += concat(all.empty() ? "" : " ", row.kind->name, ':', l.width, 'x', l.kernel, 's',
                    l.stride, 'p', l.padding);
    }
    return all;
  };
  CHECK(listed(network("conv:32x4s2,64x3+gated,128")) ==
        "convolution:32x4s2p1 gated:64x3s1p1 :128x0s1p0");
  CHECK(listed(network("mlp:300+batch,200+residual")) ==
        ":300x0s1p0 batch:0x0s1p0 residual:200x0s1p0");
  CHECK(listed(with_normalisation(network("conv:8x4s2+none,8x3+group,16+gated,20"),
                                  normalisation("layer"))) ==
        "convolution:8x4s2p1 convolution:8x3s1p1 group:0x0s1p0 gated:16x0s1p0 :20x0s1p0 "
        "layer:0x0s1p0");
  CHECK(message_of([] {
          network("conv:32x4s");
        }).starts_with("--network conv:32x4s: '32x4s' is no layer\n  hint: --network conv:32x4s2"));
  CHECK(message_of([] {
          network("conv:32x4s2+dropout");
        }).starts_with("--network conv:32x4s2+dropout: 'dropout' says nothing of a layer"));
  CHECK(message_of([] {
          network("rnn:3");
        }).starts_with("--network rnn:3: 'rnn' is not how a list of layers begins"));
  for (const char* bad :
       {"conv:", "mlp:,", "mlp:0", "mlp:-3", "mlp:99999999999999999999", "conv:3x", "conv:x4"})
    CHECK(message_of([&] { network(bad); }).find("is no layer") != std::string::npos);
}
