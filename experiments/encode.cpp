// vaegrad encode: the codes of images, as an .npy file.
#include <fmt/format.h>

#include <vaegrad/lab/data/formats/npy.hpp>
#include <vaegrad/lab/uses/write_numbers.hpp>

#include "opened.hpp"

namespace vaegrad {
namespace {

int run_encode(Arguments arguments) {
  const Options options(arguments, of_a_run({"binarize", "split", "out", "labels-out"}),
                        {"mean", "sample"});
  check<UsageError>(options.has("mean") != options.has("sample"),
                    "which code: the mean of q(z|x), or a sample of it?", hint,
                    "--mean, the same each time; or --sample, one draw of z");
  LoadedRun opened = open_run(options);
  const std::string name = options.text("data", opened.settings.data);
  const std::filesystem::path out = options.text("out", (opened.folder / "codes.npy").string());
  check_output_name(out, false, true);
  const std::filesystem::path labels_out = options.text("labels-out", "");
  if (options.has("labels-out")) check_output_name(labels_out, false, true, "--labels-out");
  const RunData data = load_named_data(opened, names_of(options, true));
  check<UsageError>(data.own || !options.has("split"),
                    "--split belongs to the run's own data, but --data names others", hint,
                    "leave one of them out");
  const bool whole = !data.own && data.set.train.file == data.set.test.file;
  const Examples examples = whole ? choose_split(data.set, "all") : split_of(options, data.set);
  if (options.has("data")) say_note(examples);
  const std::vector<Label> labels = labels_of(examples);
  check<UsageError>(!options.has("labels-out") || !labels.empty(), "--labels-out: ", name,
                    " has no labels", hint, "leave --labels-out out");

  const bool mean = options.has("mean");
  const OwnedMatrix codes =
      encode(*opened.model, examples, opened.settings, mean ? Code::mean : Code::sample);
  const std::size_t shape[] = {std::size_t(codes.rows), std::size_t(codes.cols)};
  write_numbers(out, shape, codes);
  if (options.has("labels-out")) {
    const std::size_t dims[] = {labels.size()};
    if (labels_out.extension() != ".npy") {
      const std::vector<Real> numbers(labels.begin(), labels.end());
      write_numbers(labels_out, dims, {numbers.data(), Index(numbers.size()), 1});
    } else if (data.set.classes <= 256) {
      const std::vector<std::uint8_t> bytes(labels.begin(), labels.end());
      write_npy<std::uint8_t>(labels_out, dims, bytes);
    } else {
      write_npy<Label>(labels_out, dims, labels);
    }
  }
  fmt::print("{}: {} x {}, {} of q(z|x) for {} examples of {}, in their file's order\n",
             out.string(), codes.rows, codes.cols, mean ? "the mean" : "a sample", codes.rows,
             name);
  return 0;
}

std::string encode_help() {
  return "usage: vaegrad encode [RUN] --mean|--sample [options]\n\n"
         "Writes the code of each image, a row of numbers, as an .npy or .csv file.\n\n"
         "  RUN                     its folder [runs/latest]\n"
         "  --mean                  the mean of q(z|x)\n"
         "  --sample                one z ~ q(z|x), the same at each call\n"
         "  --split NAME            test, train or validation [test]\n"
         "  --data NAME|PATH        other data: a set's test images, all of a file; or the\n"
         "                          run's own, where they lie now\n"
         "  --labels FILE           .. and their labels (a conditional model needs them)\n"
         "  --out FILE.npy|.csv     [codes.npy in the run's folder]\n"
         "  --labels-out FILE       the labels of the same examples, .npy or .csv\n" +
         std::string(opened_help) +
         "\nexample: vaegrad encode runs/latest --mean --split train --out codes.npy\n";
}

}  // namespace

const Command encode_command{"encode", "the codes of images, as an .npy file", run_encode,
                             encode_help};

}  // namespace vaegrad
