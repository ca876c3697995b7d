#include <vaegrad/lab/uses/onnx/graph.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

// Fields of onnx.proto3, by message.
namespace field {
enum Model {
  ir_version = 1,
  producer = 2,
  producer_version = 3,
  graph = 7,
  opset = 8,
  metadata = 14
};
enum Opset { opset_version = 2 };
enum Entry { key = 1, value = 2 };
enum Graph { nodes = 1, graph_name = 2, initialisers = 5, inputs = 11, outputs = 12 };
enum Node { node_inputs = 1, node_outputs = 2, node_name = 3, op_type = 4, attributes = 5 };
enum Attribute { attribute_name = 1, f = 2, i = 3, ints = 8, attribute_type = 20 };
enum Tensor { dims = 1, data_type = 2, tensor_name = 8, raw_data = 9 };
enum ValueInfo { value_name = 1, value_type = 2 };
enum Type { tensor_type = 1 };
enum TensorType { element_type = 1, tensor_shape = 2 };
enum Shape { shape_dims = 1 };
enum Dimension { dim_value = 1, dim_name = 2 };
}  // namespace field
enum DataType { float32 = 1, int64 = 7 };
enum AttributeType { a_float = 1, an_int = 2, some_ints = 7 };

Message value_info(const std::string& name, Index cols, const std::string& batch) {
  Message rows, columns, shape, tensor, type, info;
  rows.text(field::dim_name, batch);
  columns.integer(field::dim_value, cols);
  shape.message(field::shape_dims, rows).message(field::shape_dims, columns);
  tensor.integer(field::element_type, float32).message(field::tensor_shape, shape);
  type.message(field::tensor_type, tensor);
  return info.text(field::value_name, name).message(field::value_type, type);
}
Message tensor(const std::string& name, const std::vector<std::int64_t>& dims, DataType type,
               std::string_view raw) {
  Message to;
  for (const std::int64_t n : dims) to.integer(field::dims, n);
  return to.integer(field::data_type, type)
      .text(field::tensor_name, name)
      .text(field::raw_data, raw);
}
template <class T>
std::string_view raw(std::span<const T> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

}  // namespace

using Name = OnnxGraph::Name;

Name OnnxGraph::fresh(const char* op) { return concat(op, '_', ++made_); }

void OnnxGraph::input(const Name& name, Index cols, const std::string& batch) {
  ends_.message(field::inputs, value_info(name, cols, batch));
}
void OnnxGraph::output(const Name& name, const Name& value, Index cols, const std::string& batch) {
  Message n;
  n.text(field::node_inputs, value).text(field::node_outputs, name);
  n.text(field::node_name, name).text(field::op_type, "Identity");
  graph_nodes_.message(field::nodes, n);
  ends_.message(field::outputs, value_info(name, cols, batch));
}

Name OnnxGraph::numbers(std::span<const float> values, const std::vector<std::int64_t>& dims,
                        Name name) {
  std::string key = name.empty() ? std::string(raw(values)) : concat("name ", name);
  for (const std::int64_t n : dims) key += concat('/', n);
  if (name.empty()) name = concat("number_", known_.size());
  const auto [at, is_new] = known_.try_emplace(std::move(key), name);
  if (!is_new) return at->second;
  tensors_.message(field::initialisers, tensor(name, dims, float32, raw(values)));
  return name;
}
Name OnnxGraph::numbers(ConstMatrix m, Name name) {
  const std::vector<float> values(m.begin(), m.end());
  return numbers(values, {m.rows, m.cols}, std::move(name));
}
Name OnnxGraph::number(double x) {
  const float value = float(x);
  return numbers(std::span(&value, 1), {1, 1});
}
Name OnnxGraph::integers(const std::vector<std::int64_t>& values) {
  const auto [at, is_new] = known_.try_emplace(concat("int64", std::string(raw(std::span(values)))),
                                               concat("number_", known_.size()));
  if (is_new)
    tensors_.message(field::initialisers, tensor(at->second, {std::int64_t(values.size())}, int64,
                                                 raw(std::span(values))));
  return at->second;
}

Name OnnxGraph::node(const char* op, const std::vector<Name>& inputs,
                     const std::vector<OnnxAttribute>& attributes) {
  const Name name = fresh(op);
  Message n;
  for (const Name& in : inputs) n.text(field::node_inputs, in);
  n.text(field::node_outputs, name).text(field::node_name, name).text(field::op_type, op);
  for (const OnnxAttribute& a : attributes) {
    Message to;
    to.text(field::attribute_name, a.name);
    if (const auto* x = std::get_if<float>(&a.value)) {
      to.real(field::f, *x).integer(field::attribute_type, a_float);
    } else if (const auto* k = std::get_if<std::int64_t>(&a.value)) {
      to.integer(field::i, *k).integer(field::attribute_type, an_int);
    } else {
      for (const std::int64_t each : std::get<std::vector<std::int64_t>>(a.value))
        to.integer(field::ints, each);
      to.integer(field::attribute_type, some_ints);
    }
    n.message(field::attributes, to);
  }
  graph_nodes_.message(field::nodes, n);
  return name;
}

Name OnnxGraph::reshape(const Name& a, const std::vector<std::int64_t>& to) {
  return node("Reshape", {a, integers(to)});
}
Name OnnxGraph::row_sums(const Name& a) {
  return node("ReduceSum", {a, integers({1})}, {{"keepdims", std::int64_t{1}}});
}
Name OnnxGraph::columns(const Name& a, Index first, Index count) {
  return node("Slice", {a, integers({first}), integers({first + count}), integers({1})});
}
Name OnnxGraph::repeat_rows(const Name& a, Index cols, Index times) {
  if (times == 1) return a;
  return reshape(node("Tile", {a, integers({1, times})}), {-1, cols});
}

std::string OnnxGraph::file(const std::map<std::string, std::string>& metadata) const {
  Message name, opset, graph_field, model;
  name.text(field::graph_name, name_);
  const std::string graph = graph_nodes_.bytes() + name.bytes() + tensors_.bytes() + ends_.bytes();
  opset.integer(field::opset_version, 17);
  model.integer(field::ir_version, 8).text(field::producer, "vaegrad");
  if (const auto at = metadata.find("vaegrad"); at != metadata.end())
    model.text(field::producer_version, at->second);
  model.text(field::graph, graph);
  model.message(field::opset, opset);
  for (const auto& [key, value] : metadata) {
    Message entry;
    entry.text(field::key, key).text(field::value, value);
    model.message(field::metadata, entry);
  }
  return model.bytes();
}

}  // namespace vaegrad::inline VAEGRAD_ABI
