// Ranks: the processes of one job on one or many machines, as `mpirun -n N` or `srun` starts them.
// All of them run the same program on the same data. What takes time is spread over them, and what
// one of them computed is the same bits whichever did it; so N ranks leave what one would have. The
// first alone writes files and talks. A process that nobody else was started with is rank 0 of 1.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <vaegrad/lab/files/lock.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

class Ranks {
 public:
  // Bytes for another rank, or from it.
  struct Outgoing {
    int to;
    std::span<const std::byte> bytes;
  };
  struct Incoming {
    int from;
    std::span<std::byte> bytes;
  };

  virtual ~Ranks() = default;
  int rank() const { return rank_; }
  int size() const { return size_; }
  bool first() const { return rank_ == 0; }
  std::uint64_t bytes_sent() const { return sent_; }  // by this rank, so far

  // All of these at once; back when they are done. What goes from one rank to another arrives in
  // the order in which it was given.
  virtual void exchange(std::span<const Outgoing>, std::span<const Incoming>) {}
  // Everybody's bytes, in the order of the ranks: as many of each as of this one.
  virtual void gather(std::span<const std::byte> mine, std::span<std::byte> all);
  // The first rank's bytes to all.
  virtual void broadcast(std::span<std::byte>) {}
  // Of the ranks on one machine: whether this is the first; a text of that one to the others; and
  // memory that all of them see, as long as the program runs, of as many bytes as the first asks for.
  virtual bool first_on_machine() const { return true; }
  virtual std::string broadcast_on_machine(std::string text) { return text; }
  virtual std::span<std::byte> memory_of_machine(std::size_t) { return {}; }
  // This rank ends, with an error or well.
  virtual void leave(const std::string& /*error*/) {}
  // How the job goes on after one of them died, for the last line that is printed.
  virtual void way_out(const std::string&) {}

  void meet() { gather(std::string()); }                     // nobody goes on before all are here
  std::vector<std::string> gather(const std::string& mine);  // texts of any length
  std::string broadcast(std::string text);                   // that of the first

 protected:
  int rank_ = 0, size_ = 1;
  std::uint64_t sent_ = 0;
};

Ranks& ranks();  // those of this process

// Whether a launcher started this process as a rank, perhaps of others.
bool launched();
// Once, at the start of a program: joins the others, where there are any, by `launch`, which is
// launched_ranks (message_passing.hpp) in a program that links MPI. From then on a rank that
// is not the first writes no files and prints nothing. Errors: this program cannot, or ranks were
// started with another version, instruction set or command line.
void join_ranks(std::span<const std::string> arguments, std::unique_ptr<Ranks> (*launch)());
// Once, at its end; `error` is what it ended with, empty of success.
void leave_ranks(const std::string& error = {});

// The lock of a folder that the first rank holds for all.
template <class... Words>
FolderLock lock_of_first_rank(const std::filesystem::path& folder, Words... words) {
  return ranks().first() ? FolderLock(folder, words...) : FolderLock();
}

// Error, naming the rank: something that must be the same on all of them is not.
void check_same_on_all_ranks(const std::string& what, const std::string& mine);

}  // namespace vaegrad::inline VAEGRAD_ABI
