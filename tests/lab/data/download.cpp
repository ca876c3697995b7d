// Downloads against a server of our own on 127.0.0.1: whatever it does, a file is there whole and
// right, or not at all.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <map>
#include <thread>

#include <vaegrad/lab/data/download.hpp>
#include <vaegrad/lab/data/formats/idx.hpp>
#include <vaegrad/lab/files/checksum.hpp>
#include <vaegrad/lab/files/file.hpp>

#include "../../support/faults.hpp"
#include "../folder.hpp"

using namespace vaegrad;

namespace {

// Answers each request by its path: with the bytes given, or 404. One request per connection.
class Server {
 public:
  std::map<std::string, std::string> answers;  // path -> what goes over the line
  std::vector<std::string> asked;

  Server() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(socket_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(socket_, 8) == 0);
    REQUIRE(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    url_ = concat("http://127.0.0.1:", int{ntohs(address.sin_port)}, '/');
    thread_ = std::thread([this] { serve(); });
  }
  ~Server() {
    ::shutdown(socket_, SHUT_RDWR);
    thread_.join();
    ::close(socket_);
  }
  std::string_view url(const std::string& folder = "") {
    return urls_.emplace_back(std::make_unique<std::string>(url_ + folder))->c_str();
  }
  void put(const std::string& path, const std::string& body, std::size_t announced = 0) {
    answers['/' + path] =
        concat("HTTP/1.0 200 OK\r\nContent-Length: ", announced ? announced : body.size(),
               "\r\n\r\n", body);
  }

 private:
  void serve() {
    for (int c; (c = ::accept(socket_, nullptr, nullptr)) >= 0; ::close(c)) {
      std::string request(4096, '\0');
      const ssize_t got = ::recv(c, request.data(), request.size(), 0);
      if (got <= 0) continue;
      const auto start = request.find(' ') + 1;
      const std::string path = request.substr(start, request.find(' ', start) - start);
      asked.push_back(path);
      const auto found = answers.find(path);
      const std::string answer = found != answers.end()
                                     ? found->second
                                     : "HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n";
      for (std::size_t at = 0; at < answer.size();) {
        const ssize_t sent = ::send(c, answer.data() + at, answer.size() - at, MSG_NOSIGNAL);
        if (sent <= 0) break;
        at += static_cast<std::size_t>(sent);
      }
    }
  }
  int socket_;
  std::string url_;
  std::vector<std::unique_ptr<std::string>> urls_;
  std::thread thread_;
};

// A data set of two images of 28 x 28 and its labels.
struct Small {
  Folder folder;
  std::vector<std::uint8_t> pixels = std::vector<std::uint8_t>(2 * 784);
  std::string packed, plain, labels, amat, image_sum, label_sum;

  Small() {
    for (std::size_t i = 0; i < pixels.size(); ++i) {
      pixels[i] = i % 3 == 0;
      amat += concat(pixels[i] ? '1' : '0', i % 784 == 783 ? '\n' : ' ');
    }
    const std::size_t dims[] = {2, 28, 28}, two[] = {2};
    write_idx(folder / "i.gz", dims, pixels);
    write_idx(folder / "i", dims, pixels);
    write_idx(folder / "l", two, std::vector<std::uint8_t>{4, 2});
    packed = read_file(folder / "i.gz", 10000);
    plain = read_file(folder / "i", 10000);
    labels = read_file(folder / "l", 10000);
    image_sum = sum(plain);
    label_sum = sum(labels);
  }
  static std::string sum(const std::string& bytes) {
    Sha256 hash;
    hash.update(bytes.data(), bytes.size());
    return hash.hex();
  }
  KnownSet set(std::vector<std::string_view> mirrors) const {
    return {"small", "", "", {{"images.gz", image_sum}, {"labels.gz", label_sum}}, {}, {}, mirrors};
  }
};

std::string message(const KnownSet& set, const DownloadOptions& options) {
  try {
    download(set, options);
  } catch (const Error& e) {
    const std::string text = e.what();
    CHECK(std::count(text.begin(), text.end(), '\n') == 1);
    CHECK(text.find("\n  hint: ") != text.npos);
    return text;
  }
  return "(no error)";
}

bool contains(const std::string& text, std::string_view part) {
  INFO(text);
  CHECK(text.find(part) != text.npos);
  return true;
}

}  // namespace

TEST_CASE("good files arrive; what is there is checked and kept; --force replaces it") {
  Small small;
  Server server;
  server.put("images.gz", small.packed);
  server.put("labels.gz", small.labels);  // a mirror may have them unpacked
  const Folder data;
  const DownloadOptions options{data.path, {}, false};
  std::vector<std::string> lines;
  std::size_t arrived = 0;
  const auto get = [&](const DownloadOptions& o) {
    lines.clear();
    download(
        small.set({server.url()}), o,
        [&](const KnownFile&, std::size_t bytes, std::size_t all) {
          CHECK(bytes <= all);
          arrived = bytes;
        },
        [&](const KnownFile&, const std::string& line) { lines.push_back(line); });
  };
  get(options);
  CHECK(arrived == small.labels.size());
  CHECK(names(data / "small") == "images.gz labels.gz");
  CHECK(read_file(data / "small/images.gz", 10000) == small.packed);
  CHECK(read_idx(data / "small/images.gz").bytes == small.pixels);
  CHECK(read_idx(data / "small/labels.gz").bytes == std::vector<std::uint8_t>{4, 2});
  REQUIRE(lines.size() == 2);
  contains(lines[0], concat(small.packed.size(), " bytes from ", server.url(), "images.gz"));

  server.asked.clear();
  get(options);
  CHECK(server.asked.empty());
  contains(lines[0], "is there already: ");

  write_atomically(data / "small/labels.gz", "damaged");
  contains(message(small.set({server.url()}), options),
           "labels.gz: it is there, but its checksum is not that of labels.gz\n  hint: --force");
  get({data.path, {}, true});
  CHECK(server.asked.size() == 2);
  CHECK(read_idx(data / "small/labels.gz").bytes.size() == 2);
}

TEST_CASE("every call of the file layer fails in turn: one line, and what is there is right") {
  Small small;
  Server server;
  server.put("images.gz", small.packed);
  server.put("labels.gz", small.labels);
  const auto set = small.set({server.url()});
  for (const auto& [kind, error] :
       {std::pair(Faults::Kind::once, EIO), std::pair(Faults::Kind::lasting, ENOSPC)}) {
    int reported = 0;
    for (int n = 1;; ++n) {
      CAPTURE(n);
      const Folder data;
      const DownloadOptions options{data.path, {}, false};
      {
        const Faults faults(n, kind, error);
        const bool failed = message(set, options) != "(no error)";
        if (Faults::calls() < n) break;
        reported += failed;
      }
      for (const auto& entry : std::filesystem::recursive_directory_iterator(data.path))
        CHECK(entry.path().extension() != ".tmp");
      CHECK(message(set, options) == "(no error)");  // holds what is there against its checksum
      CHECK(read_idx(data / "small/images.gz").bytes == small.pixels);
    }
    MESSAGE(reported << " faults reported");
    CHECK(reported >= 10);
  }
}

TEST_CASE("404, a wrong checksum and a cut connection: the next mirror, or one line and no file") {
  Small small;
  Server server;
  const auto cut = small.packed.substr(0, small.packed.size() / 2);
  std::string flipped = small.packed, other = small.plain;
  flipped[flipped.size() / 2] ^= 4;
  other[100] ^= 1;
  server.put("cut/images.gz", cut, small.packed.size());
  server.put("short/images.gz", cut);
  server.put("flipped/images.gz", flipped);
  server.put("other/images.gz", other);
  server.put("page/images.gz", "<html>not here any more</html>");
  server.put("nothing/images.gz", "");
  server.answers["/hang-up/images.gz"] = "";
  server.answers["/loop/images.gz"] =
      "HTTP/1.0 302 Found\r\nLocation: /loop/images.gz\r\nContent-Length: 0\r\n\r\n";
  server.answers["/file/images.gz"] = concat("HTTP/1.0 302 Found\r\nLocation: file://",
                                             (small.folder / "i.gz").native(), "\r\n\r\n");
  server.put("good/images.gz", small.packed);
  server.put("good/labels.gz", small.labels);

  const struct {
    const char *folder, *why;
  } cases[] = {
      {"missing/", "missing/images.gz: HTTP status 404"},
      {"cut/", "cut off after "},
      {"short/", "short/images.gz: damaged gzip, "},
      {"flipped/", "flipped/images.gz: "},
      {"other/", "other/images.gz: wrong checksum "},
      {"page/", "wrong checksum "},
      {"nothing/", " of 0 bytes, expected "},
      {"hang-up/", "hang-up/images.gz: "},
      {"loop/", "redirects"},
      {"file/", "file/images.gz: "},
  };
  for (const auto& c : cases) {
    INFO(c.folder);
    const Folder data;
    const DownloadOptions options{data.path, {}, false};
    const auto bad = server.url(c.folder), good = server.url("good");  // a / is added
    const std::string text = message(small.set({bad}), options);
    contains(text, "small: cannot download images.gz: http://127.0.0.1:");
    contains(text, c.why);
    contains(text, "hint: try later, or --mirror URL");
    CHECK(data.names() == "");

    std::vector<std::string> lines;
    download(small.set({bad, good}), options, {},
             [&](const KnownFile&, const std::string& line) { lines.push_back(line); });
    REQUIRE(lines.size() == 2);
    contains(lines[0], "good/images.gz  (");
    contains(lines[0], c.why);
    CHECK(read_idx(data / "small/images.gz").bytes == small.pixels);

    // --mirror is the only one asked
    const Folder fresh;
    contains(message(small.set({good}), {fresh.path, {std::string(bad)}, false}), c.why);
    CHECK(fresh.names() == "");
  }
  contains(message(small.set({"http://127.0.0.1:1/"}), {small.folder / "x", {}, false}),
           "127.0.0.1:1/images.gz: ");
  contains(message(small.set({}), {small.folder / "x", {}, false}),
           "no mirror to download it from");
  contains(message(small.set({server.url("good")}), {small.folder / "i", {}, false}),
           "cannot make the folder");
}

TEST_CASE("a mirror's text becomes the same IDX file") {
  Small small;
  Server server;
  server.put("images.amat", small.amat);
  const Folder data;
  KnownSet set = small.set({server.url()});
  set.train.images.amat = "images.amat";
  set.train.labels = {};
  download(set, {data.path, {}, false});
  CHECK(read_idx(data / "small/images.gz").dims == std::vector<std::size_t>{2, 28, 28});
  CHECK(read_idx(data / "small/images.gz").bytes == small.pixels);
  download(set, {data.path, {}, false});  // it is known again
  CHECK(server.asked.size() == 1);
  server.put("images.amat", small.amat.substr(10));
  contains(message(set, {data.path, {}, true}), "images.amat: not the expected text, ");
  CHECK(read_idx(data / "small/images.gz").bytes == small.pixels);  // as it was
}

TEST_CASE("the table: every file of a set with mirrors has a checksum, mirrors are folders") {
  for (const KnownSet& set : known_sets()) {
    CHECK(find_known_set(set.name) == &set);
    CHECK(set.mirrors.empty() == !set.package.empty());
    for (const auto mirror : set.mirrors) CHECK(mirror.ends_with('/'));
    for (const KnownFile& file : set.files()) {
      CHECK(file.name.ends_with(".gz"));
      CHECK(file.sha256.size() == (set.mirrors.empty() ? 0 : 64));
    }
  }
  CHECK(find_known_set("imagenet") == nullptr);
}
