#include <charconv>
#include <set>

#include <vaegrad/lab/uses/coder.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

// Weights by name, each taken once; what is left over belongs to a model that we do not know.
class Taker {
 public:
  explicit Taker(const RunFiles& run) : run_(run) {
    for (const Tensor& t : run.weights.tensors()) left_.insert(t.name);
  }

  bool has(const std::string& name) const { return left_.count(name) != 0; }
  std::vector<float> take(const std::string& name, std::size_t rows, std::size_t cols) {
    left_.erase(name);
    const std::size_t shape[] = {rows, cols};
    return run_.weights.values<float>(name, shape);
  }
  LayerWeights layer(const std::string& name) {
    const Tensor* weight = run_.weights.find(name + ".weight");
    check(weight && weight->shape.size() == 2, run_.weights_file.string(), ": no matrix ", name,
          ".weight", hint, "is this a file that vaegrad wrote?");
    const std::size_t in = weight->shape[0], out = weight->shape[1];
    return {name, std::ptrdiff_t(in), std::ptrdiff_t(out), take(name + ".weight", in, out),
            take(name + ".bias", 1, out)};
  }
  std::vector<LayerWeights> layers(const std::string& name) {
    std::vector<LayerWeights> all;
    while (has(concat(name, '.', all.size(), ".weight")))
      all.push_back(layer(concat(name, '.', all.size())));
    return all;
  }
  void check_empty() const {
    check(left_.empty(), run_.weights_file.string(), ": ", left_.size(),
          " weights that the coder does not know, such as ", left_.empty() ? "" : *left_.begin(),
          hint, "a model that compresses is a vae of --network mlp with --prior standard-normal");
  }

 private:
  const RunFiles& run_;
  std::set<std::string> left_;
};

// A fixed scale keeps its text, fixed:S: the number in it is the same for everybody.
PixelLikelihood pixel_likelihood(const RunFiles& run, Taker& from) {
  using Scale = PixelLikelihood::Scale;
  PixelLikelihood l{run.setting("likelihood"), run.image.size()};
  const std::string& scale = run.setting("likelihood-scale");
  constexpr std::string_view fixed = "fixed:";
  if (from.has("decoder.log_scale")) {
    l.scale = Scale::learned;
    l.scale_value = double(from.take("decoder.log_scale", 1, 1)[0]);
  } else if (scale.starts_with(fixed)) {
    l.scale = Scale::fixed;
    std::from_chars(scale.data() + fixed.size(), scale.data() + scale.size(), l.scale_value);
    check(l.scale_value > 1e-30, "likelihood-scale: '", scale, "' is no scale");
  } else if (scale == "per-dimension") {
    l.scale = Scale::per_pixel;
  }
  return l;
}

// Runs from before the setting was there have none.
double log_variance_bound(const RunFiles& run) {
  const auto found = run.config.find("log-variance-bound");
  if (found == run.config.end()) return 0;
  const std::string& text = found->second;
  double bound = -1;
  std::from_chars(text.data(), text.data() + text.size(), bound);
  check(bound >= 0 && bound <= 1e3, "log-variance-bound: '", text, "' is no bound");
  return bound;
}

}  // namespace

BitsBack make_coder(const RunFiles& run) {
  const std::string& model = run.setting("model");
  check(model == "vae" && run.conditions == 0, "--model ", model,
        model == "autoencoder" ? " has no posterior to take bits from"
                               : ": an archive does not hold what its images are conditioned on",
        hint, "compress with a run of --model vae");
  // The program that only unpacks has no table of objectives.
  const auto by = run.config.find("objective");
  check(by == run.config.end() || !by->second.starts_with("rae-"), "--objective ", by->second,
        " has no posterior to take bits from", hint, "compress with a run of --objective elbo");
  const auto network = run.config.find("network");
  check(network == run.config.end() || network->second == "mlp", "--network ", network->second,
        ": an archive is decoded by dense layers in exact arithmetic, other layers have none", hint,
        "compress with a run of --network mlp");
  const auto normalised = run.config.find("normalisation");
  check(normalised == run.config.end() || normalised->second == "none", "--normalisation ",
        normalised->second,
        ": an archive is decoded in exact arithmetic, which divides by no deviation", hint,
        "compress with a run of --normalisation none");
  const std::string& latent = run.setting("latent");
  check(latent.find(',') == latent.npos, "--latent ", latent,
        ": an archive's codes are of one layer", hint, "compress with a run of --latent 40");
  for (const auto& [setting, known] :
       {std::pair("posterior", "gaussian"), {"prior", "standard-normal"}}) {
    const auto found = run.config.find(setting);  // runs of version 0.1 do not say
    check(found == run.config.end() || found->second == known, "--", setting, ' ', found->second,
          ": an archive's codes are coded one by one, by the gaussian posterior and N(0, I)", hint,
          "compress with a run of --posterior gaussian --prior standard-normal");
  }
  check(run.image.channels == 1, "the run's images are ", run.image,
        ": an archive holds images of one channel", hint, "compress with a run on grey images");
  Taker from(run);
  VaeWeights w{.encoder = from.layers("encoder"),
               .mean = from.layer("encoder.mean"),
               .scale = from.layer("encoder.scale"),
               .decoder = from.layers("decoder"),
               .outputs = from.layer("decoder.outputs"),
               .activation = run.setting("activation"),
               .posterior_scale = run.setting("posterior-scale"),
               .log_variance_bound = log_variance_bound(run),
               .likelihood = pixel_likelihood(run, from)};
  from.check_empty();
  return BitsBack(w);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
