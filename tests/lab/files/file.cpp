// Files are whole or what they were before, whatever the system calls do.
#include <doctest/doctest.h>

#include <cerrno>

#include <vaegrad/lab/files/checksum.hpp>
#include <vaegrad/lab/files/file.hpp>

#include "../../support/faults.hpp"
#include "../folder.hpp"

using namespace vaegrad;

TEST_CASE("a file is written, read and replaced") {
  const Folder folder;
  const auto path = folder / "a";
  write_atomically(path, "first");
  CHECK(read_file(path, 5) == "first");
  const std::string_view parts[] = {"se", "", "cond"};
  write_atomically(path, parts);
  CHECK(read_file(path, 100) == "second");
  CHECK(folder.names() == "a");
  CHECK_THROWS_WITH_AS(read_file(path, 5), doctest::Contains("too large: 6 bytes, at most 5"),
                       Error);
}

TEST_CASE(
    "every call of a write fails in turn: one line, the old file or the new one, nothing else") {
  const Folder folder;
  const auto path = folder / "a";
  const std::string old = "the file as it was", young = "the file as it shall be";
  for (const int error : {ENOSPC, EIO, EINTR}) {
    int survived = 0, reported = 0;
    for (int n = 1;; ++n) {
      write_atomically(path, old);
      bool threw = false;
      {
        const Faults faults(n, Faults::Kind::once, error, 5);
        try {
          write_atomically(path, young);
        } catch (const Error& e) {
          threw = true;
          CHECK(std::string(e.what()).find("\n  hint: ") != std::string::npos);
        }
      }
      const auto now = read_file(path, 100);
      CHECK((now == old || now == young));
      if (!threw) CHECK(now == young);
      if (error == EINTR) CHECK_FALSE(threw);
      CHECK(folder.names() == "a");
      (threw ? reported : survived)++;
      if (Faults::calls() < n) break;  // the fault came after the last call
    }
    MESSAGE(error << ": " << reported << " faults reported, " << survived << " writes whole");
    if (error != EINTR) CHECK(reported >= 9);  // open, 5 writes, fsync, close, rename, folder
  }
}

TEST_CASE("reading survives short reads and interruptions") {
  const Folder folder;
  const std::string text = "more than three bytes at a time";
  write_atomically(folder / "a", text);
  for (int n = 1; n < 20; ++n) {
    const Faults faults(n, Faults::Kind::once, EINTR, 3);
    CHECK(read_file(folder / "a", 100) == text);
  }
  const Faults faults(3, Faults::Kind::once, EIO, 3);
  CHECK_THROWS_WITH_AS(read_file(folder / "a", 100), doctest::Contains("cannot read: "), Error);
}

TEST_CASE("what is no file, or cannot be written, is said in one line") {
  const Folder folder;
  CHECK_THROWS_WITH_AS(read_file(folder / "none", 1),
                       doctest::Contains("none: cannot open for reading: No such file"), Error);
  CHECK_THROWS_WITH_AS(read_file(folder.path, 1), doctest::Contains("not a file: it is a folder"),
                       Error);
  CHECK_THROWS_WITH_AS(read_file("/dev/zero", 1), doctest::Contains("it is a device or a pipe"),
                       Error);
  CHECK_THROWS_WITH_AS(write_atomically(folder / "no/a", "x"),
                       doctest::Contains("a: cannot write: "), Error);
  CHECK_THROWS_WITH_AS(check_memory("x", ~std::size_t{0}),
                       doctest::Contains("x: too large for this machine"), Error);
}

// FIPS 180-2, appendix B.
TEST_CASE("sha256 of the standard's examples") {
  Sha256 abc;
  abc.update("a", 1);
  abc.update("bc", 2);
  CHECK(abc.hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(Sha256().hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
