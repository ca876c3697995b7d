#include <fcntl.h>
#include <oneapi/dnnl/dnnl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <thread>

#include <vaegrad/autodiff/kernels/parallel.hpp>
#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/ranks/ranks.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

std::unique_ptr<Ranks>& held() {
  static auto* r = new std::unique_ptr<Ranks>(std::make_unique<Ranks>());
  return *r;
}

bool is_set(const char* variable) { return std::getenv(variable) != nullptr; }
int number(const char* variable) {
  const char* text = std::getenv(variable);
  return text ? std::atoi(text) : 0;
}
// The system's calls, but that nothing is written: what a rank that is not the first writes goes
// nowhere.
int open_to_read(const char* path, int flags, mode_t mode) {
  const bool writes = (flags & O_ACCMODE) != O_RDONLY;
  return system_calls.open(writes ? "/dev/null" : path, writes ? O_WRONLY | O_CLOEXEC : flags,
                           mode);
}
constexpr auto done = [](auto...) { return 0; };

void write_and_say_nothing() {
  writes_nothing = true;
  file_calls.open = open_to_read;
  file_calls.fsync = done;
  file_calls.rename = done;
  file_calls.unlink = done;
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  ::dup2(nowhere, STDOUT_FILENO);
  ::dup2(nowhere, STDERR_FILENO);
  ::close(nowhere);
}

// What the bits of a result depend on, besides the data and the options.
std::string instruction_set() {
#define VAEGRAD_TEXT_OF(x) #x
#define VAEGRAD_TEXT(x) VAEGRAD_TEXT_OF(x)
  return concat(VAEGRAD_TEXT(VAEGRAD_ABI), ", oneDNN ", dnnl_version()->major, '.',
                dnnl_version()->minor, '.', dnnl_version()->patch, " kernels ",
                int(dnnl_get_effective_cpu_isa()));
#undef VAEGRAD_TEXT
#undef VAEGRAD_TEXT_OF
}

// Unless the launcher bound each rank to cores of its own, those of a machine share all there are.
void share_cores() {
  const int beside = std::max(number("OMPI_COMM_WORLD_LOCAL_SIZE"), number("MPI_LOCALNRANKS"));
  const int all = int(std::thread::hardware_concurrency());
  if (beside > 1 && threads() >= all) set_threads(std::max(1, all / beside));
}

}  // namespace

Ranks& ranks() { return *held(); }

// By mpirun, or by srun with what MPI needs.
bool launched() {
  return is_set("OMPI_COMM_WORLD_RANK") || is_set("PMIX_RANK") || is_set("PMI_RANK");
}

void Ranks::gather(std::span<const std::byte> mine, std::span<std::byte> all) {
  std::copy(mine.begin(), mine.end(), all.begin());
}

std::vector<std::string> Ranks::gather(const std::string& mine) {
  std::vector<std::uint64_t> sizes(std::size_t(size_), mine.size());
  const std::uint64_t size = mine.size();
  gather(std::as_bytes(std::span(&size, 1)), std::as_writable_bytes(std::span(sizes)));
  const std::size_t longest = std::size_t(*std::max_element(sizes.begin(), sizes.end()));
  std::string padded = mine, all(longest * std::size_t(size_), '\0');
  padded.resize(longest);
  gather(std::as_bytes(std::span(padded)), std::as_writable_bytes(std::span(all)));
  std::vector<std::string> to;
  for (std::size_t r = 0; r < sizes.size(); ++r)
    to.push_back(all.substr(r * longest, std::size_t(sizes[r])));
  return to;
}

std::string Ranks::broadcast(std::string text) {
  std::uint64_t size = text.size();
  broadcast(std::as_writable_bytes(std::span(&size, 1)));
  text.resize(std::size_t(size));
  broadcast(std::as_writable_bytes(std::span(text)));
  return text;
}

void check_same_on_all_ranks(const std::string& what, const std::string& mine) {
  if (ranks().size() == 1) return;
  const std::vector<std::string> of_all = ranks().gather(mine);
  for (std::size_t r = 1; r < of_all.size(); ++r)
    check(of_all[r] == of_all[0], "rank ", r, " has another ", what, " than rank 0: ", of_all[r],
          " and ", of_all[0], hint, "the same program and the same data on every machine of a job");
}

void join_ranks(std::span<const std::string> arguments, std::unique_ptr<Ranks> (*launch)()) {
  if (!launched()) {
    check(!is_set("SLURM_PROCID") || number("SLURM_STEP_NUM_TASKS") < 2, "srun started ",
          number("SLURM_STEP_NUM_TASKS"), " tasks that do not know of each other", hint,
          "srun --mpi=pmix");
    return;
  }
  if (number("OMPI_COMM_WORLD_SIZE") == 1) return;
  held() = launch();
  if (ranks().size() == 1) return;
  share_cores();
  if (!ranks().first()) write_and_say_nothing();
  std::string line;
  for (const std::string& a : arguments) line += (line.empty() ? "" : " ") + a;
  check_same_on_all_ranks("version", VAEGRAD_VERSION);
  check_same_on_all_ranks("instruction set", instruction_set());
  check_same_on_all_ranks("command line", line);
}

void leave_ranks(const std::string& error) {
  if (ranks().size() == 1) return;
  ranks().leave(error);
  // With an error the others may be anywhere: MPI's own end, for which all must meet, is left out.
  if (error.empty())
    held() = std::make_unique<Ranks>();
  else
    static_cast<void>(held().release());
}

}  // namespace vaegrad::inline VAEGRAD_ABI
