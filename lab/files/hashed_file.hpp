// A file read from its first byte to its last, hashed on the way.
#pragma once
#include <algorithm>

#include <vaegrad/lab/files/checksum.hpp>
#include <vaegrad/lab/files/file.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

struct HashedFile {
  InputFile file;
  Sha256 hash = {};
  std::size_t at = 0;  // bytes read so far

  // Fewer than wanted only at the end.
  std::size_t read(void* to, std::size_t bytes) {
    constexpr std::size_t piece = 1 << 18;  // still in the cache when it is hashed
    std::size_t done = 0;
    while (done < bytes) {
      char* const here = static_cast<char*>(to) + done;
      const std::size_t got = file.read(at, here, std::min(piece, bytes - done));
      if (got == 0) break;
      hash.update(here, got);
      at += got;
      done += got;
    }
    return done;
  }
};

// The hint of errors about a file's bytes.
inline constexpr std::string_view damaged_hint =
    "get the file again, it is damaged or was cut short";

}  // namespace vaegrad::inline VAEGRAD_ABI
