// libFuzzer's way in: one program for all readers, the one that $VAEGRAD_READER names.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <vaegrad/autodiff/error.hpp>

#include "readers.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Reader* const reader = [] {
    const char* const name = std::getenv("VAEGRAD_READER");
    for (const Reader& r : readers())
      if (name && std::strcmp(name, r.name) == 0) return &r;
    std::fprintf(stderr, "VAEGRAD_READER names one of:");
    for (const Reader& r : readers()) std::fprintf(stderr, " %s", r.name);
    std::fprintf(stderr, "\n");
    std::exit(2);
  }();
  try {
    reader->read({reinterpret_cast<const char*>(data), size});
  } catch (const vaegrad::Error&) {
  }
  return 0;
}
