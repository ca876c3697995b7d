#include "markdown.hpp"

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>

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

// "Run it" -> "run-it"
std::string anchor_of(const std::string& title) {
  std::string anchor;
  for (char c : title)
    if (std::isalnum(static_cast<unsigned char>(c)))
      anchor += char(std::tolower(c));
    else if (!anchor.empty() && anchor.back() != '-')
      anchor += '-';
  while (!anchor.empty() && anchor.back() == '-') anchor.pop_back();
  return anchor;
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
    replace(node, CMARK_NODE_HTML_BLOCK, rewriting.code(text, fenced));
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

Rendered render_markdown(const std::string& markdown, const Rewriting& rewriting) {
  cmark_gfm_core_extensions_ensure_registered();
  const int options = CMARK_OPT_UNSAFE;  // what is HTML here is ours
  const std::unique_ptr<cmark_parser, void (*)(cmark_parser*)> parser(cmark_parser_new(options),
                                                                      cmark_parser_free);
  cmark_parser_attach_syntax_extension(parser.get(), cmark_find_syntax_extension("table"));
  cmark_parser_feed(parser.get(), markdown.data(), markdown.size());
  const std::unique_ptr<cmark_node, void (*)(cmark_node*)> page(cmark_parser_finish(parser.get()),
                                                                cmark_node_free);
  check(page != nullptr, "markdown: cannot be parsed");
  cmark_consolidate_text_nodes(page.get());

  Rendered rendered;
  for (cmark_node* node : in_order(page.get())) visit(node, rewriting, rendered.sections);
  const std::unique_ptr<char, void (*)(void*)> text(
      cmark_render_html(page.get(), options, cmark_parser_get_syntax_extensions(parser.get())),
      std::free);
  rendered.html = text.get();
  return rendered;
}

}  // namespace vaegrad
