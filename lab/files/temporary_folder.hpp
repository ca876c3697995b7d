// A folder for as long as somebody works in it: below TMPDIR, or /tmp.
#pragma once
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include <vaegrad/autodiff/error.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

class TemporaryFolder {
 public:
  // Error: no folder can be made there.
  explicit TemporaryFolder(const char* purpose) {
    std::string name =
        (std::filesystem::temp_directory_path() / concat("vaegrad-", purpose, "-XXXXXX")).string();
    check(::mkdtemp(name.data()), name, ": cannot make the folder: ", std::strerror(errno), hint,
          "TMPDIR names one that may be written");
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace vaegrad::inline VAEGRAD_ABI
