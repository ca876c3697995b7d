// vaegrad export: a trained run for others: as ONNX graphs, for programs that know nothing of
// vaegrad, or as a run with weights of 16 bits.
#include <fmt/format.h>

#include <algorithm>
#include <vaegrad/lab/run/small_run.hpp>
#include <vaegrad/lab/uses/onnx/export.hpp>

#include "opened.hpp"

namespace vaegrad {
namespace {

// FILE.onnx is the bound; the others stand beside it as FILE.encoder.onnx, FILE.decoder.onnx
std::filesystem::path beside(std::filesystem::path file, const std::string& graph) {
  return graph == "bound" ? file : file.replace_extension(graph + file.extension().string());
}

int run_small(const Options& options) {
  const std::filesystem::path to = options.text("half", "");
  for (const char* other : {"graphs", "particles", "threads"})
    check<UsageError>(!options.has(other), "--", other, ": --half copies weights, and has none",
                      hint, "leave it out");
  const SmallRun made =
      write_small_run(options.run(), options.one_of("weights", {"last", "best"}), to);
  fmt::print("{}: a run with {} weights of 16 bits, {} bytes; the largest change of one: {:.2g}\n",
             to.string(), made.numbers, made.bytes, made.largest_change);
  return 0;
}

int run_export(Arguments arguments) {
  const Options options(arguments, {"onnx", "half", "graphs", "particles", "weights", "threads"});
  check<UsageError>(!(options.has("onnx") && options.has("half")),
                    "--onnx and --half: one of them at a time", hint, "two commands");
  if (options.has("half")) return run_small(options);
  const std::filesystem::path file = options.text("onnx", "");
  check<UsageError>(!file.empty(), "in which format?", hint,
                    "vaegrad export runs/latest --onnx vae.onnx, or --half FOLDER");
  check<UsageError>(file.extension() == ".onnx", "--onnx ", file.string(),
                    ": the name does not end in .onnx", hint, "--onnx vae.onnx");
  const Index particles = Index(options.integer("particles", 1, 1, 100000));
  std::vector<std::string> graphs;
  std::istringstream names(options.text("graphs", "encoder,decoder,bound"));
  for (std::string name; std::getline(names, name, ',');) {
    check<UsageError>(name == "encoder" || name == "decoder" || name == "bound",
                      "--graphs: there is no '", name, "'", hint,
                      "one or several of encoder, decoder, bound");
    if (std::find(graphs.begin(), graphs.end(), name) == graphs.end()) graphs.push_back(name);
  }
  check<UsageError>(!graphs.empty(), "--graphs: none is named", hint, "--graphs encoder,decoder");
  const LoadedRun opened = open_run(options);
  const bool bound = !opened.model->deterministic && opened.model->has_likelihood();
  if (!bound && !options.has("graphs")) graphs.pop_back();
  // All are made before one is written.
  std::vector<OnnxFile> made;
  for (const std::string& name : graphs) try {
      made.push_back(name == "encoder"   ? onnx_encoder(opened)
                     : name == "decoder" ? onnx_decoder(opened)
                                         : onnx_bound(opened, particles));
    } catch (const Error& e) {
      const std::string text = e.what();
      if (name != "bound" || text.find("onnx: ") != 0) throw;
      fail("the bound: ", text.substr(6, text.find('\n') - 6), hint,
           "--graphs encoder,decoder leaves it out");
    }
  for (std::size_t i = 0; i < graphs.size(); ++i) {
    const std::filesystem::path to = beside(file, graphs[i]);
    write_atomically(to, std::string_view(made[i].bytes));
    fmt::print("{}: the {}, {} bytes\n", to.string(), graphs[i], made[i].bytes.size());
  }
  return 0;
}

std::string export_help() {
  return "usage: vaegrad export [RUN] --onnx FILE.onnx [options]\n"
         "       vaegrad export [RUN] --half FOLDER [--weights NAME]\n\n"
         "Writes a run as ONNX graphs, for any number of examples. FILE.onnx: x and the\n"
         "noise eps to the importance weighted bound, nats, with z, E[x|z] and weights;\n"
         "FILE.encoder.onnx: x to the code and the numbers of q(z|x); FILE.decoder.onnx: z\n"
         "to E[x|z] and the numbers of p(x|z). Their metadata say what is what.\n\n"
         "--half writes a run with weights of 16 bits, half as large, to hand on: every\n"
         "command takes it, but it cannot be resumed.\n\n"
         "  RUN                     its folder [runs/latest]\n"
         "  --onnx FILE.onnx        where to\n"
         "  --half FOLDER           where to, a new folder\n"
         "  --particles K           draws of z for each x in the bound [1]\n"
         "  --graphs NAME[,NAME..]  some of encoder, decoder, bound [all]\n"
         "  --weights NAME          last, or best on validation [last]\n"
         "  --threads N\n\n"
         "example: vaegrad export runs/latest --onnx vae.onnx --particles 5\n";
}

}  // namespace

const Command export_command{"export", "a trained run for others: ONNX graphs, or 16-bit weights",
                             run_export, export_help};

}  // namespace vaegrad
