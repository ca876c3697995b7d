#include "markdown.hpp"

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>

#include <algorithm>
#include <memory>
#include <vaegrad/autodiff/error.hpp>

namespace vaegrad {
namespace {

std::string literal(cmark_node* node) {
  const char* text = cmark_node_get_literal(node);
  return text ? text : "";
}

cmark_node* html(cmark_node_type type, const std::string& text) {
  cmark_node* node = cmark_node_new(type);
  cmark_node_set_literal(node, text.c_str());
  return node;
}

void replace(cmark_node* node, cmark_node_type type, const std::string& text) {
  cmark_node_insert_before(node, html(type, text));
  cmark_node_unlink(node);
  cmark_node_free(node);
}

bool within_link_or_image(cmark_node* node) {
  for (; node; node = cmark_node_parent(node))
    if (const auto type = cmark_node_get_type(node);
        type == CMARK_NODE_LINK || type == CMARK_NODE_IMAGE)
      return true;
  return false;
}

std::vector<cmark_node*> in_order(cmark_node* root) {
  std::vector<cmark_node*> nodes;
  cmark_iter* iterator = cmark_iter_new(root);
  for (cmark_event_type event; (event = cmark_iter_next(iterator)) != CMARK_EVENT_DONE;)
    if (event == CMARK_EVENT_ENTER) nodes.push_back(cmark_iter_get_node(iterator));
  cmark_iter_free(iterator);
  return nodes;
}

std::string text_below(cmark_node* node) {
  std::string text;
  for (cmark_node* each : in_order(node)) text += literal(each);
  return text;
}

// "Run it" -> "run-it"; letters of other alphabets stay
std::string anchor_of(const std::string& title) {
  std::string anchor;
  for (char c : title)
    if (std::isalnum(static_cast<unsigned char>(c)))
      anchor += char(std::tolower(c));
    else if (static_cast<unsigned char>(c) >= 0x80)
      anchor += c;
    else if (!anchor.empty() && anchor.back() != '-')
      anchor += '-';
  while (!anchor.empty() && anchor.back() == '-') anchor.pop_back();
  return anchor;
}

// In the place of a formula, until the page is HTML: two letters for private use about its number
constexpr std::string_view before = "\uE000", after = "\uE001";

struct Taken {
  std::string latex;
  bool display;
};

// Markdown without its formulas; what stands in code stays.
std::string take_formulas(const std::string& markdown, std::vector<Taken>& formulas) {
  std::string rest;
  bool fenced = false, line_begins = true;
  for (std::size_t i = 0; i < markdown.size();) {
    if (line_begins && markdown.compare(i, 3, "```") == 0) {
      const std::size_t end = std::min(markdown.find('\n', i), markdown.size() - 1);
      fenced = !fenced;
      rest += markdown.substr(i, end + 1 - i), i = end + 1;
      continue;  // line_begins stays
    }
    line_begins = markdown[i] == '\n';
    if (!fenced && markdown[i] == '`') {
      const std::size_t end = std::min(markdown.find('`', i + 1), markdown.size() - 1);
      rest += markdown.substr(i, end + 1 - i), i = end + 1;
    } else if (!fenced && markdown[i] == '$') {
      const std::string mark = markdown.compare(i, 2, "$$") == 0 ? "$$" : "$";
      const std::size_t end = markdown.find(mark, i + mark.size());
      check(end != std::string::npos, "a formula is not closed: ", markdown.substr(i, 40));
      const std::string latex = markdown.substr(i + mark.size(), end - i - mark.size());
      check(latex.find("\n\n") == std::string::npos,
            "a formula is not closed: ", latex.substr(0, 40));
      rest += concat(before, formulas.size(), after);
      formulas.push_back({latex, mark.size() == 2}), i = end + mark.size();
    } else {
      rest += markdown[i++];
    }
  }
  return rest;
}

// Brackets and marks about a formula stay on its line.
std::string glued(std::string made, std::string_view open, std::string_view mark) {
  const std::string begin = "<span class=\"together\">", end = "</span>", closed = "</math>";
  const std::size_t first = made.find(closed) + closed.size(), last = made.rfind("<math");
  if (!mark.empty()) made.insert(last, begin), made += concat(mark, end);
  if (open.empty()) return made;
  if (!mark.empty() && last == 0) return made.insert(begin.size(), open);
  return concat(begin, open, made.substr(0, first), end, made.substr(first));
}

// Each placeholder becomes what `make` gives for its number.
template <class Make>
std::string put_formulas(const std::string& text, Make make) {
  constexpr std::string_view opens[] = {"(", "（", "[", "“"};
  constexpr std::string_view marks[] = {".",  ",",  ":",  ";",  ")",  "]",  "?",
                                        "，", "。", "：", "；", "）", "、", "？"};
  std::string to;
  for (std::size_t i = 0;;) {
    const std::size_t begin = text.find(before, i);
    to += text.substr(i, begin - i);
    if (begin == std::string::npos) return to;
    const std::size_t end = text.find(after, begin);
    std::string made =
        make(std::stoul(text.substr(begin + before.size(), end - begin - before.size())));
    i = end + after.size();
    if (made.ends_with("</math>")) {
      const auto open = std::ranges::find_if(opens, [&](auto o) { return to.ends_with(o); });
      const auto mark =
          std::ranges::find_if(marks, [&](auto m) { return text.compare(i, m.size(), m) == 0; });
      const std::string_view left = open == std::end(opens) ? "" : *open;
      const std::string_view right = mark == std::end(marks) ? "" : *mark;
      to.resize(to.size() - left.size()), i += right.size();
      made = glued(std::move(made), left, right);
    }
    to += made;
  }
}

// An option in running text is not torn at its hyphens.
std::string whole_options(const std::string& html) {
  std::string to;
  bool code = false;
  for (std::size_t i = 0; i < html.size(); ++i) {
    if (html.compare(i, 6, "<code>") == 0)
      code = html.compare(html.rfind('<', i - 1), 4, "<pre") != 0;
    else if (html.compare(i, 7, "</code>") == 0)
      code = false;
    to += html[i];
    if (!code || html[i + 1] != '-' || (html[i] != ' ' && html[i] != '>')) continue;
    const std::size_t end = html.find_first_of(" <", i + 1);
    to += concat("<span class=\"together\">", html.substr(i + 1, end - i - 1), "</span>");
    i = end - 1;
  }
  return to;
}

// One node's part in the page: changed in place, its text given to the section it stands in.
void visit(cmark_node* node, const Rewriting& rewriting, std::vector<Section>& sections) {
  const cmark_node_type type = cmark_node_get_type(node);
  const std::string text = literal(node);
  if (!sections.empty() && !text.empty()) sections.back().text += text + " ";
  if (type == CMARK_NODE_HEADING) {
    const std::string title = text_below(node), anchor = anchor_of(title);
    if (cmark_node_get_heading_level(node) <= 2 || sections.empty())
      sections.push_back({title, anchor, ""});
    cmark_node_prepend_child(node, html(CMARK_NODE_HTML_INLINE, "<a id=\"" + anchor + "\"></a>"));
  } else if (type == CMARK_NODE_LINK || type == CMARK_NODE_IMAGE) {
    cmark_node_set_url(node, rewriting.target(cmark_node_get_url(node)).c_str());
  } else if (type == CMARK_NODE_TEXT && !within_link_or_image(node)) {
    replace(node, CMARK_NODE_HTML_INLINE, rewriting.words(text));
  } else if (type == CMARK_NODE_CODE_BLOCK) {
    int length, offset;
    char character;
    const bool fenced = cmark_node_get_fenced(node, &length, &offset, &character);
    const char* info = fenced ? cmark_node_get_fence_info(node) : "";
    replace(node, CMARK_NODE_HTML_BLOCK, rewriting.code(text, info ? info : ""));
  } else if (std::string_view(cmark_node_get_type_string(node)) == "table") {
    cmark_node_insert_before(node, html(CMARK_NODE_HTML_BLOCK, "<div class=\"table\">"));
    cmark_node_insert_after(node, html(CMARK_NODE_HTML_BLOCK, "</div>"));
  }
}

}  // namespace

std::string escaped(const std::string& text) {
  std::string to;
  for (char c : text) switch (c) {
      case '&':
        to += "&amp;";
        break;
      case '<':
        to += "&lt;";
        break;
      case '>':
        to += "&gt;";
        break;
      case '"':
        to += "&quot;";
        break;
      default:
        to += c;
    }
  return to;
}

// What a reader sees of it: no tags, and characters instead of their entities.
std::string shown_text(const std::string& html) {
  constexpr std::pair<std::string_view, char> entities[] = {
      {"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}};
  std::string to;
  for (std::size_t i = 0; i < html.size();) {
    const auto entity = std::ranges::find_if(
        entities, [&](auto e) { return html.compare(i, e.first.size(), e.first) == 0; });
    if (entity != std::end(entities)) {
      to += entity->second, i += entity->first.size();
    } else if (html[i] == '<') {
      i = html.find('>', i) + 1;
    } else {
      to += html[i++];
    }
  }
  return to;
}

Rendered render_markdown(const std::string& markdown, const Rewriting& rewriting) {
  cmark_gfm_core_extensions_ensure_registered();
  const int options = CMARK_OPT_UNSAFE;  // what is HTML here is ours
  const std::unique_ptr<cmark_parser, void (*)(cmark_parser*)> parser(cmark_parser_new(options),
                                                                      cmark_parser_free);
  cmark_parser_attach_syntax_extension(parser.get(), cmark_find_syntax_extension("table"));
  std::vector<Taken> formulas;
  const std::string plain = take_formulas(markdown, formulas);
  cmark_parser_feed(parser.get(), plain.data(), plain.size());
  const std::unique_ptr<cmark_node, void (*)(cmark_node*)> page(cmark_parser_finish(parser.get()),
                                                                cmark_node_free);
  check(page != nullptr, "markdown: cannot be parsed");
  cmark_consolidate_text_nodes(page.get());

  Rendered rendered;
  for (cmark_node* node : in_order(page.get())) visit(node, rewriting, rendered.sections);
  const std::unique_ptr<char, void (*)(void*)> text(
      cmark_render_html(page.get(), options, cmark_parser_get_syntax_extensions(parser.get())),
      std::free);
  // A displayed formula is a block of its own, no paragraph.
  std::string page_html = whole_options(text.get());
  for (std::size_t n = 0; n < formulas.size(); ++n) {
    const std::string mark = concat(before, n, after), paragraph = concat("<p>", mark, "</p>");
    if (const std::size_t at = page_html.find(paragraph); at != std::string::npos)
      page_html.replace(at, paragraph.size(), mark);
    else
      check(!formulas[n].display,
            "a displayed formula is no paragraph of its own: ", formulas[n].latex);
  }
  rendered.html = put_formulas(page_html, [&](std::size_t n) {
    return rewriting.formula(formulas[n].latex, formulas[n].display);
  });
  for (Section& s : rendered.sections)
    s.text = put_formulas(s.text, [&](std::size_t n) {
      return formulas[n].display ? " " : shown_text(rewriting.formula(formulas[n].latex, false));
    });
  return rendered;
}

}  // namespace vaegrad
