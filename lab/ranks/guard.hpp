// Guard: sees that a rank died, or can no longer be reached, which message passing itself would wait
// for without end. Each rank has a connection to the first and a thread that says every second that
// it lives. When one does not, the job ends within seconds, with a line that names it.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include <vaegrad/autodiff/error.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

class Guard {
 public:
  static constexpr int silence = 20;  // seconds after which a rank is lost

  // Of the first rank: opens a port. `address` is what the others need: its name, the job's
  // secret (who finds the port without it is not listened to), the port, its numbers in the network.
  explicit Guard(int ranks);
  // Of another: connects. Error: no address can be reached.
  Guard(int rank, const std::string& address);
  ~Guard();
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

  std::string address() const;
  void begin();  // once every rank has connected
  void way_out(const std::string& hint_text);
  // This rank ends, well or with an error. What went wrong on all of them, the first one says.
  void leave(const std::string& error);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vaegrad::inline VAEGRAD_ABI
