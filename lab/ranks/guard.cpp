#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <mutex>
#include <random>
#include <sstream>
#include <thread>
#include <utility>

#include <vaegrad/lab/ranks/connection.hpp>
#include <vaegrad/lab/ranks/guard.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

using Clock = std::chrono::steady_clock;

// What goes over a connection: a byte that says what follows, and a text that ends with a zero.
enum Word : char {
  hello = 'h',    // the job's secret, number and host
  alive = '.',    // nothing else
  failed = 'e',   // the error this rank ends with
  goodbye = 'g',  // it ends, and all is well
  stop = 's',     // of the first: the job is over
};

}  // namespace

struct Guard::State {
  // Somebody at the other end of a connection.
  struct Peer {
    int socket = -1, rank = -1;
    std::string host = {};
    std::string unread = {};
    Clock::time_point heard = Clock::now();
    bool gone = false;  // said goodbye

    bool say(Word word, const std::string& text = {}) const {
      const std::string all = std::string(1, word) + text + '\0';
      return ::send(socket, all.data(), all.size(), MSG_NOSIGNAL | MSG_DONTWAIT) ==
             ssize_t(all.size());
    }
  };

  int rank = 0, port = 0, listening = -1;
  std::size_t expected = 0;  // connections
  std::string secret;        // of the job: whoever else finds the port is not listened to
  std::vector<std::string> addresses;
  std::vector<Peer> peers;
  int wake[2] = {-1, -1};
  std::thread thread;
  std::mutex mutex;  // of what follows
  std::string hint_text;
  bool leaving = false;

  // One line that names it, and the end of this process: no destructor, no exit handler, for they
  // would wait for those who are not there.
  [[noreturn]] void end(const std::string& line) {
    std::string rest;
    {
      const std::lock_guard lock(mutex);
      rest = hint_text;
    }
    if (!line.empty()) {
      const std::string text =
          "vaegrad: " + line + (rest.empty() ? std::string() : "\n  hint: " + rest) + "\n";
      if (::write(error_output, text.data(), text.size()) < 0) ::_exit(1);
    }
    for (const Peer& p : peers) p.say(stop);
    ::_exit(1);
  }
  std::string name(const Peer& p) const {
    return fmt::format("rank {} on {}", p.rank, p.host.empty() ? "?" : p.host);
  }

  int error_output = STDERR_FILENO;  // kept, should the rank be silenced

  void accept_one() {
    const int s = ::accept4(listening, nullptr, nullptr, SOCK_CLOEXEC);
    if (s < 0) return;
    without_delay(s);
    peers.push_back({.socket = s});
  }

  // What has come. False: the connection has ended.
  bool read(Peer& p) {
    char text[4096];
    const ssize_t n = ::recv(p.socket, text, sizeof text, MSG_DONTWAIT);
    if (n == 0) return false;
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    p.heard = Clock::now();
    p.unread.append(text, std::size_t(n));
    // Of a stranger nothing counts, not even much of it.
    if (p.rank < 0 && p.unread.size() > 1000) return false;
    for (std::size_t zero; (zero = p.unread.find('\0')) != std::string::npos;) {
      heard(p, Word(p.unread[0]), p.unread.substr(1, zero - 1));
      p.unread.erase(0, zero + 1);
    }
    return true;
  }

  void heard(Peer& p, Word word, const std::string& text) {
    if (p.rank < 0) {
      std::istringstream in(text);
      std::string said, host;
      int number = -1;
      if (word == hello && in >> said >> number >> host && said == secret && number > 0)
        p.rank = number, p.host = host;
    } else if (word == goodbye) {
      p.gone = true;
    } else if (word == stop) {
      end("");
    } else if (word == failed) {
      p.gone = true;
      // Most errors meet all ranks, and the first says them itself, in a moment.
      for (int i = 0; i < 50; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        const std::lock_guard lock(mutex);
        if (leaving) return;
      }
      {
        const std::lock_guard lock(mutex);
        hint_text.clear();  // the error has its own
      }
      end(name(p) + ": " + text);
    }
  }

  void lost(Peer& p, const std::string& how) {
    {
      const std::lock_guard lock(mutex);
      if (leaving) return;
    }
    // Of the first one all others lose sight: the next one speaks.
    end(rank == 0 || rank == 1 ? name(p) + " " + how : std::string());
  }

  void watch() {
    auto beat = Clock::now();
    for (;;) {
      std::vector<pollfd> all{{wake[0], POLLIN, 0}};
      for (const Peer& p : peers)
        all.push_back({p.gone || p.socket < 0 ? -1 : p.socket, POLLIN, 0});
      const auto before = Clock::now();
      ::poll(all.data(), all.size(), 500);
      if (all[0].revents) return;
      const auto now = Clock::now();
      // The whole job slept (a suspended laptop, SIGSTOP): nobody could speak.
      if (now - before > std::chrono::seconds(5))
        for (Peer& p : peers) p.heard = now;
      for (std::size_t i = 0; i < peers.size(); ++i) {
        Peer& p = peers[i];
        if (p.gone) continue;
        if (all[i + 1].revents && !read(p)) {
          if (!p.gone) lost(p, "has died");
          p.gone = true;
        }
      }
      if (now - beat < std::chrono::seconds(1)) continue;
      beat = now;
      for (Peer& p : peers) {
        if (p.gone) continue;
        p.say(alive);
        if (now - p.heard > std::chrono::seconds(silence)) {
          lost(p, "has not been heard of for " + fmt::format("{} s", int(silence)));
          p.gone = true;
        }
      }
    }
  }
};

Guard::Guard(int ranks) : state_(std::make_unique<State>()) {
  State& s = *state_;
  s.expected = std::size_t(ranks - 1);
  std::random_device random;
  for (int i = 0; i < 4; ++i) s.secret += fmt::format("{:08x}", random());
  s.addresses = own_addresses();
  s.listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = INADDR_ANY;
  socklen_t size = sizeof at;
  check(s.listening >= 0 &&
            ::bind(s.listening, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0 &&
            ::listen(s.listening, 1024) == 0 &&
            ::getsockname(s.listening, reinterpret_cast<sockaddr*>(&at), &size) == 0,
        "ranks: cannot open a port for the others: ", std::strerror(errno));
  s.port = ntohs(at.sin_port);
}

std::string Guard::address() const {
  return fmt::format("{} {} {} {}", host_name(), state_->secret, state_->port,
                     fmt::join(state_->addresses, " "));
}

Guard::Guard(int rank, const std::string& address) : state_(std::make_unique<State>()) {
  State& s = *state_;
  s.rank = rank;
  std::istringstream in(address);
  std::string name;
  in >> name >> s.secret >> s.port;
  for (std::string host; s.peers.empty() && in >> host;)
    if (const int socket = connect_to(host, s.port); socket >= 0)
      s.peers.push_back({.socket = socket, .rank = 0, .host = name});
  check(!s.peers.empty(), "rank ", rank, ": the first rank, on ", name, ", cannot be reached", hint,
        "machines of a job must reach each other by TCP, at any port");
  s.peers[0].say(hello, fmt::format("{} {} {}", s.secret, rank, host_name()));
}

void Guard::begin() {
  State& s = *state_;
  const auto until = Clock::now() + std::chrono::seconds(silence);
  const auto known = [&] {
    return std::size_t(
        std::count_if(s.peers.begin(), s.peers.end(), [](const auto& p) { return p.rank >= 0; }));
  };
  while (known() < s.expected) {
    std::vector<pollfd> all{{s.listening, POLLIN, 0}};
    for (const auto& p : s.peers) all.push_back({p.socket, POLLIN, 0});
    ::poll(all.data(), all.size(), 100);
    for (std::size_t i = all.size(); i-- > 1;)
      if (all[i].revents && !s.read(s.peers[i - 1])) {
        ::close(s.peers[i - 1].socket);
        s.peers.erase(s.peers.begin() + std::ptrdiff_t(i - 1));
      }
    if (all[0].revents) s.accept_one();
    check(Clock::now() < until, "ranks: ", s.expected - known(),
          " of the others did not connect within ", silence, " s");
  }
  std::erase_if(s.peers, [](const auto& p) { return p.rank < 0 && (::close(p.socket), true); });
  if (s.listening >= 0) ::close(std::exchange(s.listening, -1));
  s.error_output = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  check(::pipe2(s.wake, O_CLOEXEC) == 0, "ranks: ", std::strerror(errno));
  for (auto& p : s.peers) p.heard = Clock::now();
  s.thread = std::thread([&s] {
    sigset_t every;  // signals are for others
    sigfillset(&every);
    ::pthread_sigmask(SIG_BLOCK, &every, nullptr);
    s.watch();
  });
}

void Guard::way_out(const std::string& text) {
  const std::lock_guard lock(state_->mutex);
  state_->hint_text = text;
}

void Guard::leave(const std::string& error) {
  State& s = *state_;
  {
    const std::lock_guard lock(s.mutex);
    s.leaving = s.rank == 0 || error.empty();
  }
  for (const auto& p : s.peers) {
    if (error.empty())
      p.say(goodbye);
    else if (s.rank == 0)
      p.say(stop);
    else
      p.say(failed, error);
  }
  // What the first has to say of it, before its silence is taken for death.
  if (s.rank != 0 && !error.empty()) std::this_thread::sleep_for(std::chrono::seconds(3));
}

Guard::~Guard() {
  State& s = *state_;
  if (s.thread.joinable()) {
    if (::write(s.wake[1], "", 1) == 1) s.thread.join();
  }
  for (const auto& p : s.peers) ::close(p.socket);
  for (int f : {s.listening, s.wake[0], s.wake[1]})
    if (f >= 0) ::close(f);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
