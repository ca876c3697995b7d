#include "parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "markdown.hpp"

namespace vaegrad::latex {
namespace {

// Words beside formulas, with a word joiner where no space is: "−size" stays on its line
std::string paragraph(const std::string& words, bool after_formula) {
  const auto glue = [](char c) {
    return c != ' ' && static_cast<unsigned char>(c) < 128 && c != ':' ? "&#8288;" : "";
  };
  return (after_formula ? glue(words.front()) : "") + escaped(words) + glue(words.back());
}

}  // namespace

Part mo(const std::string& c, const std::string& attributes) {
  return {"<mo" + attributes + ">" + escaped(c) + "</mo>"};
}

Part fence(const std::string& c) {  // a bar in a row is taken for "divides": no space
  const bool bar = c == "|" || c == "‖";
  return mo(c, bar ? R"( stretchy="false" lspace="0" rspace="0")" : R"( stretchy="false")");
}

Part opening(const std::string& c) {
  Part part = fence(c);
  return part.opens = true, part;
}

Part closing(const std::string& c) {
  Part part = fence(c);
  return part.closes = true, part;
}

Part signed_by(const std::string& c) {
  return mo(c == "-" ? "−" : c, " form=\"prefix\" lspace=\"0\" rspace=\"0\"");
}

std::string upright(const std::string& word) {
  return word.size() == 1 ? "<mi mathvariant=\"normal\">" + word + "</mi>"
                          : "<mi>" + escaped(word) + "</mi>";
}

Part text(const std::string& words) {
  // One word is a name: to MathML a text is a kind of space, and beside it a minus has none
  if (std::ranges::all_of(words, [](unsigned char c) { return c < 128 && std::isalpha(c); }))
    return {upright(words)};
  std::string html = escaped(words);  // MathML drops spaces at the ends
  if (html.starts_with(' ')) html.replace(0, 1, "\u00A0");
  if (html.size() > 2 && html.ends_with(' ')) html.replace(html.size() - 1, 1, "\u00A0");
  Part part{"<mtext>" + html + "</mtext>"};
  const bool several = words.find(' ') != words.npos || words.size() > 12;  // or Chinese
  if (several) part.words = words;
  return part;
}

bool apart(const Part& left, const Part& right) {
  const auto is = [](const Part& part, const char* tag) { return part.html.starts_with(tag); };
  if (is(left, "<mspace") || is(right, "<mspace")) return false;
  if (left.function) return !right.opens;
  const bool name = right.function && !is(right, "<mi mathvariant");  // log, but not 𝔼
  return name && (left.closes || !is(left, "<mo"));
}

std::string in_lines(const std::vector<Part>& parts, bool display) {
  std::string html, piece;
  const char* style = display ? " displaystyle=\"true\"" : "";
  const auto flush = [&] {
    if (!piece.empty()) html += fmt::format("<math{}><mrow>{}</mrow></math>", style, piece);
    piece.clear();
  };
  const bool whole = !display && parts.size() <= 6;  // in a paragraph "D = 1" is one word
  int depth = 0;
  for (const Part& part : parts) {
    depth -= part.closes;
    if (&part != &parts.front() && !whole) {
      const bool outside = depth == 0 || !display;
      if (part.before == Break::relation && outside)
        flush(), html += !display            ? "<wbr>"
                         : part.wide.empty() ? "</span><wbr><span>"
                                             : "</span></span><wbr><span" + part.wide + "><span>";
      else if (display &&
               (part.before == Break::relation || (part.before == Break::term && depth == 0)))
        flush(), html += "<wbr>";
    }
    if (display && depth == 0 && !part.words.empty())
      flush(), html += paragraph(part.words, html.ends_with("</math>"));
    else if (part.wide.empty() || !display || depth > 0)
      piece += part.html;
    depth += part.opens;
  }
  flush();
  return display ? "<span><span>" + html + "</span></span>" : html;
}

}  // namespace vaegrad::latex
