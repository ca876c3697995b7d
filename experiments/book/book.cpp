// vaegrad book: the course as a site of static pages, to be read without running anything.
#include <fmt/format.h>

#include <filesystem>
#include <vaegrad/lab/files/file.hpp>

#include "book/pages.hpp"
#include "command.hpp"

namespace vaegrad {
namespace {

namespace fs = std::filesystem;

int book(Arguments arguments) {
  fs::path out = "book", reference;
  bool overwrite = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--overwrite") {
      overwrite = true;
    } else if (arguments[i] == "--out" || arguments[i] == "--reference") {
      const std::string& name = arguments[i];
      check<UsageError>(i + 1 < arguments.size(), name, ": its value is missing", hint,
                        "vaegrad book --help lists the options");
      (name == "--out" ? out : reference) = arguments[++i];
    } else {
      fail<UsageError>("there is no option '", arguments[i], "'", hint,
                       "vaegrad book --help lists them");
    }
  }
  std::error_code error;
  check<UsageError>(overwrite || !fs::exists(out) || fs::is_empty(out, error), out.string(),
                    ": is there already and not empty", hint,
                    "--overwrite to write its pages anew, or another --out");
  check<UsageError>(!fs::exists(out) || fs::is_directory(out), out.string(), ": is not a folder",
                    hint, "another --out");

  const bool refers = !reference.empty();
  check<UsageError>(!refers || fs::is_regular_file(reference / "index.html"), reference.string(),
                    ": holds no API reference", hint,
                    ".ci/reference makes it, in build/reference/html");

  const Book pages = make_book(VAEGRAD_COURSE, refers);
  fs::create_directories(out, error);
  check(!error, out.string(), ": cannot be made: ", error.message());
  if (refers)
    fs::copy(reference, out / "reference",
             fs::copy_options::recursive | fs::copy_options::overwrite_existing, error);
  check(!error, (out / "reference").string(), ": cannot be copied: ", error.message());
  std::size_t bytes = 0, count = 0;
  for (const auto& [name, text] : pages) {
    write_atomically(out / name, text);
    bytes += text.size();
    count += name.ends_with(".html");
  }
  fmt::print("{}: {} pages, {:.1f} MB\n", (out / "index.html").string(), count,
             1e-6 * double(bytes));
  return 0;
}

std::string book_help() {
  return "usage: vaegrad book [options]\n\n"
         "Makes the course a site of static pages: chapters, figures, programs, with\n"
         "links from an equation to the line that computes it and back, and a search.\n"
         "Nothing is loaded from elsewhere; open index.html in a browser.\n\n"
         "  --out DIR               [book]\n"
         "  --overwrite             write into a folder that is not empty\n"
         "  --reference DIR         take this API reference, which .ci/reference made\n\n"
         "example: vaegrad book --out book\n";
}

}  // namespace

const Command book_command{"book", "makes the course a site of static pages", book, book_help};

}  // namespace vaegrad
