#include <vaegrad/lab/ranks/message_passing.hpp>

#ifdef VAEGRAD_MPI
#include <boost/mpi.hpp>
#include <chrono>
#include <thread>

#include <vaegrad/lab/ranks/guard.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

class LaunchedRanks : public Ranks {
 public:
  LaunchedRanks() : environment_(boost::mpi::threading::funneled, false) {
    rank_ = world_.rank();
    size_ = world_.size();
    if (size_ == 1) return;
    std::string address;
    if (first()) {
      guard_ = std::make_unique<Guard>(size_);
      address = guard_->address();
    }
    boost::mpi::broadcast(world_, address, 0);
    if (!first()) guard_ = std::make_unique<Guard>(rank_, address);
    guard_->begin();
    MPI_Comm machine;
    MPI_Comm_split_type(world_, MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &machine);
    machine_ = boost::mpi::communicator(machine, boost::mpi::comm_take_ownership);
  }
  ~LaunchedRanks() override {
    for (MPI_Win& w : windows_) MPI_Win_free(&w);
    guard_.reset();
  }

  void exchange(std::span<const Outgoing> outgoing, std::span<const Incoming> incoming) override {
    requests_.clear();
    for (const Incoming& m : incoming)
      in_pieces(m.bytes, [&](auto piece) {
        MPI_Irecv(piece.data(), int(piece.size()), MPI_BYTE, m.from, 0, world_, next_request());
      });
    for (const Outgoing& m : outgoing) {
      sent_ += m.bytes.size();
      in_pieces(m.bytes, [&](auto piece) {
        MPI_Isend(piece.data(), int(piece.size()), MPI_BYTE, m.to, 0, world_, next_request());
      });
    }
    wait();
  }
  void gather(std::span<const std::byte> mine, std::span<std::byte> all) override {
    sent_ += mine.size() * std::size_t(size_ - 1);
    wait_for([&](MPI_Request* r) {
      MPI_Iallgather(mine.data(), int(mine.size()), MPI_BYTE, all.data(), int(mine.size()),
                     MPI_BYTE, world_, r);
    });
  }
  void broadcast(std::span<std::byte> bytes) override {
    in_pieces(bytes, [&](auto piece) {
      wait_for([&](MPI_Request* r) {
        MPI_Ibcast(piece.data(), int(piece.size()), MPI_BYTE, 0, world_, r);
      });
    });
  }
  bool first_on_machine() const override { return machine_.rank() == 0; }
  std::string broadcast_on_machine(std::string text) override {
    boost::mpi::broadcast(machine_, text, 0);
    return text;
  }
  std::span<std::byte> memory_of_machine(std::size_t bytes) override {
    void* memory = nullptr;
    MPI_Aint size = MPI_Aint(first_on_machine() ? bytes : 0);
    int unit = 1;
    MPI_Win_allocate_shared(size, 1, MPI_INFO_NULL, machine_, &memory, &windows_.emplace_back());
    MPI_Win_shared_query(windows_.back(), 0, &size, &unit, &memory);
    return {static_cast<std::byte*>(memory), std::size_t(size)};
  }
  void way_out(const std::string& hint_text) override { guard_->way_out(hint_text); }

  void leave(const std::string& error) override {
    // Until all are here the guard sees to it that none dies.
    if (error.empty()) wait_for([this](MPI_Request* r) { MPI_Ibarrier(world_, r); });
    guard_->leave(error);
  }

 private:
  // MPI counts in int.
  template <class Bytes, class F>
  static void in_pieces(Bytes bytes, F f) {
    constexpr std::size_t most = std::size_t{1} << 30;
    for (std::size_t at = 0; at < bytes.size(); at += most)
      f(bytes.subspan(at, std::min(most, bytes.size() - at)));
  }
  MPI_Request* next_request() { return &requests_.emplace_back(); }
  template <class Start>
  void wait_for(Start start) {
    requests_.clear();
    start(next_request());
    wait();
  }
  // Spins for as long as messages between cores take, then lets others work: MPI's own waiting
  // takes a core away from ranks that share it.
  void wait() {
    const auto began = std::chrono::steady_clock::now();
    for (int tries = 0;; ++tries) {
      int done = 0;
      MPI_Testall(int(requests_.size()), requests_.data(), &done, MPI_STATUSES_IGNORE);
      if (done) return;
      if (tries % 64) continue;
      const auto waited = std::chrono::steady_clock::now() - began;
      if (waited > std::chrono::milliseconds(20))
        std::this_thread::sleep_for(std::chrono::microseconds(100));
      else if (waited > std::chrono::microseconds(200))
        std::this_thread::yield();
    }
  }

  boost::mpi::environment environment_;
  boost::mpi::communicator world_, machine_;
  std::vector<MPI_Win> windows_;
  std::unique_ptr<Guard> guard_;
  std::vector<MPI_Request> requests_;
};

}  // namespace

std::unique_ptr<Ranks> launched_ranks() { return std::make_unique<LaunchedRanks>(); }

}  // namespace vaegrad::inline VAEGRAD_ABI

#else
namespace vaegrad::inline VAEGRAD_ABI {

std::unique_ptr<Ranks> launched_ranks() {
  fail("several ranks were started, but this vaegrad was built without MPI", hint,
       "apt-get install libboost-mpi-dev libopenmpi-dev openmpi-bin, and build it again");
}

}  // namespace vaegrad::inline VAEGRAD_ABI
#endif
