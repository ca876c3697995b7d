// Protocol buffers' wire format, as much of it as an ONNX file needs (protobuf.dev/programming-guides/
// encoding). Of the library itself a program would take a generator at build time and its run time for
// sixty lines of fields that, by the format's own promise, never change.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <vaegrad/autodiff/real.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// ---- internal: for graph.cpp ----

// A message: its fields one after the other, by number.
class Message {
 public:
  Message& integer(int field, std::int64_t value) {
    varint(std::uint64_t(field) << 3 | 0);
    varint(std::uint64_t(value));
    return *this;
  }
  Message& real(int field, float value) {
    varint(std::uint64_t(field) << 3 | 5);
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
    return *this;
  }
  Message& text(int field, std::string_view value) {
    varint(std::uint64_t(field) << 3 | 2);
    varint(value.size());
    bytes_ += value;
    return *this;
  }
  Message& message(int field, const Message& inner) { return text(field, inner.bytes_); }
  const std::string& bytes() const { return bytes_; }

 private:
  // Seven bits a byte, the least first; the highest says that more follow.
  void varint(std::uint64_t value) {
    for (; value > 127; value >>= 7) bytes_ += char(value | 128);
    bytes_ += char(value);
  }
  std::string bytes_;
};

}  // namespace vaegrad::inline VAEGRAD_ABI
