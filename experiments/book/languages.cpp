#include "languages.hpp"

#include <fmt/format.h>

#include "markdown.hpp"

namespace vaegrad {

const Language languages[] = {
    {"en", "", ".zh", "中文", "Start", "The course", "API reference", "Contents", "search",
     "light or dark", "The chapters", "The program of this chapter", "Chapter {}: the program",
     "The page of this chapter", "# Chapter \\d+: ([^\n]*)", R"(\*\*Question\.\*\*\s+([^?]*\?))",
     "Builds on:", ". "},
    {"zh", ".zh", "", "English", "首页", "课程", "API 参考（英文）", "目录", "搜索", "浅色或深色",
     "各章", "本章的程序", "第 {} 章：程序", "本章正文", "# 第 \\d+ 章：([^\n]*)",
     R"(\*\*问题。\*\*\s*((?:(?!？)[^\n]|\n(?!\n))*？))", "前置章节：", "："}};

std::string framed(const Language& l, const Contents& contents, bool reference, std::size_t place,
                   const std::string& title, const std::string& name, const std::string& body) {
  std::string list, turn;
  for (std::size_t i = 0; i < contents.size(); ++i)
    list += fmt::format("<li><a href=\"{}\"{}>{}</a></li>", l.file(contents[i].first),
                        i == place ? " aria-current=\"page\"" : "", escaped(contents[i].second));
  if (reference)
    list += fmt::format("<li><a href=\"reference/index.html\">{}</a></li>", l.reference);
  if (place > 0)
    turn += fmt::format("<a rel=\"prev\" href=\"{}\">← {}</a>", l.file(contents[place - 1].first),
                        escaped(contents[place - 1].second));
  if (place + 1 < contents.size())
    turn += fmt::format("<a rel=\"next\" href=\"{}\">{} →</a>", l.file(contents[place + 1].first),
                        escaped(contents[place + 1].second));
  return fmt::format(R"(<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title} · vaegrad</title>
<link rel="stylesheet" href="book.css">
<script src="search-data{suffix}.js" defer></script>
<script src="book.js" defer></script>
</head>
<body>
<header><a class="home" href="{home}">vaegrad</a>
<input id="search" type="search" placeholder="{search}" aria-label="{search}" autocomplete="off">
<a id="language" href="{other}">{other_name}</a>
<button id="light" aria-label="{light}">◐</button></header>
<div id="found" hidden></div>
<nav><details><summary>{contents}</summary><ol>{list}</ol></details></nav>
<main>
{body}
<div class="turn">{turn}</div>
</main>
</body>
</html>
)",
                     fmt::arg("lang", l.code), fmt::arg("title", escaped(title)),
                     fmt::arg("suffix", l.suffix), fmt::arg("home", l.file("index")),
                     fmt::arg("search", l.search), fmt::arg("light", l.light),
                     fmt::arg("other", name + l.other_suffix + ".html"),
                     fmt::arg("other_name", l.other_name), fmt::arg("contents", l.contents),
                     fmt::arg("list", list), fmt::arg("body", body), fmt::arg("turn", turn));
}

}  // namespace vaegrad
