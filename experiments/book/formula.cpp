#include "formula.hpp"

#include <fmt/format.h>

#include <optional>
#include <vaegrad/autodiff/error.hpp>
#include <vector>

#include "latex.hpp"
#include "markdown.hpp"
#include "parts.hpp"

namespace vaegrad {
namespace {

using namespace latex;

class Parser {
 public:
  Parser(const std::string& latex, bool display) : text_(latex), display_(display) {}

  Formula all() {
    const auto parts = row("");
    check(at_ == text_.size(), "formula: '", text_.substr(at_, 12), "' closes nothing: ", text_);
    return {in_lines(parts, display_), tag_};
  }

 private:
  [[noreturn]] void wrong(const std::string& what) const {
    fail("formula: ", what, ": ", text_, hint, "experiments/book/latex.cpp lists what there is");
  }
  bool ends() const { return at_ >= text_.size(); }
  bool take(std::string_view what) {
    if (text_.compare(at_, what.size(), what) != 0) return false;
    at_ += what.size();
    return true;
  }
  bool digit(std::size_t at) const {
    return at < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at]));
  }
  void skip() {
    while (!ends() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }
  std::string character() {  // one, in UTF-8
    std::size_t n = 1;
    while (at_ + n < text_.size() && (text_[at_ + n] & 0xC0) == 0x80) ++n;
    return text_.substr((at_ += n) - n, n);
  }
  std::string command() {  // the name after a backslash
    std::string name;
    while (!ends() && std::isalpha(static_cast<unsigned char>(text_[at_]))) name += text_[at_++];
    return name.empty() && !ends() ? character() : name;
  }
  std::string braces() {  // {as it stands}
    skip();
    if (!take("{")) wrong("an opening brace is missing");
    std::string inside;
    for (int depth = 1; !ends();) {
      const std::string c = character();
      if (c == "{") ++depth;
      if (c == "}" && --depth == 0) return inside;
      inside += c;
    }
    wrong("a brace is not closed");
  }
  std::string argument() {  // {a group} or one symbol
    skip();
    if (ends()) wrong("something is missing at its end");
    if (take("{")) return group("}");
    if (digit(at_)) return "<mn>" + character() + "</mn>";  // as in LaTeX: \frac12 is one half
    return symbol().html;
  }
  std::string group(const std::string& end) {
    const std::string inside = joined(row(end));
    if (!take(end)) wrong("'" + end + "' is missing");
    return "<mrow>" + inside + "</mrow>";
  }
  static std::string joined(const std::vector<Part>& parts) {
    std::string html;
    for (const Part& p : parts) html += p.html;
    return html;
  }
  // Symbols with their scripts up to `end` (which is left), & or a line's end
  std::vector<Part> row(const std::string& end) {
    std::vector<Part> parts;
    for (skip(); !ends(); skip()) {
      if (!end.empty() && text_.compare(at_, end.size(), end) == 0) break;
      if (text_[at_] == '&' || text_.compare(at_, 2, "\\\\") == 0 || text_[at_] == '}' ||
          text_.compare(at_, 4, "\\end") == 0 || text_.compare(at_, 6, "\\right") == 0)
        break;
      // A minus that stands first, or after a relation or a bracket, is a sign: no space after it
      const bool sign = parts.empty() || parts.back().before == Break::relation ||
                        (parts.back().opens && !parts.back().closes);
      Part part =
          sign && (text_[at_] == '-' || text_[at_] == '+') ? signed_by(character()) : symbol();
      if (part.html.empty()) continue;
      if (!parts.empty() && apart(parts.back(), part))
        parts.push_back({"<mspace width=\"0.17em\"></mspace>"});
      scripts(part);
      parts.push_back(part);
    }
    return parts;
  }

  static std::string wrapped(const std::optional<std::string>& script) {
    return script ? "<mrow>" + *script + "</mrow>" : "";
  }
  void scripts(Part& part) {
    std::optional<std::string> below, above;
    for (skip(); !ends(); skip()) {
      if (take("_"))
        below = argument();
      else if (take("^"))
        above = (above ? *above : "") + argument();
      else if (take("'"))
        above = (above ? *above : "") + "<mo>′</mo>";
      else
        break;
    }
    if (!below && !above) return;
    part.words.clear();
    const char* name = below && above ? (part.limits ? "munderover" : "msubsup")
                       : below        ? (part.limits ? "munder" : "msub")
                                      : (part.limits ? "mover" : "msup");
    part.html =
        fmt::format("<{0}>{1}{2}{3}</{0}>", name, part.html, wrapped(below), wrapped(above));
  }

  Part symbol() {
    skip();
    if (take("\\")) return of_command(command());
    if (take("{")) return {group("}")};
    if (digit(at_)) {
      std::string number;
      while (digit(at_) || (!number.empty() && !ends() && text_[at_] == '.' && digit(at_ + 1)))
        number += text_[at_++];
      return {"<mn>" + number + "</mn>"};
    }
    const std::string c = character();
    if (c == "-" || c == "+")
      return {mo(c == "-" ? "−" : c, " form=\"infix\"").html, false, false, false, Break::term};
    if (c == "(" || c == "[") return opening(c);
    if (c == ")" || c == "]") return closing(c);
    if (c == "|" || c == "/") return fence(c);
    if (c == "=" || c == "<" || c == ">")
      return {mo(c, " form=\"infix\"").html, false, false, false, Break::relation};
    if (c == "," || c == ";") return mo(c, " separator=\"true\"");
    if (c == "~") return {"<mspace width=\"0.25em\"></mspace>"};
    if (std::string_view("*:.!").find(c) != std::string_view::npos) return mo(c);
    if (c.size() > 1 || std::isalpha(static_cast<unsigned char>(c[0])))
      return {"<mi>" + c + "</mi>"};
    wrong("'" + c + "' means nothing here");
  }

  static std::string styled(const Names& names, const std::string& letter, const Parser& at) {
    const auto found = names.find(letter);
    if (found == names.end()) at.wrong("no letter '" + letter + "' in this style");
    return "<mi mathvariant=\"normal\">" + found->second + "</mi>";
  }

  Part of_command(const std::string& name) {
    const auto in = [&](const Names& names) { return names.find(name); };
    if (auto f = in(letters); f != letters.end()) return {"<mi>" + f->second + "</mi>"};
    if (auto f = in(relations); f != relations.end())
      return {mo(f->second, " form=\"infix\"").html, false, false, false, Break::relation};
    if (auto f = in(operators); f != operators.end()) return mo(f->second, " form=\"infix\"");
    if (auto f = in(big); f != big.end())
      return {mo(f->second, name.ends_with("int") ? "" : " movablelimits=\"true\"").html,
              !name.ends_with("int")};
    if (auto f = in(fences); f != fences.end()) {
      const bool opens = name[0] == 'l' || name == "{", closes = name[0] == 'r' || name == "}";
      return opens ? opening(f->second) : closes ? closing(f->second) : fence(f->second);
    }
    if (auto f = in(functions); f != functions.end())
      return {"<mi>" + f->second + "</mi>", name == "max" || name == "min" || name == "lim", true};
    if (auto f = in(spaces); f != spaces.end())
      return {"<mspace width=\"" + f->second + "\"></mspace>",
              false,
              false,
              false,
              name.ends_with("quad") ? Break::relation : Break::no,
              false,
              "",
              name.ends_with("quad") ? " class=\"" + name + "\"" : ""};
    if (auto f = in(accents); f != accents.end())
      return {"<mover accent=\"true\">" + argument() + "<mo stretchy=\"" +
              (name == "overline" || name == "widehat" ? "true" : "false") + "\">" + f->second +
              "</mo></mover>"};
    if (name == "frac" || name == "tfrac" || name == "dfrac") {
      std::string made = "<mfrac>" + argument();
      made += argument() + "</mfrac>";
      if (name == "frac") return {made};
      return {fmt::format("<mstyle displaystyle=\"{}\">{}</mstyle>", name == "dfrac", made)};
    }
    if (name == "sqrt") return {"<msqrt>" + argument() + "</msqrt>"};
    if (name == "text" || name == "textrm") return text(braces());
    if (name == "operatorname") return {upright(braces()), false, true};
    if (name == "mathrm") return {upright(braces())};
    if (name == "mathbf")
      return {"<mi mathvariant=\"normal\" class=\"bold\">" + braces() + "</mi>"};
    if (name == "mathbb") return {styled(double_struck, braces(), *this), false, true};
    if (name == "mathcal") return {styled(script, braces(), *this)};
    if (name == "mathrel" || name == "mathbin")
      return {mo(braces(), " form=\"infix\"").html, false, false, false,
              name == "mathrel" ? Break::relation : Break::no};
    if (name == "underbrace")
      return {"<munder>" + argument() + "<mo stretchy=\"true\">⏟</mo></munder>", true};
    if (name == "overbrace")
      return {"<mover>" + argument() + "<mo stretchy=\"true\">⏞</mo></mover>", true};
    if (name == "tag") return tag_ = braces(), Part{};
    if (name == "left") {
      const std::string open = delimiter(), inside = joined(row("\\right"));
      if (!take("\\right")) wrong("\\right is missing");
      return {
          "<mrow>" + open + inside + delimiter() + "</mrow>", false, false, true, Break::no, true};
    }
    for (const char* size : {"bigl", "bigr", "Bigl", "Bigr", "bigm", "big", "Big"})
      if (name == size)
        return {stretched(name[0] == 'B' ? "1.8em" : "1.3em"),
                false,
                false,
                name.back() == 'l',
                Break::no,
                name.back() == 'r'};
    if (name == "begin") return {environment(braces())};
    if (name == "%" || name == "#" || name == "_" || name == "&") return mo(name);
    wrong("there is no \\" + name);
  }

  std::string delimiter_character() {
    skip();
    if (take("\\")) {
      const std::string name = command();
      const auto found = fences.find(name);
      if (found == fences.end()) wrong("\\" + name + " is no bracket");
      return found->second;
    }
    return ends() ? "" : character();
  }
  std::string delimiter() {
    const std::string c = delimiter_character();
    return c == "." ? "" : mo(c, " stretchy=\"true\"").html;
  }
  std::string stretched(const std::string& size) {
    return mo(delimiter_character(),
              fmt::format(R"( stretchy="true" symmetric="true" minsize="{0}" maxsize="{0}")", size))
        .html;
  }

  std::string environment(const std::string& name) {
    if (name != "aligned" && name != "cases" && name != "pmatrix" && name != "matrix")
      wrong("there is no environment " + name);
    std::string table = "<mtable class=\"" + name + "\">";
    for (bool more = true; more;) {
      table += "<mtr>";
      for (bool cells = true; cells;) {
        table += "<mtd>" + joined(row("\\end")) + "</mtd>";
        cells = take("&");
      }
      table += "</mtr>";
      more = take("\\\\");
      skip();
    }
    if (!take("\\end{" + name + "}")) wrong("\\end{" + name + "} is missing");
    table += "</mtable>";
    const auto bracket = [](const char* c) { return mo(c, " stretchy=\"true\"").html; };
    if (name == "cases") return "<mrow>" + bracket("{") + table + "</mrow>";
    if (name == "pmatrix") return "<mrow>" + bracket("(") + table + bracket(")") + "</mrow>";
    return table;
  }

  std::string text_, tag_;
  bool display_;
  std::size_t at_ = 0;
};

}  // namespace

Formula render_formula(const std::string& latex, bool display) {
  return Parser(latex, display).all();
}

}  // namespace vaegrad
