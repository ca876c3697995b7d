// A folder that one process writes to at a time. The lock is on the folder itself, so it leaves no
// file behind, and the system takes it away when the process ends, however it ends.
#pragma once
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include <vaegrad/autodiff/error.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

class FolderLock {
 public:
  FolderLock() = default;
  // Error: another process holds it. File systems that know no such lock give none.
  explicit FolderLock(
      const std::filesystem::path& folder,
      const char* way_out = "wait until it has ended, or --out names another folder")
      : file_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (file_ < 0 || ::flock(file_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
    ::close(std::exchange(file_, -1));
    fail(folder.native(), ": another process trains in this folder", hint, way_out);
  }
  ~FolderLock() {
    if (file_ >= 0) ::close(file_);
  }
  FolderLock(FolderLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  FolderLock& operator=(FolderLock&& other) noexcept {
    std::swap(file_, other.file_);
    return *this;
  }

 private:
  int file_ = -1;
};

}  // namespace vaegrad::inline VAEGRAD_ABI
