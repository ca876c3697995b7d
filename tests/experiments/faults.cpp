// Every call of the file layer fails in turn, under the program's own commands: each ends with one
// line and a hint, or gets through; no file under its final name is ever damaged; and what was
// under way is taken up again and gives the bytes that it gives without faults. One call in four,
// other ones for each kind of fault; with VAEGRAD_TEST_FAULTS=all each of them.
#include <doctest/doctest.h>
#include <sys/wait.h>

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <vaegrad/autodiff/kernels/parallel.hpp>
#include <vaegrad/lab/data/formats/idx.hpp>
#include <vaegrad/lab/run/run.hpp>

#include "../lab/folder.hpp"
#include "../support/faults.hpp"
#include "command.hpp"

using namespace vaegrad;

namespace {

namespace fs = std::filesystem;
using Kind = Faults::Kind;
using Files = std::map<std::string, std::string>;

// Nothing is shown meanwhile, and nothing drawn.
struct Quiet {
  int out = ::dup(1), err = ::dup(2);
  Quiet() {
    std::fflush(nullptr);
    const int null = ::open("/dev/null", O_WRONLY);
    ::dup2(null, 1), ::dup2(null, 2), ::close(null);
  }
  ~Quiet() {
    std::fflush(nullptr);
    ::dup2(out, 1), ::dup2(err, 2), ::close(out), ::close(err);
  }
};

void call(const Command& command, const std::vector<std::string>& arguments) {
  if (command.run(arguments) != 0) throw std::runtime_error("it was interrupted");
}

// The text of the error, or nothing.
std::string failure(const std::function<void()>& run) {
  const Quiet quiet;
  try {
    run();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

std::string bytes_of(const fs::path& path) { return read_file(path, std::size_t{1} << 24); }

// What a folder holds, without the times in it; each file is read as what it is, so that a damaged
// one throws. Temporaries are in nobody's way, and left out.
Files whole(const fs::path& folder) {
  Files files;
  if (!fs::exists(folder)) return files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const fs::path& path = entry.path();
    if (!entry.is_regular_file() || path.extension() == ".tmp") continue;
    std::string& text = files[fs::relative(path, folder)] = bytes_of(path);
    if (path.extension() == ".safetensors") {
      const SafeTensors read = read_safetensors(path);
      const Tensor* state = read.find("training.state");
      if (state) text.erase(std::size_t(text.find(state->bytes)), state->bytes.size());
    } else if (path.filename() == "metrics.csv") {
      text.clear();
      for (const Metrics& m : read_metrics(folder))
        text += concat(m.epoch, ' ', m.step, ' ', m.train_objective, ' ', m.valid_objective, '\n');
    } else if (path.filename() == "config.ini") {
      Settings settings;
      read_config(path, settings);
    } else if (path.extension() == ".json") {
      auto json = nlohmann::json::parse(text);
      json.erase("seconds_training"), json.erase("examples_per_second");
      text = json.dump();
    }
  }
  return files;
}
std::string difference(const Files& a, const Files& b) {
  std::string names;
  for (const auto& [name, text] : a)
    if (!b.count(name) || b.at(name) != text) names += name + ' ';
  for (const auto& [name, text] : b)
    if (!a.count(name)) names += "no " + name + ' ';
  return names;
}
bool left_over(const fs::path& folder) {
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.path().extension() == ".tmp") return true;
  return false;
}

const int stride = std::getenv("VAEGRAD_TEST_FAULTS") ? 1 : 4;

// `run` writes into the folder `out`, which is put back to what `before` is in front of each fault;
// `again` takes up what is left of it.
struct Operation {
  std::string name;
  fs::path out, before;
  std::function<void()> run, again;
  int faults = 0, reported = 0, survived = 0, deaths = 0;

  void put_back() const {
    fs::remove_all(out);
    if (!before.empty()) fs::copy(before, out, fs::copy_options::recursive);
  }

  struct Attempt {
    Kind kind;
    int error;
  };
  struct Outcome {
    bool reached;
    std::string failure;
  };
  Outcome under(Kind kind, int n, int error, std::size_t piece = 1 << 20) const {
    put_back();
    const Faults faults(n, kind, error, piece);
    const std::string text = failure(run);
    return {Faults::calls() >= n, text};
  }
  // .. in a process of its own
  bool dies_at(int n) const {
    put_back();
    const int status = status_at(n);
    const bool died = WIFEXITED(status) && WEXITSTATUS(status) == Faults::died_status;
    CAPTURE(status);
    REQUIRE((died || status == 0));
    return died;
  }
  int status_at(int n) const {
    const Quiet quiet;
    const pid_t child = ::fork();
    if (child == 0) {
      const Faults faults(n, Kind::died);
      try {
        run();
      } catch (...) {
      }
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return status;
  }

  void go_through(const std::function<void()>& afterwards = {}) {
    put_back();
    REQUIRE(failure(run) == "");
    const Files wanted = whole(out);
    REQUIRE(!wanted.empty());
    CAPTURE(name);
    const auto take_up = [&] {
      if (afterwards) afterwards();
      CHECK(failure(again) == "");
      CHECK(difference(whole(out), wanted) == "");
    };
    int first = 1;
    for (const Attempt& attempt : {Attempt{Kind::once, EIO}, Attempt{Kind::lasting, ENOSPC}})
      for (int n = first++;; n += stride) {
        CAPTURE(attempt.error);
        CAPTURE(n);
        const Outcome outcome = under(attempt.kind, n, attempt.error);
        if (!outcome.reached) break;  // there are not so many
        const std::string& text = outcome.failure;
        ++faults, ++(text.empty() ? survived : reported);
        const Files now = whole(out);  // throws when a file is damaged
        CHECK((!fs::exists(out) || !left_over(out)));
        if (text.empty()) {
          CHECK(difference(now, wanted) == "");
          continue;
        }
        CAPTURE(text);
        CHECK(std::count(text.begin(), text.end(), '\n') == 1);
        CHECK(text.find("\n  hint: ") != text.npos);
        take_up();
      }
    for (int n = first; dies_at(n); n += stride) {
      CAPTURE(n);
      ++faults, ++deaths;
      whole(out);
      take_up();
    }

    CHECK(under(Kind::small, 0, 0, 7).failure == "");
    CHECK(difference(whole(out), wanted) == "");
    put_back();
    const Files old = whole(out);
    CHECK(under(Kind::read_only, 0, 0).failure.find("system is read-only") != std::string::npos);
    CHECK(difference(whole(out), old) == "");
    faults += 2, ++survived, ++reported;
    MESSAGE(name << ": " << faults << " faults: " << reported << " reported, " << survived
                 << " survived, " << deaths << " deaths");
  }
};

// Grey images of 4 x 4, and what trains on them in milliseconds.
struct World {
  Folder folder;
  std::string images = (folder / "images.idx").native();
  std::string path = std::getenv("PATH") ? std::getenv("PATH") : "";

  World() {
    set_threads(1);
    ::setenv("PATH", "", 1);  // no gnuplot
    std::vector<std::uint8_t> pixels(60 * 16);
    for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = std::uint8_t(i * i % 251);
    const std::size_t dims[] = {60, 4, 4};
    write_idx(images, dims, pixels);
  }
  ~World() {
    ::setenv("PATH", path.c_str(), 1);
    set_threads(omp_get_max_threads());
  }
  std::vector<std::string> training(const fs::path& out, const char* epochs = "2") const {
    return {"--data",   images, "--binarize",   "sample", "--hidden", "4",
            "--latent", "2",    "--epochs",     epochs,   "--batch",  "20",
            "--out",    out,    "--keep-every", "1",      "--keep",   "checkpoint"};
  }
};

std::vector<std::string> operator+(std::vector<std::string> a, const std::vector<std::string>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

}  // namespace

TEST_CASE("faults in a training run, from its first file to its last") {
  const World world;
  const fs::path out = world.folder / "run";
  const auto resume = [&] {
    const bool kept = fs::exists(out / "checkpoint.safetensors");
    call(train_command, kept ? std::vector<std::string>{"--resume", out}
                             : world.training(out) + std::vector<std::string>{"--overwrite"});
  };
  Operation of{"train", out, "", [&] { call(train_command, world.training(out)); }, resume};
  of.go_through();
  CHECK(of.reported > 100 / stride);
  CHECK(of.deaths > 100 / stride);
}

TEST_CASE("faults in a run that goes on from its checkpoint") {
  const World world;
  const fs::path out = world.folder / "run", half = world.folder / "half";
  REQUIRE(failure([&] { call(train_command, world.training(half, "1")); }) == "");
  const auto resume = [&] { call(train_command, {"--resume", out, "--epochs", "2"}); };
  // .. and the last good checkpoint is always there
  Operation{"train --resume", out, half, resume, resume}.go_through(
      [&] { CHECK(fs::exists(out / "checkpoint.safetensors")); });
}

TEST_CASE("faults in a run that replaces another: never its settings with the other's weights") {
  const World world;
  const fs::path out = world.folder / "run", other = world.folder / "other";
  REQUIRE(
      failure([&] {
        call(train_command, world.training(other, "3") + std::vector<std::string>{"--seed", "7"});
      }) == "");
  const auto replace = [&] {
    call(train_command, world.training(out) + std::vector<std::string>{"--overwrite"});
  };
  const auto again = [&] {
    Settings settings;
    read_config(out / "config.ini", settings);
    if (settings.seed == 1 && fs::exists(out / "checkpoint.safetensors"))
      call(train_command, {"--resume", out});
    else
      replace();
  };
  Operation{"train --overwrite", out, other, replace, again}.go_through();
}

TEST_CASE("faults in commands that write one file: the old one, or the new one") {
  const World world;
  const fs::path run = world.folder / "run", out = world.folder / "out", old = world.folder / "old";
  REQUIRE(failure([&] { call(train_command, world.training(run)); }) == "");
  fs::create_directory(old);
  const std::string packed = (out / "a.vae").native(), plain = (out / "b.idx").native();
  REQUIRE(failure([&] {
            call(compress_command, {run, world.images, (old / "a.vae").native()});
          }) == "");
  const auto operation = [&](const char* name, const Command& command,
                             std::vector<std::string> arguments) {
    const auto calls = [&command, arguments] { call(command, arguments); };
    return Operation{name, out, old, calls, calls}.go_through();
  };
  operation("compress", compress_command, {run, world.images, packed});
  operation("decompress", decompress_command, {run, packed, plain});
  operation("encode", encode_command, {run, "--mean", "--out", (out / "codes.npy").native()});
  operation("data --binarize", data_command,
            {world.images, "--binarize", "sample", "--out", (out / "draw.idx.gz").native()});
}
