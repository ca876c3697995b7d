#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/autodiff/convolution.hpp>
#include <vaegrad/autodiff/normalise.hpp>
#include <vaegrad/lab/uses/onnx/functions.hpp>
#include <vaegrad/lab/uses/onnx/ops.hpp>
#include <vaegrad/models/inference/posteriors/lower_product.hpp>
#include <vaegrad/models/inference/posteriors/planar_step.hpp>
#include <vaegrad/models/inference/posteriors/radial_step.hpp>
#include <vaegrad/models/inference/posteriors/reflect.hpp>
#include <vaegrad/models/inference/posteriors/sphere_ops.hpp>
#include <vaegrad/models/inference/priors/weighted_squares.hpp>
#include <vaegrad/models/inference/scale_adjoint.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

void OnnxCall::refuse(const char* why) const {
  fail("onnx: ", op.name, " has no form in ONNX: ", why);
}

namespace {

using Name = OnnxGraph::Name;
using Call = OnnxCall;
using Ints = std::vector<std::int64_t>;

Name transposed_if(const Call& c, std::size_t k, bool flip) {
  return flip ? c.g.node("Transpose", {c.in[k]}) : c.in[k];
}
Name matmul_of(const Call& c) {
  const auto& op = c.as<Matmul>();
  return c.g.node("MatMul",
                  {transposed_if(c, 0, op.a_transposed), transposed_if(c, 1, op.b_transposed)});
}
Name reshape_of(const Call& c) {
  if (c.per_example(c.out.rows)) return c.g.reshape(c.in[0], {-1, c.out.cols});
  if (c.per_example(c.out.cols)) return c.g.reshape(c.in[0], {c.out.rows, -1});
  return c.g.reshape(c.in[0], {c.out.rows, c.out.cols});
}
Name rows_of(const Call& c) {
  if (c.per_example(c.shapes[0].rows)) c.refuse("it takes some examples of a batch");
  const auto& op = c.as<Rows>();
  return c.g.node("Slice", {c.in[0], c.g.integers({op.first}), c.g.integers({op.first + op.count}),
                            c.g.integers({0})});
}
Name gather_rows_of(const Call& c) {
  if (c.batch) c.refuse("which rows it takes was read off the data");
  const auto& op = c.as<GatherRows>();
  return c.g.node("Gather", {c.in[0], c.g.integers(Ints(op.row, op.row + op.count))});
}
Name pick_columns_of(const Call& c) {
  if (c.batch) c.refuse("which columns it picks was read off the data");
  const auto& op = c.as<PickColumns>();
  const Name which = c.g.reshape(c.g.integers(Ints(op.column, op.column + op.count)), {-1, 1});
  return c.g.node("GatherElements", {c.in[0], which}, {{"axis", std::int64_t{1}}});
}
template <int axis>
Name concatenate_of(const Call& c) {
  return c.g.node("Concat", c.in, {{"axis", std::int64_t{axis}}});
}

// ---- images: (B, H W C) on the tape, (B, C, H, W) in ONNX ----

Name channels_first(OnnxGraph& g, const Name& x, ImageShape s) {
  return g.node("Transpose", {g.reshape(x, {-1, s.height, s.width, s.channels})},
                {{"perm", Ints{0, 3, 1, 2}}});
}
Name as_rows(OnnxGraph& g, const Name& y, ImageShape s) {
  return g.reshape(g.node("Transpose", {y}, {{"perm", Ints{0, 2, 3, 1}}}), {-1, s.size()});
}
// (k k C, D) as (D, C, k, k)
Name kernel_of(const Call& c, const ConvolutionGeometry& g) {
  const Name w = c.g.reshape(c.in[1], {g.kernel, g.kernel, g.in.channels, g.channels});
  return c.g.node("Transpose", {w}, {{"perm", Ints{3, 2, 0, 1}}});
}
std::vector<OnnxAttribute> attributes_of(const ConvolutionGeometry& g) {
  const Index p = g.padding;
  return {{"kernel_shape", Ints{g.kernel, g.kernel}},
          {"strides", Ints{g.stride, g.stride}},
          {"pads", Ints{p, p, p, p}}};
}
// Inputs after the weights: a bias, or nothing
Name convolution_of(const Call& c, const ConvolutionGeometry& g, std::vector<Name> bias = {}) {
  std::vector<Name> in{channels_first(c.g, c.in[0], g.in), kernel_of(c, g)};
  in.insert(in.end(), bias.begin(), bias.end());
  return c.g.node("Conv", in, attributes_of(g));
}
Name transposed_convolution_of(const Call& c, const ConvolutionGeometry& g,
                               std::vector<Name> bias = {}) {
  const ImageShape out = g.out();
  const auto left = [&](Index from, Index to) {  // rows at the end that no window has looked at
    return from - ((to - 1) * g.stride + g.kernel - 2 * g.padding);
  };
  const Index bottom = left(g.in.height, out.height), right = left(g.in.width, out.width);
  std::vector<Name> in{channels_first(c.g, c.in[0], out), kernel_of(c, g)};
  in.insert(in.end(), bias.begin(), bias.end());
  auto attributes = attributes_of(g);
  attributes.push_back({"output_padding", Ints{bottom, right}});
  return c.g.node("ConvTranspose", in, attributes);
}
Name convolve_of(const Call& c) {
  const ConvolutionGeometry& g = c.as<Convolve>().g;
  return as_rows(c.g, convolution_of(c, g), g.out());
}
Name convolve_transposed_of(const Call& c) {
  const ConvolutionGeometry& g = c.as<ConvolveTransposed>().g;
  return as_rows(c.g, transposed_convolution_of(c, g), g.in);
}
Name then(const Call& c, const Epilogue& f, const Name& u) {
  const OnnxFunction* function = onnx_function(f.name);
  if (!function) c.refuse("what follows it is none of ONNX's functions");
  return function->write(c.g, u, {});
}
Name convolve_then_of(const Call& c) {
  const ConvolvedLayer& layer = c.as<ConvolveThen>().layer;
  const Name bias = c.g.reshape(c.in[2], {layer.to().channels});
  const Name u = layer.transposed ? transposed_convolution_of(c, layer.g, {bias})
                                  : convolution_of(c, layer.g, {bias});
  return then(c, *layer.f, as_rows(c.g, u, layer.to()));
}
Name affine_then_of(const Call& c) {
  return then(c, *c.as<AffineThen>().f, c.g.node("Gemm", c.in));
}
Name upsample_of(const Call& c) {
  const auto& [in, f] = c.as<Upsample>();
  const Name x = c.g.reshape(c.in[0], {-1, in.height, 1, in.width, 1, in.channels});
  return c.g.reshape(c.g.node("Tile", {x, c.g.integers({1, 1, f, 1, f, 1})}),
                     {-1, in.size() * f * f});
}
Name normalise_groups_of(const Call& c) {
  const auto& op = c.as<NormaliseGroups>();
  const Index cols = c.out.cols, width = op.channels / op.groups;
  const auto mean = [&](const Name& a) {
    return c.g.node("ReduceMean", {a}, {{"axes", Ints{1, 3}}});
  };
  const Name x = c.g.reshape(c.in[0], {-1, cols / op.channels, op.groups, width});
  const Name d = c.g.sub(x, mean(x));
  const float epsilon = float(op.epsilon);
  const Name variance = c.g.add(mean(c.g.mul(d, d)), c.g.numbers(std::span(&epsilon, 1), {1}));
  return c.g.reshape(c.g.div(d, c.g.node("Sqrt", {variance})), {-1, cols});
}

// ---- posteriors ----

// Some columns of the numbers of an example, for each of its K rows
struct OfExample {
  const Call& c;
  std::size_t s, p;  // which input has B K rows, which B
  Name operator()(Index first, Index count) const {
    return c.g.repeat_rows(c.g.columns(c.in[p], first, count), count,
                           c.shapes[s].rows / c.shapes[p].rows);
  }
};

// y = x / ‖x‖
Name unit_rows_of(const Call& c) {
  return c.g.div(c.in[0], c.g.node("Sqrt", {c.g.row_sums(c.g.mul(c.in[0], c.in[0]))}));
}
// y = x − 2 v vᵀx / ‖v‖²
Name reflect_of(const Call& c) {
  OnnxGraph& g = c.g;
  const Name x = c.in[0], v = OfExample{c, 0, 1}(c.as<Reflect>().first, c.shapes[0].cols);
  const Name share = g.div(g.row_sums(g.mul(v, x)), g.row_sums(g.mul(v, v)));
  return g.sub(x, g.mul(g.mul(share, 2), v));
}
// y_i = Σ_{j<i} N_ij e_j, by a matrix that spreads a row of n over a Z x Z one
Name lower_product_of(const Call& c) {
  OnnxGraph& g = c.g;
  const Index latent = c.shapes[1].cols, many = c.shapes[0].cols;
  std::vector<float> spread(std::size_t(many * latent * latent));
  for (Index i = 1, at = 0; i < latent; ++i)
    for (Index j = 0; j < i; ++j, ++at)  // (j, i): eᵀ Nᵀ
      spread[std::size_t((at * latent + j) * latent + i)] = 1;
  const Name n = g.node("MatMul", {c.in[0], g.numbers(spread, {many, latent * latent})});
  const Index particles = c.shapes[1].rows / c.shapes[0].rows;
  const Name y = g.node(
      "MatMul", {g.reshape(c.in[1], {-1, particles, latent}), g.reshape(n, {-1, latent, latent})});
  return g.reshape(y, {-1, latent});
}
Name planar_step_of(const Call& c) {
  OnnxGraph& g = c.g;
  const Index latent = c.shapes[0].cols - 1, first = c.as<PlanarStep>().first;
  const OfExample p{c, 0, 1};
  const Name z = g.columns(c.in[0], 0, latent), log_det = g.columns(c.in[0], latent, 1);
  const Name u = p(first, latent), w = p(first + latent, latent), b = p(first + 2 * latent, 1);
  const Name a = g.row_sums(g.mul(w, u)), n = g.row_sums(g.mul(w, w));
  const Name raised = g.node("Softplus", {g.add(a, double(PlanarStep::log_e_1))});  // 1 + m
  const Name over = g.div(g.sub(g.add(raised, -1), a), n);
  const Name t = g.node("Tanh", {g.add(g.row_sums(g.mul(w, z)), b)}), square = g.mul(t, t);
  const Name det = g.add(square, g.mul(g.sub(g.number(1), square), raised));
  const Name moved = g.add(z, g.mul(g.add(u, g.mul(over, w)), t));
  return g.node("Concat", {moved, g.add(log_det, g.node("Log", {det}))},
                {{"axis", std::int64_t{1}}});
}
Name radial_step_of(const Call& c) {
  OnnxGraph& g = c.g;
  const Index latent = c.shapes[0].cols - 1, first = c.as<RadialStep>().first;
  const OfExample p{c, 0, 1};
  const Name z = g.columns(c.in[0], 0, latent), log_det = g.columns(c.in[0], latent, 1);
  const Name from = g.sub(z, p(first, latent));
  const Name alpha = g.node("Softplus", {p(first + latent, 1)});
  const Name raised = g.node("Softplus", {p(first + latent + 1, 1)});
  const Name r = g.node("Sqrt", {g.row_sums(g.mul(from, from))}), whole = g.add(alpha, r);
  const Name moved = g.add(z, g.mul(g.div(g.sub(raised, alpha), whole), from));
  const Name across = g.div(g.add(r, raised), whole);
  const Name along =
      g.div(g.add(g.mul(r, g.add(r, g.mul(alpha, 2))), g.mul(alpha, raised)), g.mul(whole, whole));
  const Name more =
      g.add(g.mul(g.node("Log", {across}), double(latent - 1)), g.node("Log", {along}));
  return g.node("Concat", {moved, g.add(log_det, more)}, {{"axis", std::int64_t{1}}});
}

// ---- priors ----

// Σ_j w_kj (z_ij − m_kj)², by (B, 1, Z) − (K, Z)
Name weighted_squares_of(const Call& c) {
  OnnxGraph& g = c.g;
  const Index latent = c.shapes[0].cols, centres = c.shapes[1].rows;
  const Name d = g.sub(g.reshape(c.in[0], {-1, 1, latent}), c.in[1]);
  const Name each = g.reshape(g.mul(c.in[2], g.mul(d, d)), {-1, latent});
  return g.reshape(g.row_sums(each), {-1, centres});
}

// clang-format off
const OnnxOp table[] = {
    {op_type<Transpose>(),          [](const Call& c) { return c.g.node("Transpose", c.in); }},
    {op_type<Matmul>(),             matmul_of},
    {op_type<Affine>(),             [](const Call& c) { return c.g.node("Gemm", c.in); }},
    {op_type<AffineThen>(),         affine_then_of},
    {op_type<Reshape>(),            reshape_of},
    {op_type<Rows>(),               rows_of},
    {op_type<Columns>(),            [](const Call& c) { return c.g.columns(c.in[0], c.as<Columns>().first, c.as<Columns>().count); }},
    {op_type<ConcatenateRows>(),    concatenate_of<0>},
    {op_type<ConcatenateColumns>(), concatenate_of<1>},
    {op_type<GatherRows>(),         gather_rows_of},
    {op_type<PickColumns>(),        pick_columns_of},
    {op_type<StopGradient>(),       [](const Call& c) { return c.in[0]; }},
    {op_type<StraightThrough>(),    [](const Call& c) { return c.in[0]; }},
    {op_type<ScaleAdjoint>(),       [](const Call& c) { return c.in[0]; }},
    {op_type<Convolve>(),           convolve_of},
    {op_type<ConvolveTransposed>(), convolve_transposed_of},
    {op_type<ConvolveThen>(),       convolve_then_of},
    {op_type<Upsample>(),           upsample_of},
    {op_type<Tile>(),               [](const Call& c) { return c.g.node("Tile", {c.in[0], c.g.integers({1, c.as<Tile>().times})}); }},
    {op_type<NormaliseGroups>(),    normalise_groups_of},
    {op_type<UnitRows>(),           unit_rows_of},
    {op_type<Reflect>(),            reflect_of},
    {op_type<LowerProduct>(),       lower_product_of},
    {op_type<PlanarStep>(),         planar_step_of},
    {op_type<RadialStep>(),         radial_step_of},
    {op_type<WeightedSquares>(),    weighted_squares_of},
};
// clang-format on

}  // namespace

const OnnxOp* onnx_op(const void* type) {
  for (const OnnxOp& row : table)
    if (row.type == type) return &row;
  return nullptr;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
