#include <cmath>

#include <vaegrad/lab/run/training/trainee.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

void append_tensors(std::vector<Tensor>& to, const std::string& prefix, const Parameters& block) {
  for (const auto& [name, param] : block.list())
    to.push_back(tensor<Real>(
        prefix + name, {std::size_t(param.shape.rows), std::size_t(param.shape.cols)},
        block.values().subspan(std::size_t(param.offset), std::size_t(param.shape.size()))));
}

void copy_tensors(const SafeTensors& from, const std::string& prefix, Parameters& block) {
  const auto values = block.change_values();
  for (const auto& [name, param] : block.list()) {
    const std::size_t shape[]{std::size_t(param.shape.rows), std::size_t(param.shape.cols)};
    const auto to = values.subspan(std::size_t(param.offset), std::size_t(param.shape.size()));
    from.copy<Real>(prefix + name, shape, to);
    for (std::size_t i = 0; i < to.size(); ++i)
      if (!std::isfinite(to[i]))
        fail(from.file(), ": a weight is ", double(to[i]), ": ", prefix, name, ", number ", i, hint,
             "train the run again, or --weights best");
  }
}

std::vector<Tensor> Trainee::weights() const {
  std::vector<Tensor> to;
  append_tensors(to, "", *players.at(0).parameters);
  for (const Parameters* b : buffers) append_tensors(to, "buffer.", *b);
  return to;
}
void Trainee::take_weights(const SafeTensors& from) {
  copy_tensors(from, "", *players.at(0).parameters);
  for (Parameters* b : buffers) copy_tensors(from, "buffer.", *b);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
