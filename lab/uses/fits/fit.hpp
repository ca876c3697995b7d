// Priors fitted to the codes of a trained run, after training. A VAE's decoder knows codes as its
// encoder makes them, and where these do not fill the prior, what is drawn from the prior is
// nothing that it has learnt to decode: a prior fitted to the codes draws what was encoded. Of an
// autoencoder, which has no prior, it is the only one.
//
// What is fitted lies in the run's folder, prior-NAME/, and belongs to the weights that it was
// fitted to. Adding one: a file with its row, and its name in VAEGRAD_FITS.
#pragma once
#include <vaegrad/lab/run/training/training.hpp>
#include <vaegrad/lab/uses/features.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// What a fit may heed.
struct FitSettings {
  Index components = 0;  // 0: of many codes 100, of fewer those that are best on held out ones
  std::uint64_t seed = 1;
  int epochs = 40;
  Index flows = 8;
};

// A row of the table: its name and the help's words for it, what it heeds, how it is fitted.
struct Fit {
  const char *name, *what;
  bool components = false;  // heeds FitSettings::components
  bool trained = false;     // heeds FitSettings::epochs
  bool flows = false;       // heeds FitSettings::flows
  bool bound = false;       // of log p(z) there is only a bound from below, in the mean
  // Fits to codes (N, Z), one for each example, and leaves the files in `folder`. false: the
  // observer stopped it; the same call goes on from there. What it chose stands in the settings.
  bool (*fit)(const OwnedMatrix& codes, FitSettings&, const std::filesystem::path& folder,
              Observer&);
  std::unique_ptr<Prior> (*load)(const std::filesystem::path& folder, Index latent);
};

// The first is the default.
#define VAEGRAD_FITS(ROW) \
  ROW(mixture)            \
  ROW(two_stage)          \
  ROW(flow)

#define ROW(name) extern const Fit name##_fit;
VAEGRAD_FITS(ROW)
#undef ROW

// The table.
std::span<const Fit* const> fits();
const Fit& fit(std::string_view name);  // UsageError: the names there are

// For a fit that is a run on these codes: they lie in `folder`, the run in run/ there. One of the
// same codes and settings that was interrupted goes on, any other begins anew.
void run_on_codes(Settings& settings, const OwnedMatrix& codes,
                  const std::filesystem::path& folder);

// Error: a number is the same in every code.
void check_varied(const Moments& of_codes, const char* prior);

// Which weights a prior is fitted to.
std::string fingerprint(const Model& model);

// The codes that priors are fitted to: one draw of q(z|x) for each example, the code itself of an
// autoencoder. UsageError: a model whose prior is not the same for every code.
OwnedMatrix codes_to_fit(const Model& model, const Examples& examples, const Settings& settings);

// Mean log p(z) of these codes, nats.
double mean_log_density(const Prior& prior, const Model& model, ConstMatrix codes);

// Whether one was fitted to the codes of this run as its weights are now.
bool is_fitted(const LoadedRun& run, const Fit& fit);
// Draws and densities are those of the fitted prior from here on. Errors: none was fitted, or to
// other weights.
void use_fitted_prior(LoadedRun& run, const Fit& fit);

}  // namespace vaegrad::inline VAEGRAD_ABI
