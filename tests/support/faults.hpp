// Faults of the file layer, by number: whatever calls it are made of, the n-th one fails.
#pragma once
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>

#include <vaegrad/lab/files/file.hpp>

// While it lives, vaegrad::file_calls fail as it says. Flushing only counts: what is tested is not
// the disk.
class Faults {
 public:
  enum class Kind {
    once,       // the n-th call
    lasting,    // the n-th call that writes, and every one after it: a full disk
    died,       // the process ends at the n-th call, a write in its middle
    small,      // nothing fails, but every call is first interrupted
    read_only,  // nothing can be opened for writing, nor removed
  };

  // No call moves more bytes than `piece`.
  Faults(int n, Kind kind, int error = 0, std::size_t piece = ~std::size_t{0}) {
    at_ = n, kind_ = kind, error_ = error, piece_ = piece, calls_ = 0, interrupted_ = false;
    vaegrad::file_calls = {open, fstat, pread, write, fsync, close, rename, unlink};
  }
  ~Faults() { vaegrad::file_calls = vaegrad::system_calls; }
  Faults(const Faults&) = delete;
  Faults& operator=(const Faults&) = delete;

  static int calls() { return calls_; }  // so far: fewer than n, and nothing has failed

 private:
  static inline std::atomic<int> calls_;
  static inline int at_, error_;
  static inline std::size_t piece_;
  static inline Kind kind_;
  static inline thread_local bool interrupted_;

  static bool fails(bool writes) {
    if (kind_ == Kind::read_only) return errno = EROFS, writes;
    if (kind_ == Kind::small) return errno = EINTR, interrupted_ = !interrupted_;
    if (kind_ == Kind::lasting) return errno = error_, writes && ++calls_ >= at_;
    if (++calls_ != at_) return false;
    if (kind_ == Kind::died) ::_exit(died_status);
    return errno = error_, true;
  }
  static std::size_t part(std::size_t bytes) { return std::min(bytes, piece_); }

  static constexpr auto& real = vaegrad::system_calls;
  static int open(const char* path, int flags, mode_t mode) {
    return fails(flags & O_CREAT) ? -1 : real.open(path, flags, mode);
  }
  static int fstat(int file, struct stat* status) {
    return fails(false) ? -1 : real.fstat(file, status);
  }
  static ssize_t pread(int file, void* to, std::size_t bytes, off_t at) {
    return fails(false) ? -1 : real.pread(file, to, part(bytes), at);
  }
  static ssize_t write(int file, const void* from, std::size_t bytes) {
    if (kind_ == Kind::died && calls_ + 1 == at_ && real.write(file, from, bytes / 2) < 0)
      return -1;
    return fails(true) ? -1 : real.write(file, from, part(bytes));
  }
  static int fsync(int) { return fails(true) ? -1 : 0; }
  static int close(int file) {  // done even where it reports an error
    real.close(file);
    return kind_ != Kind::small && fails(false) ? -1 : 0;
  }
  static int rename(const char* from, const char* to) {
    return fails(true) ? -1 : real.rename(from, to);
  }
  static int unlink(const char* path) {
    return kind_ == Kind::lasting || !fails(true) ? real.unlink(path) : -1;  // a full disk lets it
  }

 public:
  static constexpr int died_status = 99;
};
