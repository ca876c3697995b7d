// A second VAE whose data are the codes of the first: u ~ N(0, I), z ~ p(z|u). An ordinary run on a
// table, with as many latents and a learnt scale.          Dai and Wipf, arXiv 1903.05789, section 4
#include <vaegrad/lab/run/run_data.hpp>
#include <vaegrad/lab/run/training/model_trainee.hpp>
#include <vaegrad/lab/uses/fits/fit.hpp>
#include <vaegrad/models/coding/crc64.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

namespace fs = std::filesystem;

class TwoStagePrior : public Prior {
 public:
  explicit TwoStagePrior(LoadedRun run) : run_(std::move(run)) {}

  PriorAt given(Tape&, Var, const Inference&) const override { return {.prior = this}; }

  // log p(z|u) + log p(u) − log q(u|z) for one u ~ q(u|z): its exponential is p(z) in the mean, and
  // so importance weights that it enters are unbiased too. The noise of u goes by the bits of z.
  Var log_prob(const PriorAt&, Var z, Index) const override {
    const Var to = z.tape().constant(Shape{z.shape().rows, 1});
    Tape tape;
    const Batch batch = second().see(tape.constant(ConstMatrix(z.val())));
    Stream noise(key(z.val()), Purpose::evaluate);
    const Var log_w = second().log_weights(batch, noise, 1);
    std::copy(log_w.val().begin(), log_w.val().end(), to.val().begin());
    return to;
  }
  Var sample(const PriorAt&, Tape& tape, Index count, Stream& noise,
             Index particles) const override {
    const Var u = second().sample_prior(tape, {}, count, noise, particles);
    const Var z = second().decode(u, {}).sample(noise);
    const auto& [mean, deviation] = *second().standard;
    for (Index i = 0; i < z.shape().rows; ++i)
      for (Index j = 0; j < z.shape().cols; ++j)
        z.val()(i, j) =
            Real(mean[std::size_t(j)] + deviation[std::size_t(j)] * double(z.val()(i, j)));
    return z;
  }

 private:
  const Model& second() const { return *run_.model; }
  static std::uint64_t key(ConstMatrix z) {
    Crc64 crc;
    crc.add(std::string_view(reinterpret_cast<const char*>(z.data),
                             std::size_t(z.size()) * sizeof(Real)));
    return crc.value() >> 1;
  }

  LoadedRun run_;
};

Settings settings_of(const FitSettings& fit, const OwnedMatrix& codes) {
  Settings s;
  s.likelihood = "gaussian", s.standardise = true;
  s.latent = {codes.cols}, s.hidden = {512, 512};
  s.epochs = fit.epochs, s.seed = fit.seed, s.learning_rate_schedule = "cosine";
  return s;
}

bool fit_two_stage_to(const OwnedMatrix& codes, FitSettings& fit, const fs::path& folder,
                      Observer& observer) {
  Settings s = settings_of(fit, codes);
  run_on_codes(s, codes, folder);
  const DataSet data = load_training_data(s);
  check_varied(moments(data.train), "two-stage");
  const auto model = new_model(s, data);
  const Run run(s);
  write_data_record(run, data);
  ModelTrainee trainee(s, data, *model);
  const TrainingState state = train(s, data.train, trainee, run, observer);
  return state.epoch > std::uint64_t(s.epochs);
}

std::unique_ptr<Prior> load_two_stage(const fs::path& folder, Index latent) {
  LoadedRun run = load_run(folder / "run");
  check(run.model->dimensions() == latent && run.model->standard, folder.string(),
        ": not a second stage for ", latent, " latents", hint, "vaegrad fit-prior fits it again");
  return std::make_unique<TwoStagePrior>(std::move(run));
}

}  // namespace

const Fit two_stage_fit{.name = "two-stage",
                        .what = "a second VAE, of the codes (Dai, Wipf 2019)",
                        .trained = true,
                        .bound = true,
                        .fit = fit_two_stage_to,
                        .load = load_two_stage};

}  // namespace vaegrad::inline VAEGRAD_ABI
