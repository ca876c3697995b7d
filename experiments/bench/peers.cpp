#include "peers.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <boost/process/child.hpp>
#include <boost/process/io.hpp>
#include <boost/process/pipe.hpp>
#include <boost/process/search_path.hpp>
#include <boost/process/system.hpp>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <thread>
#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/files/temporary_folder.hpp>

#include "../command.hpp"
#include "machine.hpp"
#include "tape_step.hpp"

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

namespace fs = std::filesystem;
namespace process = boost::process;
using nlohmann::json;

constexpr int compared_steps = 20, curve_seeds = 4, most_curve_steps = 300, least_curve_steps = 60;
constexpr double curve_seconds = 60;  // of all of them together
constexpr double float_noise = 1e-3;  // relative; Adam's first steps amplify the last bits

struct Known {
  const char *name, *module, *script, *argument;
};
constexpr Known known[] = {{"torch eager", "torch", "torch_step.py", "eager"},
                           {"torch compiled", "torch", "torch_step.py", "compiled"},
                           {"jax", "jax", "jax_step.py", ""}};

template <class T>
void write_array(const fs::path& file, std::span<const T> values) {
  write_atomically(file, {reinterpret_cast<const char*>(values.data()), values.size_bytes()});
}

// One peer: a process that answers each line with a line (peers/protocol.py).
class Peer {
 public:
  Peer(const std::string& python, const Known& what)
      : name(what.name),
        child_(python, (fs::path(VAEGRAD_PEERS) / what.script).string(), what.argument,
               process::std_in<to_, process::std_out> from_) {
    // No peer that starts later may hold this end open: this one would never see its orders end.
    fcntl(to_.pipe().native_sink(), F_SETFD, FD_CLOEXEC);
    answer();
  }
  ~Peer() {
    to_.pipe().close();
    std::error_code ignored;
    child_.wait(ignored);
  }
  json ask(const json& order) {
    to_ << order.dump() << std::endl;
    return answer();
  }
  double ms(int steps) { return ask({{"do", "time"}, {"steps", steps}}).at("ms"); }

  const std::string name;

 private:
  json answer() {
    std::string line;
    check(std::getline(from_, line).good(), "bench --peers: ", name, " ended without an answer",
          hint, "what it printed above says why");
    return json::parse(line);
  }
  process::opstream to_;
  process::ipstream from_;
  process::child child_;
};

}  // namespace

struct Peers::Implementation {
  const Images& images;
  TemporaryFolder temporary{"bench"};
  const fs::path& folder = temporary.path();
  std::vector<std::unique_ptr<Peer>> peers = {};
  std::vector<std::uint32_t> order = permutation(std::uint32_t(images.count), 1, Purpose::shuffle);

  std::span<const std::uint32_t> rows(const BenchCase& what, std::uint32_t step) const {
    const std::size_t batch = std::size_t(what.batch);
    return std::span(order).subspan(step % (order.size() / batch) * batch, batch);
  }
  fs::path file(const char* name) const { return folder / name; }
};

Peers::Peers(const std::string& wanted, const Images& images)
    : in_(new Implementation{.images = images}) {
  const char* named = std::getenv("VAEGRAD_PYTHON");
  const std::string asked = !wanted.empty() ? wanted : named ? named : "python3";
  const std::string program =
      asked.find('/') == std::string::npos ? process::search_path(asked).string() : asked;
  check(!program.empty(), "bench --peers: there is no ", asked, hint, "--python PATH names one");
  for (const Known& what : known) {
    std::error_code error;
    const int status =
        process::system(program, "-c", fmt::format("import {}", what.module),
                        process::std_out > process::null, process::std_err > process::null, error);
    if (error || status)
      say("bench --peers: {} has no {}: left out\n", program, what.module);
    else
      in_->peers.push_back(std::make_unique<Peer>(program, what));
  }
  check(!in_->peers.empty(), "bench --peers: ", program, " has neither torch nor jax", hint,
        "python3 -m venv peers && peers/bin/pip install torch jax, then --python peers/bin/python");
  write_array<std::uint8_t>(in_->file("images"), images.bytes);
  write_array<std::uint32_t>(in_->file("order"), in_->order);
}

Peers::~Peers() = default;

namespace {

// What a peer is told of a case.
json order_of(const BenchCase& what, const Peers::Implementation& in) {
  json order = {{"do", "case"},
                {"hidden", what.hidden},
                {"latent", what.latent},
                {"activation", what.activation},
                {"batch", what.batch},
                {"particles", what.particles},
                {"importance_weighted", what.importance_weighted},
                {"dimensions", what.dimensions},
                {"convolutions", json::array()}};
  for (const ConvolutionGeometry& g : geometries(network(what.network), what.image))
    order["convolutions"].push_back({{"channels_in", g.in.channels},
                                     {"channels", g.channels},
                                     {"height", g.in.height},
                                     {"width", g.in.width},
                                     {"kernel", g.kernel},
                                     {"stride", g.stride},
                                     {"padding", g.padding}});
  for (const char* name : {"weights", "images", "order", "noise"})
    order[fmt::format("{}_file", name)] = in.file(name).string();
  return order;
}

// Our losses of the first steps, with first weights and noise that are written down for the peers.
std::vector<double> written_losses(const BenchCase& what, const Peers::Implementation& in,
                                   TapeStep& step, json& order) {
  std::vector<Real> weights, noise;
  for (const auto& [name, param] : step.model.parameters.list()) {
    const ConstMatrix w = step.model.parameters.value(param);
    weights.insert(weights.end(), w.begin(), w.end());
    order["shapes"].push_back({param.shape.rows, param.shape.cols});
  }
  const Shape drawn{what.batch * what.particles, what.latent};
  std::vector<double> losses;
  for (std::uint32_t i = 0; i < compared_steps; ++i) {
    const auto examples = in.rows(what, i);
    losses.push_back(step(examples, i));
    noise.resize(noise.size() + std::size_t(drawn.size()));
    Stream(1, Purpose::latent, i, examples, std::uint32_t(what.particles))
        .normal({noise.data() + noise.size() - drawn.size(), drawn.rows, drawn.cols});
  }
  write_array<Real>(in.file("weights"), weights);
  write_array<Real>(in.file("noise"), noise);
  return losses;
}

// Mean and standard error of a late loss over seeds.
void take_curve(PeerRow& row, const std::function<double(int seed)>& loss_of) {
  double sum = 0, squares = 0;
  for (int seed = 1; seed <= curve_seeds; ++seed) {
    const double loss = loss_of(seed);
    sum += loss, squares += loss * loss;
  }
  row.curve_loss = sum / curve_seeds;
  const double variance = std::max(0.0, squares / curve_seeds - row.curve_loss * row.curve_loss);
  row.curve_error = std::sqrt(variance / (curve_seeds - 1));
}

double our_late_loss(const BenchCase& what, const Peers::Implementation& in, int seed, int steps) {
  TapeStep fresh(what, in.images);
  double late = 0;
  for (std::uint32_t i = 0; int(i) < steps; ++i) {
    const double loss = fresh(in.rows(what, i), i + 1000 * std::uint32_t(seed));
    if (int(i) >= steps - steps / 3) late += loss / (steps / 3);
  }
  return late;
}

// Error: it computes something else than we do.
PeerRow compared(Peer& peer, const BenchCase& what, const json& order,
                 const std::vector<double>& losses) {
  peer.ask(order);
  PeerRow row{.name = peer.name};
  const std::vector<double> theirs =
      peer.ask({{"do", "losses"}, {"steps", compared_steps}}).at("losses");
  for (std::size_t i = 0; i < theirs.size(); ++i)
    row.loss_difference =
        std::max(row.loss_difference, std::abs(theirs[i] - losses[i]) / std::abs(losses[i]));
  check(row.loss_difference < float_noise, "bench --peers: ", what.name, ": ", peer.name,
        " computes something else: largest relative difference of the losses ",
        row.loss_difference);
  return row;
}

// In turns of some 60 ms, ms(who, steps) each; the median ms of each, and of its ratio to the first.
struct Times {
  std::vector<std::vector<double>> ms, ratios;
  std::vector<int> steps;

  // The first steps compile and allocate.
  void begin(std::size_t count, const std::function<double(std::size_t who, int steps)>& of) {
    ms.resize(count), ratios.resize(count);
    for (std::size_t who = 0; who < count; ++who) {
      of(who, 5);
      first.push_back(of(who, 5));
      steps.push_back(std::max(3, int(60 / first.back())));
    }
  }
  void take(double seconds, const std::function<double(std::size_t who, int steps)>& of) {
    for (double spent = 0; ms[0].size() < 9 || spent < seconds;)
      for (std::size_t who = 0; who < ms.size(); ++who) {
        ms[who].push_back(of(who, steps[who]));
        ratios[who].push_back(ms[who].back() / ms[0].back());
        spent += 1e-3 * steps[who] * ms[who].back();
      }
  }
  // A step of each, seconds
  double together() const { return 1e-3 * std::accumulate(first.begin(), first.end(), 0.0); }
  // .. and a turn of each
  double turn() const {
    double sum = 0;
    for (std::size_t who = 0; who < first.size(); ++who)
      sum += 1e-3 * steps[who] * first[who] + 0.25;
    return sum;
  }

  std::vector<double> first;
};

}  // namespace

std::vector<PeerRow> Peers::measure(const BenchCase& what, double seconds,
                                    const std::function<void(double)>& about) {
  std::vector<PeerRow> rows(1);
  rows[0].name = "vaegrad";
  json order = order_of(what, *in_);
  TapeStep step(what, in_->images);
  const std::vector<double> losses = written_losses(what, *in_, step, order);
  for (const auto& peer : in_->peers) rows.push_back(compared(*peer, what, order, losses));

  std::uint32_t number = 0;
  const auto ms = [&](std::size_t who, int steps) {
    // A pause, for what still spins: OpenMP's threads of the one before do so for up to 0.2 s.
    std::this_thread::sleep_for(std::chrono::milliseconds(250));
    if (who) return in_->peers[who - 1]->ms(steps);
    return 1e3 / steps * seconds_of([&] {
             for (int i = 0; i < steps; ++i) ++number, step(in_->rows(what, number), number);
           });
  };
  Times times;
  times.begin(rows.size(), ms);
  const int curve_steps =
      std::clamp(int(curve_seconds / (curve_seeds * times.together())) / 30 * 30, least_curve_steps,
                 most_curve_steps);
  about(curve_steps * curve_seeds * times.together() + std::max(9 * times.turn(), seconds));
  times.take(seconds, ms);
  for (std::size_t who = 0; who < rows.size(); ++who) {
    PeerRow& row = rows[who];
    row.ms_per_step = median(times.ms[who]), row.times_ours = median(times.ratios[who]);
    row.curve_steps = curve_steps;
    take_curve(row, [&](int seed) {
      if (who == 0) return our_late_loss(what, *in_, seed, curve_steps);
      return in_->peers[who - 1]
          ->ask({{"do", "curve"}, {"steps", curve_steps}, {"seed", seed}})
          .at("loss")
          .get<double>();
    });
  }
  return rows;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
