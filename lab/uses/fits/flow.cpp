// p(z) by Real NVP, fitted to the codes in deviations from their mean: maximum likelihood by Adam.
// A twelfth of the codes is held out; what is kept is the flow of the epoch that was best on them,
// and training ends when five epochs were no better.
#include <algorithm>
#include <cmath>

#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/lab/run/run_data.hpp>
#include <vaegrad/lab/uses/fits/fit.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

namespace fs = std::filesystem;

class FittedFlowPrior : public Prior {
 public:
  Parameters parameters;
  Standard standard;  // of the codes

  FittedFlowPrior(Index latent, Index flows, Index width, std::uint64_t seed) {
    PriorSpec s{latent, 0, {width}, activation("relu"), {.seed = seed}};
    s.flows = flows;
    flow_ = flow_prior.make(parameters, s);
    standard = {std::vector<double>(std::size_t(latent)),
                std::vector<double>(std::size_t(latent), 1)};
  }

  PriorAt given(Tape&, Var, const Inference&) const override { return {.prior = this}; }
  // log p(z') − Σ log s with z' = (z − m) / s, of which no gradient goes back to z
  Var log_prob(const PriorAt& p, Var z, Index particles) const override {
    const Var standardised = z.tape().constant(z.shape());
    double log_jacobian = 0;
    for (Index j = 0; j < z.shape().cols; ++j) {
      const double m = standard.mean[std::size_t(j)], s = standard.deviation[std::size_t(j)];
      for (Index i = 0; i < z.shape().rows; ++i)
        standardised.val()(i, j) = Real((double(z.val()(i, j)) - m) / s);
      log_jacobian -= std::log(s);
    }
    return flow_->log_prob(p, standardised, particles) + log_jacobian;
  }
  Var sample(const PriorAt& p, Tape& tape, Index count, Stream& noise,
             Index particles) const override {
    const Var from = flow_->sample(p, tape, count, noise, particles),
              z = tape.constant(from.shape());
    for (Index i = 0; i < z.shape().rows; ++i)
      for (Index j = 0; j < z.shape().cols; ++j)
        z.val()(i, j) = Real(standard.mean[std::size_t(j)] +
                             standard.deviation[std::size_t(j)] * double(from.val()(i, j)));
    return z;
  }

 private:
  std::unique_ptr<Prior> flow_;
};

constexpr auto mean_name = "standard.mean", deviation_name = "standard.deviation";

class FlowTrainee : public Trainee {
 public:
  FlowTrainee(const Settings& s, const DataSet& data, FittedFlowPrior& prior)
      : data_(data), prior_(prior) {
    players.push_back(
        {"", &prior.parameters,
         AnyOptimiser(s.optimizer, prior.parameters, {.learning_rate = s.learning_rate})});
    const Moments m = moments(data.train);
    prior.standard = {m.mean, m.deviation};
    check_varied(m, "flow");
  }

  Bound record(Tape& tape, std::span<const std::uint32_t> rows, const Now&) override {
    const Var log_p = log_density(tape, data_.train, rows);
    const Var none = tape.constant(log_p.shape());
    std::fill(none.val().begin(), none.val().end(), Real{0});
    return {log_p, log_p, none};
  }
  std::optional<Evaluation> validate() override {
    const auto& rows = data_.validation.rows;
    OwnedMatrix log_p(Index(rows.size()), 1);
    Tape tape;
    evaluate_rows(tape, log_p.view(), [&](Index first, Index count) {
      return log_density(tape, data_.validation,
                         std::span(rows).subspan(std::size_t(first), std::size_t(count)));
    });
    Evaluation e;
    for (const Real l : log_p.numbers) e.objective += double(l) / double(rows.size());
    e.log_likelihood = e.objective, e.examples = rows.size();
    return e;
  }
  bool deterministic() const override { return true; }  // no bound: the density itself
  const char* likelihood_name() const override { return "log p(z)"; }

  std::vector<Tensor> weights() const override {
    std::vector<Tensor> all = Trainee::weights();
    const auto& [mean, deviation] = prior_.standard;
    all.push_back(tensor<double>(mean_name, {mean.size()}, mean));
    all.push_back(tensor<double>(deviation_name, {deviation.size()}, deviation));
    return all;
  }

 private:
  Var log_density(Tape& tape, const Examples& from, std::span<const std::uint32_t> rows) const {
    const Var z = tape.constant(Shape{Index(rows.size()), Index(prior_.standard.mean.size())});
    fill(z.val(), *from.file, rows, Binarize::none, 1, 0);
    return prior_.log_prob({}, z, 1);
  }

  const DataSet& data_;
  FittedFlowPrior& prior_;
};

constexpr Index width = 128;  // of each coupling's hidden layer

bool fit_flow_to(const OwnedMatrix& codes, FitSettings& fit, const fs::path& folder,
                 Observer& observer) {
  Settings s;
  s.likelihood = "gaussian", s.prior = "flow", s.prior_flows = fit.flows;
  s.hidden = {width}, s.latent = {codes.cols};
  s.epochs = fit.epochs, s.seed = fit.seed, s.patience = 5, s.batch = 256;
  s.learning_rate_schedule = "cosine";
  if (codes.rows < 12) s.validation = 1;  // a twelfth of them would be none
  run_on_codes(s, codes, folder);
  const DataSet data = load_training_data(s);
  FittedFlowPrior prior(codes.cols, fit.flows, width, s.seed);
  const Run run(s);
  write_data_record(run, data);
  FlowTrainee trainee(s, data, prior);
  Training training(s, data.train, trainee, run, observer);
  if (!s.resume.empty()) training.resume();
  training.run();
  return training.finished();
}

std::unique_ptr<Prior> load_flow(const fs::path& folder, Index latent) {
  const SafeTensors from = read_safetensors(folder / "run" / "best.safetensors");
  Index flows = 0;
  while (from.find(concat("prior.", flows, ".hidden.weight"))) ++flows;
  const Tensor* first = from.find("prior.0.hidden.weight");
  check(first && first->shape.size() == 2, from.file(), ": no weights of a flow", hint,
        "vaegrad fit-prior fits it again");
  auto prior = std::make_unique<FittedFlowPrior>(latent, flows, Index(first->shape[1]), 1);
  copy_tensors(from, "", prior->parameters);
  const std::size_t shape[] = {std::size_t(latent)};
  auto& [mean, deviation] = prior->standard;
  from.copy<double>(mean_name, shape, mean);
  from.copy<double>(deviation_name, shape, deviation);
  for (std::size_t j = 0; j < shape[0]; ++j)
    check(std::isfinite(mean[j]) && std::isfinite(deviation[j]) && deviation[j] > 0, from.file(),
          ": number ", j, " has the mean ", mean[j], " and the deviation ", deviation[j], hint,
          "vaegrad fit-prior fits it again");
  return prior;
}

}  // namespace

const Fit flow_fit{.name = "flow",
                   .what = "Real NVP, by maximum likelihood",
                   .trained = true,
                   .flows = true,
                   .fit = fit_flow_to,
                   .load = load_flow};

}  // namespace vaegrad::inline VAEGRAD_ABI
