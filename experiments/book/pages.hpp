// The pages of the book: chapters and their programs, linked at every equation label, both ways.
#pragma once
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "markdown.hpp"

namespace vaegrad {

struct BookChapter {
  std::string folder, markdown, program;  // 04-elbo; the texts of README.md and main.cpp
  std::string title, question;            // The evidence lower bound; When is ..?

  std::string number() const { return folder.substr(0, 2); }
  std::string page() const { return folder + ".html"; }
  std::string program_page() const { return folder + "-program.html"; }
};

// Files by name, and nothing else: the book is made in memory, then written.
using Book = std::map<std::string, std::string>;

// Of the course's folder: NN-name/{README.md, main.cpp, *.png}, README.md, map.png and
// book/{front.md, book.css, book.js}. Error: one of them is missing; a page links to what is not
// in the book.
Book make_book(const std::filesystem::path& course);

}  // namespace vaegrad
