// A server of files on 127.0.0.1 for the tests of downloads: prints its port, answers until it is
// killed. GET /HOW/NAME is FOLDER/NAME of the argument HOW=FOLDER, or 404; of a HOW that starts
// with `cut` only the first half arrives. Not a server for anything else.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

int main(int argc, char** argv) {
  std::map<std::string, std::string> folders;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto sign = word.find('=');
    if (sign != std::string::npos) folders[word.substr(0, sign)] = word.substr(sign + 1);
  }
  std::signal(SIGPIPE, SIG_IGN);
  const int server = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(server, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(server, 8) != 0 ||
      ::getsockname(server, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::perror("file_server");
    return 1;
  }
  std::printf("%d\n", ntohs(address.sin_port));
  std::fflush(stdout);

  for (int c; (c = ::accept(server, nullptr, nullptr)) >= 0; ::close(c)) {
    std::string request(4096, '\0');
    const ssize_t got = ::recv(c, request.data(), request.size(), 0);
    if (got <= 0) continue;
    const auto start = request.find('/') + 1, middle = request.find('/', start);
    const auto end = request.find(' ', start);
    std::string answer = "HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n";
    if (middle != std::string::npos && middle < end) {
      const std::string how = request.substr(start, middle - start);
      const std::string name = request.substr(middle + 1, end - middle - 1);
      const auto folder = folders.find(how);
      std::ifstream file;
      if (folder != folders.end()) file.open(folder->second + '/' + name, std::ios::binary);
      if (file.is_open()) {
        const std::string body{std::istreambuf_iterator<char>(file), {}};
        answer = "HTTP/1.0 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                 body.substr(0, how.rfind("cut", 0) == 0 ? body.size() / 2 : body.size());
      }
    }
    for (std::size_t sent = 0; sent < answer.size();) {
      const ssize_t n = ::send(c, answer.data() + sent, answer.size() - sent, 0);
      if (n <= 0) break;
      sent += static_cast<std::size_t>(n);
    }
  }
}
