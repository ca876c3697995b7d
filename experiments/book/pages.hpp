// The pages of the book: chapters and their programs, linked at every equation label, both ways.
#pragma once
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "markdown.hpp"
#include "sources.hpp"

namespace vaegrad {

struct BookChapter {
  std::string folder, markdown;  // 04-elbo; the text of README.md
  Sources program;
  std::string title, question;  // The evidence lower bound; When is ..?
  std::string suffix;           // of its language: .zh, or none

  std::string number() const { return folder.substr(0, 2); }
  std::string page() const { return folder + suffix + ".html"; }
  std::string program_page() const { return folder + "-program" + suffix + ".html"; }
};

// Files by name, and nothing else: the book is made in memory, then written.
using Book = std::map<std::string, std::string>;

// Of the course's folder: NN-name/{README.md, README.zh.md, *.cpp, *.hpp, *.png}, README, questions,
// next and glossary (.md, .zh.md), map.png and book/{front.md, front.zh.md, book.css, book.js}.
// Both languages, linked page by page. Error: one of them is missing; a page links to what is not
// in the book; a formula that cannot be rendered. `reference`: the contents lead to
// reference/index.html too, which is not made here.
Book make_book(const std::filesystem::path& course, bool reference = false);

}  // namespace vaegrad
