#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include <vaegrad/lab/files/file.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

const FileCalls system_calls{
    [](const char* path, int flags, mode_t mode) { return ::open(path, flags, mode); },
    ::fstat,
    ::pread,
    ::write,
    ::fsync,
    ::close,
    std::rename,
    ::unlink};
FileCalls file_calls = system_calls;

namespace {

// A call interrupted by a signal is made again.
template <class Call>
auto again(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

[[noreturn]] void fail_system(std::string_view where, std::string_view what) {
  const int error = errno;
  std::string_view advice;
  switch (error) {
    case ENOENT:
      advice = "check the spelling, and that the folder exists";
      break;
    case EACCES:
    case EPERM:
      advice = "check who owns the folder and the file, or use another folder";
      break;
    case EROFS:
      advice = "the file system is read-only, use another folder";
      break;
    case ENOSPC:
    case EDQUOT:
      advice = "make room on the disk, or use another folder";
      break;
    case ENOTDIR:
    case EISDIR:
      advice = "one part of the path is a file where a folder is needed, or the other way round";
      break;
    case EMFILE:
    case ENFILE:
      advice = "too many files are open, see ulimit -n";
      break;
    default:
      advice = "try again, and look at the system's log when it stays";
      break;
  }
  fail(where, ": ", what, ": ", std::strerror(error), hint, advice);
}

// Closes on the way out; `close` does so earlier, where its result matters.
struct Descriptor {
  int file;
  explicit Descriptor(int f) : file(f) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }
  // Linux has closed the descriptor even when it reports EINTR: never again.
  int close() { return file < 0 ? 0 : file_calls.close(std::exchange(file, -1)); }
};

void write_all(int file, std::string_view bytes, std::string_view where) {
  while (!bytes.empty()) {
    const ssize_t written =
        again([&] { return file_calls.write(file, bytes.data(), bytes.size()); });
    if (written == 0) errno = ENOSPC;
    if (written <= 0) fail_system(where, "cannot write");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void flush_folder(const std::filesystem::path& path) {
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  Descriptor d(again(
      [&] { return file_calls.open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0); }));
  if (d.file < 0) fail_system(folder.native(), "cannot open the folder");
  // Some network file systems cannot flush a folder and say EINVAL.
  if (again([&] { return file_calls.fsync(d.file); }) < 0 && errno != EINVAL)
    fail_system(folder.native(), "cannot flush the folder to disk");
}

}  // namespace

InputFile::InputFile(const std::filesystem::path& path) : name_(path.native()) {
  // Without O_NONBLOCK a named pipe would wait for its writer for ever.
  Descriptor d(
      again([&] { return file_calls.open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0); }));
  if (d.file < 0) fail_system(name_, "cannot open for reading");
  struct stat status {};
  if (again([&] { return file_calls.fstat(d.file, &status); }) < 0)
    fail_system(name_, "cannot read its size");
  check(S_ISREG(status.st_mode), name_,
        ": not a file: ", S_ISDIR(status.st_mode) ? "it is a folder" : "it is a device or a pipe",
        hint, "give the path of a regular file");
  size_ = static_cast<std::size_t>(status.st_size);
  file_ = std::exchange(d.file, -1);
}

InputFile::~InputFile() { file_calls.close(file_); }

std::size_t InputFile::read(std::size_t at, void* to, std::size_t bytes) const {
  std::size_t done = 0;
  while (done < bytes) {
    const ssize_t got = again([&] {
      return file_calls.pread(file_, static_cast<char*>(to) + done, bytes - done,
                              static_cast<off_t>(at + done));
    });
    if (got < 0) fail_system(name_, "cannot read");
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

std::string read_file(const std::filesystem::path& path, std::size_t limit) {
  const InputFile file(path);
  check(file.size() <= limit, file.name(), ": too large: ", file.size(), " bytes, at most ", limit,
        " are expected", hint, "is this the right file?");
  std::string bytes(file.size(), '\0');
  bytes.resize(file.read(0, bytes.data(), bytes.size()));
  return bytes;
}

void write_atomically(const std::filesystem::path& path, std::span<const std::string_view> parts) {
  // One fixed name, so that killed runs leave at most one temporary behind, and the next run reuses
  // it.
  const std::string temporary = path.native() + ".tmp";
  Descriptor d(again([&] {
    return file_calls.open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  }));
  if (d.file < 0) fail_system(path.native(), "cannot write");
  try {
    for (const auto part : parts) write_all(d.file, part, path.native());
    if (again([&] { return file_calls.fsync(d.file); }) < 0)
      fail_system(path.native(), "cannot flush to disk");
    if (d.close() < 0 && errno != EINTR) fail_system(path.native(), "cannot close");
    if (again([&] { return file_calls.rename(temporary.c_str(), path.c_str()); }) < 0)
      fail_system(path.native(), "cannot rename its temporary file");
  } catch (...) {
    file_calls.unlink(temporary.c_str());
    throw;
  }
  flush_folder(path);
}

void write_atomically(const std::filesystem::path& path, std::string_view bytes) {
  write_atomically(path, std::span(&bytes, 1));
}

void remove_file(const std::filesystem::path& path) {
  if (again([&] { return file_calls.unlink(path.c_str()); }) < 0) {
    if (errno == ENOENT) return;
    fail_system(path.native(), "cannot remove");
  }
  flush_folder(path);
}

void check_memory(std::string_view where, std::size_t bytes) {
  const auto memory = static_cast<std::size_t>(::sysconf(_SC_PHYS_PAGES)) *
                      static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  check(bytes <= memory, where, ": too large for this machine: ", bytes, " bytes, the memory has ",
        memory, hint, "cut the file into smaller ones");
}

std::string typed(const std::filesystem::path& path) {
  const std::string& name = path.native();
  const auto plain = [](unsigned char c) {
    return std::isalnum(c) || c >= 0x80 ||
           std::string_view("_./+-=,:@%").find(char(c)) != std::string::npos;
  };
  if (!name.empty() && std::all_of(name.begin(), name.end(), plain)) return name;
  std::string to = "'";
  for (const char c : name) to += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return to + "'";
}

}  // namespace vaegrad::inline VAEGRAD_ABI
