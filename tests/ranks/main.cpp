// The tests of ranks: alone, or as `mpirun -n N test_ranks`, where each rank runs all of them in step.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdio>
#include <vaegrad/lab/ranks/message_passing.hpp>

// MPI closes its plug-ins before the leak sanitizer looks, which then cannot say whose a leak was
// (mpi.leak.supp): they stay.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
extern "C" int dlclose(void*) { return 0; }
#endif
#endif

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
