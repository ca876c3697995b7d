#pragma once
#include <string>
#include <utility>
#include <vector>

namespace vaegrad {

// What the book says itself, by language; a page NAME.html is NAME.zh.html in Chinese.
struct Language {
  const char *code, *suffix, *other_suffix, *other_name;
  const char *start, *course, *reference, *contents, *search, *light, *chapters, *program,
      *program_of, *page_of;
  const char *title, *question, *builds_on;  // how a page says them
  const char* stop;                          // between a title and its question

  std::string file(const std::string& page) const { return page + suffix + ".html"; }
};
extern const Language languages[2];

// The pages in the order of the contents: their names without language, their titles.
using Contents = std::vector<std::pair<std::string, std::string>>;

// A whole HTML page around `body`: head, search, contents with `place` marked, the ways on and back. `name`: of the page
// without its language, for the switch to the other one. `reference`: the contents lead to the API reference too.
std::string framed(const Language& language, const Contents& contents, bool reference,
                   std::size_t place, const std::string& title, const std::string& name,
                   const std::string& body);

}  // namespace vaegrad
