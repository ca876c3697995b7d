#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include <vaegrad/autodiff/by_name.hpp>
#include <vaegrad/lab/data/formats/npy.hpp>
#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/uses/fits/fit.hpp>
#include <vaegrad/models/coding/crc64.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

namespace fs = std::filesystem;

std::span<const Fit* const> fits() {
#define ROW(name) &name##_fit,
  static constexpr const Fit* table[] = {VAEGRAD_FITS(ROW)};
#undef ROW
  return table;
}
const Fit& fit(std::string_view name) { return row_named(fits(), name, "prior"); }

std::string fingerprint(const Model& model) {
  Crc64 crc;
  for (const Parameters* p : {&model.parameters, &model.buffers}) {
    const auto bytes = std::as_bytes(p->values());
    crc.add(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  }
  return fmt::format("{:016x}", crc.value());
}

OwnedMatrix codes_to_fit(const Model& model, const Examples& examples, const Settings& settings) {
  check<UsageError>(!model.posterior->sphere,
                    "its codes lie on a sphere, and a prior is fitted to codes that lie anywhere",
                    hint, "vaegrad sample draws from the prior, --from aggregate from its codes");
  check<UsageError>(model.latent > 0 && model.given_pixels.empty() && (model.standard_normal),
                    "its prior is learnt with the model, and is another for each condition or is "
                    "fitted already",
                    hint, "a run of --model vae or autoencoder, with --prior standard-normal");
  check<UsageError>(!model.hierarchical(),
                    "its prior is one of several layers, and a prior is fitted to the codes of one",
                    hint, "--prior mixture, vamp or flow are learnt with such a model");
  return encode(model, examples, settings, model.deterministic ? Code::mean : Code::sample);
}

double mean_log_density(const Prior& prior, const Model& model, ConstMatrix codes) {
  constexpr Index batch = 500;
  double sum = 0;
  Tape tape;
  for (Index first = 0; first < codes.rows; first += batch) {
    tape.reset();
    const Var z = tape.constant(
        ConstMatrix{codes.row(first), std::min(batch, codes.rows - first), codes.cols});
    const Var log_p = prior.log_prob(prior.given(tape, {}, *model.inference), z, 1);
    for (const Real p : log_p.val()) sum += double(p);
  }
  return sum / double(codes.rows);
}

void check_varied(const Moments& m, const char* prior) {
  for (std::size_t j = 0; j < m.deviation.size(); ++j)
    check(m.deviation[j] > 0, prior, ": number ", j, " of every code is ", m.mean[j], hint,
          "a run whose latents say something, or fewer of them; or --prior mixture");
}

void run_on_codes(Settings& s, const OwnedMatrix& codes, const fs::path& folder) {
  // No code is set aside to test on, which fit-prior does by those of the test images.
  s.data = (folder / "codes.npy").string(), s.test_data = s.data;
  s.out = folder / "run";
  const std::size_t shape[] = {std::size_t(codes.rows), std::size_t(codes.cols)};
  const auto content = [](const fs::path& file) {
    std::error_code error;
    return fs::exists(file, error) ? read_file(file, SIZE_MAX) : std::string();
  };
  const std::string codes_before = content(s.data);
  write_npy<Real>(s.data, shape, codes.numbers);
  std::error_code error;
  if (fs::exists(s.out / "checkpoint.safetensors", error) && content(s.data) == codes_before &&
      content(s.out / "config.ini") == config_text(s))
    s.resume = s.out;
  s.overwrite = s.resume.empty();
}

namespace {
fs::path folder_of(const LoadedRun& run, const Fit& fit) {
  return run.folder / concat("prior-", fit.name);
}
// The fingerprint of those that it was fitted to; empty where nothing was.
std::string weights_of(const fs::path& folder) {
  const fs::path file = folder / "fit.json";
  std::error_code error;
  if (!fs::exists(file, error)) return "";
  const auto json = nlohmann::json::parse(read_file(file, std::size_t{1} << 20), nullptr, false);
  const bool there = json.is_object() && json.contains("weights") && json["weights"].is_string();
  check(there, file.string(), ": damaged, or not written by vaegrad", hint,
        "remove it, and vaegrad fit-prior fits again");
  return json["weights"].get<std::string>();
}
}  // namespace

bool is_fitted(const LoadedRun& run, const Fit& fit) {
  return weights_of(folder_of(run, fit)) == fingerprint(*run.model);
}

void use_fitted_prior(LoadedRun& run, const Fit& fit) {
  const fs::path folder = folder_of(run, fit);
  const std::string of = weights_of(folder),
                    command =
                        concat("vaegrad fit-prior ", typed(run.folder), " --prior ", fit.name);
  check(!of.empty(), run.folder.string(), ": no ", fit.name, " was fitted to the codes of this run",
        hint, command);
  check(of == fingerprint(*run.model), folder.string(),
        ": fitted to other weights than those of this run now", hint, command,
        "; or --weights best, where it was fitted to those");
  run.model->prior = fit.load(folder, run.model->latent);
  run.model->standard_normal = false, run.model->fitted_prior = true;
  // Of training alone: under a fitted prior no latent has a KL of its own.
  setting("free-bits").set(run.settings, setting("free-bits").get({}));
}

}  // namespace vaegrad::inline VAEGRAD_ABI
