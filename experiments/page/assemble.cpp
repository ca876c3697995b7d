#include "page/assemble.hpp"

#include <vaegrad/autodiff/error.hpp>

#include "page/assets.hpp"

namespace vaegrad {
namespace {

std::string_view asset(std::string_view name) {
  for (const PageAsset& a : page_assets())
    if (a.name == name) return a.text;
  fail("the program was built without ", name);
}

// In the order in which one needs the other.
constexpr const char* scripts[] = {"philox.js", "ops.js",   "tape.js",     "model.js", "draw.js",
                                   "terms.js",  "codes.js", "run_view.js", "view.js"};
// Before them words.js, and what a page says in other languages: words_zh.js, ..
constexpr std::string_view translation = "words_", ending = ".js";

// {{NAME}} of the template, each once
std::string filled(std::string page, std::string_view name, std::string_view with) {
  const std::string mark = concat("{{", name, "}}");
  const std::size_t at = page.find(mark);
  check(at != std::string::npos, "page.html has no ", mark);
  return page.replace(at, mark.size(), with);
}

}  // namespace

std::vector<std::string> page_languages() {
  std::vector<std::string> codes{"en"};
  for (const PageAsset& a : page_assets())
    if (a.name.starts_with(translation))
      codes.emplace_back(
          a.name.substr(translation.size(), a.name.size() - translation.size() - ending.size()));
  return codes;
}

std::string assembled_page(std::string runs, std::string_view language) {
  // No tag and no comment begins in JSON inside a script, whatever a name says.
  for (std::size_t at = 0; (at = runs.find('<', at)) != std::string::npos; at += 6)
    runs.replace(at, 1, "\\u003c");
  std::string script(asset("words.js"));
  for (const PageAsset& a : page_assets())
    if (a.name.starts_with(translation)) script += a.text;
  for (const char* name : scripts) script += asset(name);
  std::string page(asset("page.html"));
  page = filled(std::move(page), "LANGUAGE", language);
  page = filled(std::move(page), "STYLE", asset("style.css"));
  page = filled(std::move(page), "SCRIPT", script);
  return filled(std::move(page), "RUNS", runs);
}

}  // namespace vaegrad
