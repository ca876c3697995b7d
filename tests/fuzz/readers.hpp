// Everything that reads a file of somebody else's, one row each: what the fuzzer feeds, and what a
// test feeds with the corpus and with files that lie. A new reader is a row in readers.cpp and a
// folder of its name in corpus/.
#pragma once
#include <span>
#include <string_view>

struct Reader {
  const char* name;
  // An Error is an answer; whatever else it throws, or ends the program, is a defect.
  void (*read)(std::string_view input);
};
std::span<const Reader> readers();

void read_archive(std::string_view input);
