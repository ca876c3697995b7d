// What the reader of a format reads from its first byte to its last: a file, what a gzip file
// holds, or a part of an archive.
#pragma once
#include <cstring>
#include <memory>

#include <vaegrad/lab/files/gzip.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

class ByteInput {
 public:
  explicit ByteInput(const std::filesystem::path& path) : name_(path.native()) {
    file_.reset(new HashedFile{InputFile(path)});
    size_ = file_->file.size();
    if (!is_gzip(file_->file)) return;
    bytes_ = GzipReader(*file_).read_all();
    unpacked_ = true;
    size_ = bytes_.size();
  }
  ByteInput(std::string name, std::string bytes, std::string sha256)
      : name_(std::move(name)),
        sha256_(std::move(sha256)),
        bytes_(std::move(bytes)),
        unpacked_(true),
        size_(bytes_.size()) {}

  const std::string& name() const { return name_; }
  std::size_t size() const { return size_; }  // unpacked
  std::size_t at() const { return unpacked_ ? at_ : file_->at; }

  // Fewer than wanted only at the end.
  std::size_t read(void* to, std::size_t bytes) {
    if (!unpacked_) return file_->read(to, bytes);
    const std::size_t got = std::min(bytes, size_ - at_);
    std::memcpy(to, bytes_.data() + at_, got);
    at_ += got;
    return got;
  }
  // Of the file as it lies on disk, once everything was read.
  std::string sha256() { return file_ ? file_->hash.hex() : sha256_; }

 private:
  std::string name_, sha256_;
  std::unique_ptr<HashedFile> file_;
  std::string bytes_;
  bool unpacked_ = false;
  std::size_t at_ = 0, size_ = 0;
};

}  // namespace vaegrad::inline VAEGRAD_ABI
