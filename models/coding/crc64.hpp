// A 64-bit checksum against damage and mistaken files, not against malice: the CRC of ECMA-182 as
// xz has it.
#pragma once
#include <boost/crc.hpp>
#include <cstdint>
#include <span>
#include <string_view>

#include <vaegrad/autodiff/real.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

class Crc64 {
 public:
  // What is looked at next.
  void add(std::span<const std::uint8_t> bytes) { crc_.process_bytes(bytes.data(), bytes.size()); }
  void add(std::string_view text) { crc_.process_bytes(text.data(), text.size()); }
  void add(std::uint64_t x) {  // little-endian, on any machine
    for (int shift = 0; shift < 64; shift += 8) crc_.process_byte(std::uint8_t(x >> shift));
  }
  std::uint64_t value() const { return crc_.checksum(); }

 private:
  boost::crc_optimal<64, 0x42f0e1eba9ea3693, ~0ull, ~0ull, true, true> crc_;
};

}  // namespace vaegrad::inline VAEGRAD_ABI
