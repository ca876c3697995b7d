#include <vaegrad/lab/run/run.hpp>
#include <vaegrad/lab/run/training/model_trainee.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

ModelTrainee::ModelTrainee(const Settings& s, const DataSet& data, Model& model)
    : settings_(s), data_(data), model_(model), objective_(objective(s.objective)) {
  players.push_back({"", &model.parameters,
                     AnyOptimiser(s.optimizer, model.parameters,
                                  {.learning_rate = s.learning_rate,
                                   .epsilon = s.adam_epsilon,
                                   .beta1 = s.adam_beta1,
                                   .second_moment = s.adam_second_moment})});
  if (model.buffers.count()) {
    buffers.push_back(&model.buffers);
    check<UsageError>(data.train.count() % std::size_t(s.batch) != 1, "--batch ", s.batch,
                      ": the last of ", data.train.count(),
                      " examples is alone in its batch, and batch ",
                      "normalisation has no variance of one", hint, "--batch ", s.batch + 1);
  }
  if (!objective_.opponent || model.deterministic) return;
  opponent_ = objective_.opponent({model.latent, s.seed});
  Parameters& theirs = opponent_->parameters;
  players.push_back(
      {"opponent", &theirs,
       AnyOptimiser("adam", theirs,
                    {.learning_rate = opponent_->learning_rate, .beta1 = opponent_->beta1}),
       false, opponent_->learning_rate});
}

Bound ModelTrainee::record(Tape& tape, std::span<const std::uint32_t> rows, const Now& now) {
  if (model_.buffers.count()) averages_.forget();  // of a step that was not taken
  Batch batch = make_batch(tape, model_, data_.train, rows, settings_, now.epoch);
  batch.pass = Pass::batch(&averages_);
  if (settings_.mutate > 0) {  // random pixels of the kind that x holds
    const bool binary =
        data_.train.file->binary || settings_.binarize.value_or(Binarize::none) != Binarize::none;
    const bool whole = binary || model_.unit() == 1;
    mutate(batch.x.val(), settings_.mutate, binary ? 2 : 256, whole ? Real(1) : Real(1) / 255, rows,
           settings_.seed, now.epoch);
  }
  Stream noise(settings_.seed, Purpose::latent, now.epoch, rows,
               std::uint32_t(settings_.particles));
  ObjectiveSettings s = objective_settings(settings_, 1);
  s.beta = now.beta, s.step = std::uint32_t(now.step), s.opponent = opponent_.get();
  s.examples = Index(data_.train.count());
  return model_.bound(objective_, batch, noise, s);
}

std::string ModelTrainee::whole() const {
  if (model_.buffers.count()) return "batch normalisation takes its variance over a whole batch";
  if (model_.prior && model_.prior->examples())
    return concat("--prior ", settings_.prior,
                  " would encode its pseudo-inputs for each part anew");
  if (const char* why =
          objective_.whole ? objective_.whole(objective_settings(settings_, 1)) : nullptr)
    return concat("--objective ", settings_.objective, " ", why);
  return {};
}

std::optional<Evaluation> ModelTrainee::validate() {
  if (!data_.validation.count()) return {};
  return evaluate(model_, data_.validation, settings_);
}

std::vector<Tensor> ModelTrainee::weights() const { return model_tensors(model_); }
void ModelTrainee::take_weights(const SafeTensors& from) { copy_weights(from, model_); }
std::map<std::string, std::string> ModelTrainee::about() const { return about_model(model_); }

}  // namespace vaegrad::inline VAEGRAD_ABI
