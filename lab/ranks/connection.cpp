#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include <vaegrad/lab/ranks/connection.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

std::vector<std::string> own_addresses() {
  std::vector<std::string> to, loopback;
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return {"127.0.0.1"};
  for (const ifaddrs* a = all; a; a = a->ifa_next) {
    if (!a->ifa_addr || a->ifa_addr->sa_family != AF_INET || !(a->ifa_flags & IFF_UP)) continue;
    char text[INET_ADDRSTRLEN];
    const auto* in = reinterpret_cast<const sockaddr_in*>(a->ifa_addr);
    if (::inet_ntop(AF_INET, &in->sin_addr, text, sizeof text))
      (a->ifa_flags & IFF_LOOPBACK ? loopback : to).push_back(text);
  }
  ::freeifaddrs(all);
  to.insert(to.end(), loopback.begin(), loopback.end());
  return to;
}

std::string host_name() {
  char name[256] = "?";
  ::gethostname(name, sizeof name - 1);
  return name;
}

void without_delay(int socket) {
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int connect_to(const std::string& host, int port) {
  const int s = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(std::uint16_t(port));
  ::inet_pton(AF_INET, host.c_str(), &to.sin_addr);
  pollfd ready{s, POLLOUT, 0};
  int error = 0;
  socklen_t size = sizeof error;
  const bool good = (::connect(s, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 ||
                     errno == EINPROGRESS) &&
                    ::poll(&ready, 1, 2000) == 1 &&
                    ::getsockopt(s, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
  if (good) return without_delay(s), s;
  ::close(s);
  return -1;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
