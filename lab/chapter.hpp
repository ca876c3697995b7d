// What chapter programs share: three options, numbered claims, a place for figures, and an exit
// status.
//
//   Chapter chapter(argc, argv, "05-vae-on-images");  // --quick, --seed N, --out DIR, --data NAME
//   chapter.claim("(5.6)", "the two estimates of the ELBO agree", a, b, 0.1);
//   return chapter.exit_status();
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <vaegrad/autodiff/error.hpp>
#include <vaegrad/autodiff/matrix.hpp>
#include <vaegrad/lab/pictures/plot.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

class Chapter {
 public:
  // A wrong option ends the program with status 2. Figures and results.txt go to --out, which is
  // runs/NAME unless given.
  Chapter(int argc, char** argv, const std::string& name);

  bool quick = false;  // seconds instead of minutes: the size that the tests run
  std::uint64_t seed = 1;
  std::string data = "fashion-mnist", data_dir;

  // got = want ± tolerance, for the equation of that label
  void claim(const std::string& label, const std::string& text, double got, double want,
             double tolerance);
  // low ≤ got ≤ high
  void claim_between(const std::string& label, const std::string& text, double got, double low,
                     double high);
  // A number worth knowing about which nothing is claimed.
  void note(const std::string& text, double value);

  // Where a figure of that name goes.
  std::filesystem::path figure(const std::string& file) const { return out_ / file; }

  // Writes results.txt; 0 when every claim holds, else 1.
  int exit_status();

 private:
  void line(const std::string& text);
  void verdict(const std::string& label, const std::string& text, double got,
               const std::string& wanted, bool ok);

  std::filesystem::path out_;
  std::string lines_;
  int claims_ = 0, failed_ = 0;
};

// What a figure calls the ten classes: T-shirt .. boot; 0 .. 9 unless the data are clothes.
std::vector<std::string> class_names(const std::string& data);
// The first 1500 points of z (N, 2), or as many as there are, over [-reach, reach]²; the axes are
// z_1 and z_2, or of another letter.
Chart cloud(const std::string& title, ConstMatrix z, double reach, const std::string& letter = "z");
// A white frame around each image of a grid that is marked.
void frame(ImageGrid& grid, const std::vector<bool>& marked);

// Runs a chapter's main; an Error becomes one line on stderr and exit status 1.
int run_chapter(int argc, char** argv, const std::string& name, int (*chapter)(Chapter&));

}  // namespace vaegrad::inline VAEGRAD_ABI
