// A graph is drawn by Graphviz, or its source is kept and a warning says so.
#include <doctest/doctest.h>

#include <cstdlib>
#include <iostream>
#include <sstream>

#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/pictures/plot.hpp>

#include "../folder.hpp"

using namespace vaegrad;

TEST_CASE("without dot there is a warning with what to install, the source, and no picture") {
  const Folder folder;
  const std::string before = std::getenv("PATH");
  std::ostringstream text;
  std::streambuf* stderr_buffer = std::cerr.rdbuf(text.rdbuf());
  ::setenv("PATH", folder.path.c_str(), 1);
  const bool drawn = draw_graph("digraph { a -> b }\n", folder / "g.png");
  ::setenv("PATH", before.c_str(), 1);
  std::cerr.rdbuf(stderr_buffer);
  CHECK(!drawn);
  CHECK(folder.names() == "g.dot");
  CHECK(text.str().find("apt-get install graphviz") != std::string::npos);
}
