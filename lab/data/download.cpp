#include <curl/curl.h>

#include <boost/iostreams/device/array.hpp>
#include <boost/iostreams/device/back_inserter.hpp>
#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/filtering_stream.hpp>
#include <memory>
#include <mutex>

#include <vaegrad/lab/data/download.hpp>
#include <vaegrad/lab/data/formats/amat.hpp>
#include <vaegrad/lab/data/formats/idx.hpp>
#include <vaegrad/lab/files/checksum.hpp>
#include <vaegrad/lab/files/file.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t largest = std::size_t{1} << 28;  // bytes; the largest file known has 78 MB

// Why one mirror did not do; the next one is tried.
struct MirrorFailed : std::runtime_error {
  using runtime_error::runtime_error;
};

using Body = std::vector<std::uint8_t>;

struct Transfer {
  CURL* curl;
  const KnownFile& file;
  const Arriving& arriving;
  Body body = {};
  bool too_large = false;

  // Called by libcurl, which is C: nothing may be thrown through it.
  static std::size_t take(char* data, std::size_t, std::size_t bytes, void* self) noexcept {
    auto& t = *static_cast<Transfer*>(self);
    if (t.body.size() + bytes > largest) {
      t.too_large = true;
      return 0;
    }
    try {
      t.body.insert(t.body.end(), data, data + bytes);
      curl_off_t all = 0;
      curl_easy_getinfo(t.curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &all);
      if (t.arriving)
        t.arriving(t.file, t.body.size(), all > 0 ? static_cast<std::size_t>(all) : 0);
      return bytes;
    } catch (...) {
      return 0;
    }
  }
};

Body fetch(const std::string& url, const KnownFile& file, const Arriving& arriving) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                 curl_easy_cleanup);
  check(curl != nullptr, url, ": libcurl cannot be started");
  Transfer transfer{curl.get(), file, arriving};
  char why[CURL_ERROR_SIZE] = "";
  const auto set = [&](CURLoption option, auto value) {
    curl_easy_setopt(curl.get(), option, value);
  };
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_ERRORBUFFER, why);
  set(CURLOPT_WRITEFUNCTION, &Transfer::take);
  set(CURLOPT_WRITEDATA, &transfer);
  set(CURLOPT_FOLLOWLOCATION, 1L);
  set(CURLOPT_MAXREDIRS, 5L);
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FAILONERROR, 1L);
  set(CURLOPT_USERAGENT, "vaegrad");
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_CONNECTTIMEOUT, 15L);    // seconds
  set(CURLOPT_LOW_SPEED_LIMIT, 100L);  // bytes per second, for ..
  set(CURLOPT_LOW_SPEED_TIME, 30L);    // .. so long: the connection is dead
  const CURLcode result = curl_easy_perform(curl.get());
  if (transfer.too_large) throw MirrorFailed(concat("more than ", largest, " bytes"));
  if (result == CURLE_OK) return std::move(transfer.body);
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  if (result == CURLE_HTTP_RETURNED_ERROR) throw MirrorFailed(concat("HTTP status ", status));
  if (result == CURLE_PARTIAL_FILE || result == CURLE_RECV_ERROR)
    throw MirrorFailed(concat("cut off after ", transfer.body.size(), " bytes"));
  throw MirrorFailed(*why ? why : curl_easy_strerror(result));
}

// The IDX bytes in what a mirror gave: text, gzip, or plain.
Body unpacked(const KnownFile& file, const Body& body) {
  if (!file.amat.empty()) {
    try {
      const Body images =
          parse_amat({reinterpret_cast<const char*>(body.data()), body.size()}, file.amat);
      const std::size_t dims[] = {images.size() / 784, 28, 28};
      const std::string header = idx_header(dims);
      Body idx(header.begin(), header.end());
      idx.insert(idx.end(), images.begin(), images.end());
      return idx;
    } catch (const Error&) {
      throw MirrorFailed(concat("not the expected text, ", body.size(), " bytes"));
    }
  }
  if (body.size() < 2 || body[0] != 0x1f || body[1] != 0x8b) return body;
  namespace io = boost::iostreams;
  Body plain;
  try {
    io::filtering_istream in;
    in.push(io::gzip_decompressor());
    in.push(io::array_source(reinterpret_cast<const char*>(body.data()), body.size()));
    in.exceptions(std::ios::badbit);
    char piece[1 << 14];
    while (in.read(piece, sizeof piece), in.gcount() > 0) {
      plain.insert(plain.end(), piece, piece + in.gcount());
      if (plain.size() > largest) throw MirrorFailed("it unpacks to too many bytes");
    }
  } catch (const std::ios_base::failure&) {
    throw MirrorFailed(concat("damaged gzip, ", body.size(), " bytes"));
  }
  return plain;
}

std::string sha256(const Body& bytes) {
  Sha256 hash;
  hash.update(bytes.data(), bytes.size());
  return hash.hex();
}

bool is_there(const fs::path& path, const KnownFile& file) {
  if (!fs::exists(path)) return false;
  const InputFile in(path);
  Body body(in.size());
  body.resize(in.read(0, body.data(), body.size()));
  KnownFile as_kept = file;
  as_kept.amat = {};
  bool right = false;
  try {
    right = sha256(unpacked(as_kept, body)) == file.sha256;
  } catch (const MirrorFailed&) {
  }
  check(right, path.native(), ": it is there, but its checksum is not that of ", file.name, hint,
        "--force replaces it");
  return true;
}

}  // namespace

void download(const KnownSet& set, const DownloadOptions& options, const Arriving& arriving,
              const Arrived& arrived) {
  const fs::path folder = data_folder(options.data_dir) / set.name;
  std::vector<std::string> mirrors = options.mirrors;
  if (mirrors.empty()) mirrors.assign(set.mirrors.begin(), set.mirrors.end());
  check(!mirrors.empty(), set.name, ": there is no mirror to download it from", hint,
        "--mirror URL names one");
  for (const KnownFile& file : set.files()) {
    const fs::path path = folder / file.name;
    if (!options.force && is_there(path, file)) {
      if (arrived) arrived(file, concat("is there already: ", path.native()));
      continue;
    }
    std::string failures;
    bool done = false;
    for (std::string url : mirrors) {
      if (!url.ends_with('/')) url += '/';
      url += file.amat.empty() ? file.name : file.amat;
      try {
        Body body = fetch(url, file, arriving);
        Body idx = unpacked(file, body);
        if (const std::string sum = sha256(idx); sum != file.sha256)
          throw MirrorFailed(concat("wrong checksum ", sum.substr(0, 12), " of ", body.size(),
                                    " bytes, expected ", file.sha256.substr(0, 12)));
        std::error_code error;
        fs::create_directories(folder, error);
        check(!error, folder.native(), ": cannot make the folder: ", error.message(), hint,
              "--data-dir DIR names a folder that may be written");
        const bool packed = file.amat.empty() && body[0] == 0x1f;
        const std::string_view text = as_text(std::span<const std::uint8_t>(packed ? body : idx));
        packed ? write_atomically(path, text) : write_gzip(path, std::span(&text, 1));
        if (arrived)
          arrived(file, concat(body.size(), " bytes from ", url,
                               failures.empty() ? "" : concat("  (", failures, ')')));
        done = true;
        break;
      } catch (const MirrorFailed& e) {
        failures += concat(failures.empty() ? "" : "; ", url, ": ", e.what());
      }
    }
    check(done, set.name, ": cannot download ", file.name, ": ", failures, hint,
          "try later, or --mirror URL for another folder that has the files, or put them into ",
          folder.native());
  }
}

}  // namespace vaegrad::inline VAEGRAD_ABI
