// Download: a known data set from its mirrors, by libcurl. What arrives is held in memory until its
// checksum is right, and only then written, whole: a broken connection leaves nothing behind.
#pragma once
#include <functional>

#include <vaegrad/lab/data/known_sets.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// Where from, and where to.
struct DownloadOptions {
  std::filesystem::path data_dir = {};    // empty: $VAEGRAD_DATA, or ~/.cache/vaegrad
  std::vector<std::string> mirrors = {};  // folders to use instead of the set's own, in order
  bool force = false;                     // replace files that are there already
};

// What is told while it goes on: bytes so far, of all (0: not known), of this file ..
using Arriving = std::function<void(const KnownFile&, std::size_t bytes, std::size_t all)>;
// .. and a line when it is there: where it is or came from, and which mirrors failed and why.
using Arrived = std::function<void(const KnownFile&, const std::string& line)>;

// The set's files in DIR/NAME, as gzip IDX, whatever form a mirror has them in. A file that is
// there is checked and kept. Errors: no mirror gives a file with the right checksum; what is there
// has another checksum and `force` was not given; it cannot be written.
void download(const KnownSet& set, const DownloadOptions& options, const Arriving& arriving = {},
              const Arrived& arrived = {});

}  // namespace vaegrad::inline VAEGRAD_ABI
