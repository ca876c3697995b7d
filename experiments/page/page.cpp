// vaegrad page: a trained run as one file for a browser, which computes what the program computes.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/files/json_text.hpp>

#include "opened.hpp"
#include "page/assemble.hpp"
#include "page/package.hpp"

namespace vaegrad {
namespace {

namespace fs = std::filesystem;

// The test images, of which both runs must have the same.
void check_same_images(const DataSet& a, const DataSet& b, const Options& options) {
  const Images &x = *a.test.file, &y = *b.test.file;
  check<UsageError>(x.shape() == y.shape() && x.bytes == y.bytes && a.test.rows == b.test.rows,
                    "--against ", options.text("against", ""), ": it has ", b.test.count(),
                    " test images of ", y.shape(), ", other ones than the ", a.test.count(), " of ",
                    x.shape(), " of ", options.run(), hint,
                    "two runs side by side are of the same data");
}

int run_page(Arguments arguments) {
  const Options options(arguments, of_a_run({"against", "out", "images", "language"}));
  const std::int64_t count = options.integer("images", 400, 1, 5000);
  const std::string language = options.one_of("language", page_languages());
  LoadedRun run = open_run(options);
  const fs::path out = options.text("out", (run.folder / "page.html").string());
  const std::string ends = out.extension().string();
  check<UsageError>(ends == ".html" || ends == ".htm" || ends == ".json", "--out ", out.string(),
                    ": a page is an .html file", hint,
                    "--out page.html, or .json for its data alone");
  std::error_code error;
  check<UsageError>(!fs::is_directory(out, error), "--out ", out.string(), ": is a folder", hint,
                    "--out page.html");
  const DataSet data = load_named_data(run, names_of(options)).set;
  check_page_can_show(run, data);

  PageParts parts{.examples = data.test, .weights = options.text("weights", "last"), .epochs = 12};
  parts.examples.rows = spread(parts.examples, std::size_t(count));
  nlohmann::json runs = nlohmann::json::array();
  if (options.has("against")) {  // first what can be refused
    LoadedRun other = load_run(options.text("against", ""));
    if (options.has("data-dir")) other.settings.data_dir = options.text("data-dir", "");
    const DataSet others = load_named_data(other, names_of(options)).set;
    check_page_can_show(other, others);
    check_same_images(data, others, options);
    runs.push_back(package(run, data, parts));
    parts.images = false, parts.weights = "last";
    runs.push_back(package(other, others, parts));
  } else {
    runs.push_back(package(run, data, parts));
  }

  const std::string text = json_line(runs) + '\n';
  const std::string page = out.extension() == ".json" ? text : assembled_page(text, language);
  write_atomically(out, std::string_view(page));
  fmt::print("{}: {:.2f} MB, {} test images, {} weights in 16 bits\n", out.string(),
             1e-6 * double(page.size()), parts.examples.count(),
             runs[0]["run"]["parameters"].get<std::int64_t>());
  if (const std::size_t n = runs[0]["epochs"].size())
    say("with the weights of {} epochs, which --keep-every kept\n", n);
  return 0;
}

std::string page_help() {
  std::string languages;
  for (const std::string& code : page_languages())
    languages += (languages.empty() ? "" : "|") + code;
  return "usage: vaegrad page [RUN] [options]\n\n"
         "Writes a trained run as one file for a browser: its weights in 16 bits, test\n"
         "images and a program in JavaScript that computes what this one does. One draws\n"
         "or picks an image and sees q(z|x), the ELBO term by term, log p(x) by importance\n"
         "sampling, the map of codes. It loads nothing from anywhere.\n\n"
         "  RUN                     its folder [runs/latest]\n"
         "  --against RUN           a second run on the same data, beside the first\n"
         "  --out FILE.html         [page.html in RUN]; .json: the data alone, of which\n"
         "                          `book` makes the page of a chapter\n"
         "  --language " +
         languages +
         "        what the page says in [en]\n"
         "  --images N              so many test images, spread evenly [400]\n"
         "  --weights NAME          last, or best on validation [last]\n"
         "  --data NAME|PATH        the run's own data, where they lie now\n"
         "  --data-dir DIR          where the data lie now [as in training]\n"
         "  --threads N\n\n"
         "Weights of earlier epochs that --keep-every kept are in it too, at most 12: a\n"
         "slider goes through training, and the file is larger by each of them.\n\n"
         "example: vaegrad page runs/latest --out vae.html\n";
}

}  // namespace

const Command page_command{"page", "a trained run as a page that computes in the browser", run_page,
                           page_help};

}  // namespace vaegrad
