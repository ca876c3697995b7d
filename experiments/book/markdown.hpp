// Markdown to HTML by cmark-gfm; this and its .cpp are the only files that know it.
#pragma once
#include <functional>
#include <string>
#include <vector>

namespace vaegrad {

// What a page makes of the parts of its markdown that are more than text.
struct Rewriting {
  std::function<std::string(const std::string&)> target;  // of a link or a picture: where it is
  std::function<std::string(const std::string&)> words;   // running text: its HTML
  std::function<std::string(const std::string&, const std::string&)> code;  // a block; its language
  std::function<std::string(const std::string&, bool)> formula;  // LaTeX; displayed, or in a line
};

struct Section {
  std::string title, anchor, text;  // from a heading to the next; the text for the search
};

struct Rendered {
  std::string html;
  std::vector<Section> sections;  // the first is named by the page's title
};

std::string escaped(const std::string& text);  // for HTML, also within quotes

// Headings get anchors, tables a box that scrolls when they are too wide. Formulas ($..$, $$..$$)
// are taken out before Markdown sees them, for to it _ and \\ mean something else.
Rendered render_markdown(const std::string& markdown, const Rewriting& rewriting);

}  // namespace vaegrad
