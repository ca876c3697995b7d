// The program's models as what is trained: by the objective of the settings, with an opponent where
// it has one.
#pragma once
#include <vaegrad/lab/run/training/trainee.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

class ModelTrainee : public Trainee {
 public:
  ModelTrainee(const Settings& settings, const DataSet& data, Model& model);

  Bound record(Tape& tape, std::span<const std::uint32_t> rows, const Now& now) override;
  std::string whole() const override;
  std::size_t particles() const override { return std::size_t(settings_.particles); }
  void stepped() override { averages_.move(); }
  std::optional<Evaluation> validate() override;
  bool deterministic() const override { return model_.deterministic; }
  bool has_likelihood() const override { return model_.has_likelihood(); }
  std::vector<Tensor> weights() const override;
  void take_weights(const SafeTensors& from) override;
  std::map<std::string, std::string> about() const override;

 private:
  const Settings& settings_;
  const DataSet& data_;
  Model& model_;
  const Objective& objective_;
  std::unique_ptr<Opponent> opponent_;
  RunningAverages averages_;
};

}  // namespace vaegrad::inline VAEGRAD_ABI
