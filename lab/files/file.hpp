// Files: reading with sizes known before memory is taken, and writing that is never seen half done.
// No formats here, and no streams: whole files, or ranges of one.
#pragma once
#include <sys/stat.h>
#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include <vaegrad/autodiff/error.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// The system calls that reading and writing are made of, in one table: a test that wants a short
// write, a full disk, or a file that lies in memory replaces rows. Nothing else calls the system
// for file contents, except gnuplot, a process of its own.
struct FileCalls {
  int (*open)(const char* path, int flags, mode_t mode);
  int (*fstat)(int file, struct stat* status);
  ssize_t (*pread)(int file, void* to, std::size_t bytes, off_t at);
  ssize_t (*write)(int file, const void* from, std::size_t bytes);
  int (*fsync)(int file);
  int (*close)(int file);
  int (*rename)(const char* from, const char* to);
  int (*unlink)(const char* path);
};
extern const FileCalls system_calls;
extern FileCalls file_calls;  // what is used, system_calls unless a test says otherwise
// Of a process whose file_calls write nowhere (ranks/ranks.hpp), for who writes by another program.
inline bool writes_nothing = false;

// A regular file, open for reading.
class InputFile {
 public:
  explicit InputFile(const std::filesystem::path& path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  const std::string& name() const { return name_; }
  std::size_t size() const { return size_; }  // bytes

  // As many of the wanted bytes as the file has from `at` on: fewer only at its end.
  std::size_t read(std::size_t at, void* to, std::size_t bytes) const;

 private:
  std::string name_;
  int file_ = -1;
  std::size_t size_ = 0;
};

// The whole file; an error when it has more than `limit` bytes.
std::string read_file(const std::filesystem::path& path, std::size_t limit);

// The file is the parts in a row, or what it was before: written beside it as `path.tmp`, flushed,
// renamed, and the folder flushed. On failure the temporary is removed and an Error says why.
void write_atomically(const std::filesystem::path& path, std::span<const std::string_view> parts);
void write_atomically(const std::filesystem::path& path, std::string_view bytes);

// Removes a file, for good: the folder is flushed. An Error when it stays; none when it is not
// there.
void remove_file(const std::filesystem::path& path);

// An Error when so many bytes cannot be held at once, before anybody tries.
void check_memory(std::string_view where, std::size_t bytes);

// A path as one types it in a shell, for commands that are printed to be copied: in quotes where a
// shell would take it for something else.
std::string typed(const std::filesystem::path& path);

// Memory as text, to be written.
template <class T>
std::string_view as_text(std::span<const T> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

}  // namespace vaegrad::inline VAEGRAD_ABI
