// `vaegrad decompress` without the rest of vaegrad, to be built otherwise than the program is: by
// another compiler, without optimisation, for any processor.
// usage: decompress RUN IN OUT THREADS
#include <cstdio>
#include <cstdlib>

#include <vaegrad/autodiff/kernels/parallel.hpp>
#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/uses/archive.hpp>
#include <vaegrad/lab/uses/coder.hpp>

int main(int argc, char** argv) try {
  using namespace vaegrad;
  if (argc != 5) return 2;
  set_threads(std::atoi(argv[4]));
  const ImageFile file =
      decompress(make_coder(read_run_files(argv[1])), read_file(argv[2], std::size_t{1} << 40));
  const std::string_view parts[] = {file.header,
                                    as_text(std::span<const std::uint8_t>(file.pixels))};
  write_atomically(argv[3], parts);
} catch (const std::exception& e) {
  std::fprintf(stderr, "decompress: %s\n", e.what());
  return 1;
}
