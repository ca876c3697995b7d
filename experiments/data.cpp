// vaegrad data: gets a data set, or writes one draw of its binarization. Not a viewer.
#include <fmt/format.h>

#include <algorithm>
#include <vaegrad/autodiff/kernels/parallel.hpp>
#include <vaegrad/lab/data/batches.hpp>
#include <vaegrad/lab/data/download.hpp>
#include <vaegrad/lab/data/drawn/drawn_sets.hpp>
#include <vaegrad/lab/data/formats/idx.hpp>
#include <vaegrad/lab/run/settings/settings.hpp>
#include <vaegrad/lab/run/training/progress.hpp>

#include "command.hpp"

namespace vaegrad {
namespace {

namespace fs = std::filesystem;

struct DataCall {
  std::string name, binarize;
  DownloadOptions download;
  std::uint64_t seed = 1;
  bool seeded = false;
  fs::path out;
};

DataCall data_call(Arguments arguments) {
  DataCall o;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& a = arguments[i];
    const auto value = [&] {
      check<UsageError>(i + 1 < arguments.size(), a, ": it needs a value", hint,
                        "vaegrad data --help");
      return arguments[++i];
    };
    if (a == "--data-dir") {
      o.download.data_dir = value();
    } else if (a == "--mirror") {
      o.download.mirrors.push_back(value());
    } else if (a == "--force") {
      o.download.force = true;
    } else if (a == "--binarize") {
      o.binarize = value();
    } else if (a == "--seed") {
      o.seed = std::uint64_t(integer_option("seed", value(), 0, INT64_MAX));
      o.seeded = true;
    } else if (a == "--out") {
      o.out = value();
    } else if (a == "--threads") {
      set_threads(int(integer_option("threads", value(), 1, 1024)));
    } else {
      check<UsageError>(!a.starts_with("--"), "unrecognised option '", a, "'", hint,
                        "vaegrad data --help lists the options");
      check<UsageError>(o.name.empty(), "'", a, "' belongs to no option", hint,
                        "one data set at a time");
      o.name = a;
    }
  }
  check<UsageError>(!o.name.empty(), "which data set?", hint,
                    "vaegrad data mnist, or binarized-mnist");
  return o;
}

// One draw of the test images' pixels: the one that an evaluation with this seed sees.
int write_draw(const DataCall& o) {
  check<UsageError>(o.binarize == "sample" || o.binarize == "threshold",
                    "--binarize: there is no '", o.binarize, "'", hint, "one of sample, threshold");
  check<UsageError>(!o.out.empty(), "--binarize: where to?", hint, "--out FILE.idx");
  const fs::path name = o.out.extension() == ".gz" ? o.out.stem() : o.out.filename();
  check<UsageError>(name.extension() == ".idx" || (!name.empty() && name.extension().empty()),
                    "--out ", o.out.string(), ": no format ", name.extension().string(), hint,
                    "what is written is IDX: a name that ends in .idx, .idx.gz or in nothing");
  check<UsageError>(!o.download.force && o.download.mirrors.empty(),
                    "--force and --mirror: nothing is downloaded with --binarize", hint,
                    "leave them away");
  check<UsageError>(o.binarize == "sample" || !o.seeded,
                    "--seed: nothing is drawn with --binarize threshold", hint, "leave it away");
  DataOptions options;
  options.data_dir = o.download.data_dir;
  options.seed = o.seed;
  const DataSet set = load_data_set(o.name, options);
  const Images& file = *set.test.file;
  check<UsageError>(!file.binary, o.name, ": it is binary already: its bytes are all 0 or 1", hint,
                    "use its own file");
  const auto how = o.binarize == "sample" ? Binarize::sample : Binarize::threshold;

  std::vector<std::uint8_t> bytes;
  bytes.reserve(set.test.count() * file.dimensions());
  std::vector<Real> x;
  constexpr std::size_t batch = 1000;
  for (std::size_t first = 0; first < set.test.count(); first += batch) {
    const auto rows =
        std::span(set.test.rows).subspan(first, std::min(batch, set.test.count() - first));
    x.resize(rows.size() * file.dimensions());
    fill({x.data(), Index(rows.size()), Index(file.dimensions())}, file, rows, how, o.seed,
         fixed_draw(Split::test));
    bytes.insert(bytes.end(), x.begin(), x.end());
  }
  const std::size_t dims[] = {set.test.count(), file.height, file.width, file.channels};
  write_idx(o.out, std::span(dims, file.channels == 1 ? 3 : 4), bytes);
  fmt::print("{}: {} test images of {}, bytes 0 and 1\n", o.out.string(), dims[0],
             concat(file.shape()));
  return 0;
}

int run_data(Arguments arguments) {
  const DataCall o = data_call(arguments);
  if (!o.binarize.empty()) return write_draw(o);
  check<UsageError>(o.out.empty() && !o.seeded, o.out.empty() ? "--seed" : "--out",
                    ": it goes with --binarize", hint,
                    "vaegrad data mnist --binarize sample --seed 1 --out test.idx");
  if (drawn_set(o.name)) {
    fmt::print("{}: built in, it needs no file\n", o.name);
    return 0;
  }
  const KnownSet* set = find_known_set(o.name);
  if (!set) {
    std::string names;
    for (const KnownSet& k : known_sets()) names += concat(k.name, ", ");
    fail<UsageError>("there is no data set '", o.name, "'", hint, "one of ", names,
                     drawn_set_names);
  }
  if (!set->package.empty()) {
    const fs::path own = data_folder(o.download.data_dir) / set->name;
    const fs::path folder = fs::exists(own) ? own : fs::path(set->installed);
    check(fs::exists(folder), o.name,
          ": it is not downloaded, Debian has it as a package: ", set->package, hint,
          "apt-get install ", set->package);
    fmt::print("{}: in {}, from Debian's package {}\n", o.name, folder.string(), set->package);
    return 0;
  }
  Progress progress;
  download(
      *set, o.download,
      [&](const KnownFile& file, std::size_t bytes, std::size_t all) {
        const double mb = 1e-6;
        progress.update(all ? fmt::format("{}  {:.1f} of {:.1f} MB", file.name, mb * double(bytes),
                                          mb * double(all))
                            : fmt::format("{}  {:.1f} MB", file.name, mb * double(bytes)));
      },
      [&](const KnownFile& file, const std::string& line) {
        progress.finish(fmt::format("{}  {}", file.name, line));
      });
  fmt::print("{}: {} files in {}, checksums right\n", o.name, set->files().size(),
             (data_folder(o.download.data_dir) / set->name).string());
  return 0;
}

std::string data_help() {
  return "usage: vaegrad data NAME [options]\n"
         "       vaegrad data NAME|PATH --binarize sample|threshold --out FILE.idx\n\n"
         "Downloads mnist or binarized-mnist and holds them against their checksums. With\n"
         "--binarize: writes one draw of the test images as an IDX file of bytes 0 and 1.\n"
         "(fashion-mnist is a Debian package, shapes and squares are built in.)\n\n"
         "  --data-dir DIR          holds NAME/ [$VAEGRAD_DATA or ~/.cache/vaegrad]\n"
         "  --mirror URL            a folder that has the files, not the known mirrors;\n"
         "                          given again: the next one to try\n"
         "  --force                 replace files that are there\n"
         "  --binarize HOW          sample: a pixel is 1 with probability grey / 255;\n"
         "                          threshold: where grey is at least 128\n"
         "  --seed N                of the draw [1]\n"
         "  --out FILE.idx          where the draw goes; FILE.idx.gz: packed by gzip\n"
         "  --threads N             [as many as this process may use]\n\n"
         "example: vaegrad data mnist\n"
         "         vaegrad data mnist --binarize sample --seed 1 --out mnist-test.idx\n";
}

}  // namespace

const Command data_command{"data", "downloads a data set, or writes a binarized draw of its images",
                           run_data, data_help};

}  // namespace vaegrad
