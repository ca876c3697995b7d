// The tests of ranks: alone, or as `mpirun -n N test_ranks`, where each rank runs all of them in step.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdio>
#include <vaegrad/lab/ranks/message_passing.hpp>

int main(int argc, char** argv) {
  using namespace vaegrad;
  try {
    join_ranks({}, launched_ranks);
    const int failed = doctest::Context(argc, argv).run();
    leave_ranks(failed ? "tests failed" : "");
    return failed;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "test_ranks: %s\n", e.what());
    return 77;
  }
}
