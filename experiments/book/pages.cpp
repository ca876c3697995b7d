#include "pages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>
#include <vaegrad/lab/files/file.hpp>

namespace vaegrad {
namespace {

namespace fs = std::filesystem;

const std::regex label(R"(\((\d+\.\d+)\))");  // (4.3)

std::string read(const fs::path& path) { return read_file(path, 8 << 20); }

std::string first_match(const std::string& text, const char* pattern, const std::string& where) {
  std::smatch found;
  check(std::regex_search(text, found, std::regex(pattern)), where, ": nothing matches ", pattern,
        hint, "a chapter has a title, a question and equation labels: see chapters/README.md");
  return found[1];
}

std::vector<BookChapter> read_chapters(const fs::path& course) {
  std::vector<BookChapter> chapters;
  for (const auto& entry : fs::directory_iterator(course)) {
    const std::string folder = entry.path().filename().string();
    if (!std::regex_match(folder, std::regex(R"(\d\d-.*)"))) continue;
    const fs::path readme = entry.path() / "README.md";
    BookChapter c{folder, read(readme), read(entry.path() / "main.cpp"), "", ""};
    c.title = first_match(c.markdown, "# Chapter \\d+: ([^\n]*)", readme);
    c.question = first_match(c.markdown, R"(\*\*Question\.\*\*\s+([^?]*\?))", readme);
    chapters.push_back(std::move(c));
  }
  std::sort(chapters.begin(), chapters.end(),
            [](const BookChapter& a, const BookChapter& b) { return a.folder < b.folder; });
  check(!chapters.empty(), "no chapter in ", course.string());
  return chapters;
}

// Text as HTML in which every label of an equation leads to `page_of(chapter)`.
template <class PageOf>
std::string with_labels(const std::string& text, PageOf page_of) {
  std::string html;
  std::size_t done = 0;
  for (std::sregex_iterator i(text.begin(), text.end(), label), end; i != end; ++i) {
    html += escaped(text.substr(done, std::size_t(i->position()) - done));
    done = std::size_t(i->position() + i->length());
    const std::string page = page_of((*i)[1].str());
    html += page.empty() ? i->str()
                         : fmt::format("<a class=\"label\" href=\"{}#eq-{}\">({})</a>", page,
                                       (*i)[1].str(), (*i)[1].str());
  }
  return html + escaped(text.substr(done));
}

class Maker {
 public:
  explicit Maker(const fs::path& course) : course_(course), chapters_(read_chapters(course)) {}

  Book make() {
    for (const char* name : {"book.css", "book.js"}) book_[name] = read(course_ / "book" / name);
    markdown_page("index.html", "Variational autoencoders, computed", course_ / "book",
                  read(course_ / "book" / "front.md") + "\n" + contents(), 0);
    markdown_page("course.html", "The course", course_, read(course_ / "README.md"), 1);
    for (std::size_t i = 0; i < chapters_.size(); ++i) {
      const BookChapter& c = chapters_[i];
      markdown_page(c.page(), c.title, course_ / c.folder, c.markdown, i + 2);
      program_page(c, i + 2);
    }
    book_["search-data.js"] = "const sections = " + search_.dump() + ";\n";
    return std::move(book_);
  }

 private:
  std::string contents() const {
    std::string list = "## The chapters\n\n";
    for (const BookChapter& c : chapters_)
      list += fmt::format("{}. [{}]({}/README.md). {}\n", std::stoi(c.number()), c.title, c.folder,
                          c.question);
    return list;
  }

  const BookChapter* numbered(int number) const {
    for (const BookChapter& c : chapters_)
      if (std::stoi(c.number()) == number) return &c;
    return nullptr;
  }
  // (4.3) -> the chapter it is an equation of, if any
  const BookChapter* chapter_of(const std::string& equation) const {
    const BookChapter* c = numbered(std::stoi(equation));
    return c && c->markdown.find("(" + equation + ")") != std::string::npos ? c : nullptr;
  }

  // Where a link of a page in `folder` leads; pictures come with it.
  std::string target(const fs::path& folder, const std::string& url) {
    if (url.find("://") != std::string::npos || url.starts_with("#")) return url;
    const std::string fragment = url.find('#') < url.size() ? url.substr(url.find('#')) : "";
    const fs::path path = (folder / url.substr(0, url.size() - fragment.size())).lexically_normal();
    if (path.extension() == ".png") {
      const std::string name =
          path.parent_path().filename().string() + "-" + path.filename().string();
      book_[name] = read(path);
      return name;
    }
    for (const BookChapter& c : chapters_) {
      if (path == course_ / c.folder / "README.md") return c.page() + fragment;
      if (path == course_ / c.folder / "main.cpp") return c.program_page() + fragment;
    }
    if (path == course_ / "README.md") return "course.html" + fragment;
    fail(folder.string(), ": a link leads to ", url, ", which is not in the book", hint,
         "name the file in words instead");
  }

  // Indented: equations, one to a line, which wrap under themselves; fenced: as it stands.
  std::string code(const std::string& text, bool fenced) const {
    if (fenced || !std::regex_search(text, label))
      return "<pre><code>" + escaped(text) + "</code></pre>";
    std::string html = "<div class=\"equations\">";
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = std::min(text.find('\n', begin), text.size());
      const std::string line = text.substr(begin, end - begin);
      begin = end + 1;
      std::smatch found;
      const bool numbered = std::regex_search(line, found, std::regex(R"(^\s*\((\d+\.\d+)\)\s*)"));
      const std::size_t hang = numbered ? std::size_t(found.length())
                                        : std::min(line.find_first_not_of(' '), line.size());
      html += fmt::format("<span style=\"--hang:{}\"{}>", hang,
                          numbered ? fmt::format(" id=\"eq-{}\"", found[1].str()) : "");
      html += with_labels(line, [&](const std::string& equation) {
        const BookChapter* c = chapter_of(equation);
        return !c ? "" : numbered && equation == found[1] ? c->program_page() : c->page();
      });
      html += line.empty() ? "&nbsp;</span>" : "</span>";
    }
    return html + "</div>";
  }

  std::string words(const std::string& text) const {
    const std::string html = with_labels(text, [&](const std::string& equation) {
      const BookChapter* c = chapter_of(equation);
      return c ? c->page() : "";
    });
    if (!text.starts_with("Builds on:")) return html;
    std::string linked;  // Builds on: 01, 05.
    const std::regex number(R"(\b\d\d\b)");
    std::size_t done = 0;
    const std::string line = html.substr(0, html.find('.'));
    for (std::sregex_iterator i(line.begin(), line.end(), number), end; i != end; ++i) {
      linked += line.substr(done, std::size_t(i->position()) - done);
      done = std::size_t(i->position() + i->length());
      const BookChapter* c = numbered(std::stoi(i->str()));
      linked += c ? fmt::format("<a href=\"{}\">{}</a>", c->page(), i->str()) : i->str();
    }
    return linked + html.substr(done);
  }

  void markdown_page(const std::string& name, const std::string& title, const fs::path& folder,
                     const std::string& markdown, std::size_t place) {
    Rendered page = render_markdown(
        markdown, {[&](const std::string& url) {
                     return target(folder == course_ / "book" ? course_ : folder, url);
                   },
                   [&](const std::string& text) { return words(text); },
                   [&](const std::string& text, bool fenced) { return code(text, fenced); }});
    for (const Section& s : page.sections)
      search_.push_back(
          {{"page", title}, {"title", s.title}, {"url", name + "#" + s.anchor}, {"text", s.text}});
    const std::string program =
        place < 2
            ? ""
            : fmt::format("<p class=\"beside\"><a href=\"{}\">The program of this chapter</a></p>",
                          chapters_[place - 2].program_page());
    book_[name] = frame(title, place, program + page.html + program);
  }

  // The source, a line to a line; the first place of a label answers to the page's link.
  void program_page(const BookChapter& c, std::size_t place) {
    std::string html = fmt::format(
        "<h1>Chapter {}: the program</h1><p class=\"beside\"><a href=\"{}\">The page of this "
        "chapter</a>: {}</p><pre class=\"program\"><code>",
        std::stoi(c.number()), c.page(), escaped(c.question));
    std::set<std::string> seen;
    std::size_t number = 0;
    for (std::size_t begin = 0; begin < c.program.size();) {
      const std::size_t end = std::min(c.program.find('\n', begin), c.program.size());
      const std::string line = c.program.substr(begin, end - begin);
      begin = end + 1;
      std::string anchors;
      for (std::sregex_iterator i(line.begin(), line.end(), label), last; i != last; ++i)
        if (seen.insert((*i)[1]).second)
          anchors += fmt::format("<a id=\"eq-{}\"></a>", (*i)[1].str());
      const auto linked = [&](const std::string& text) {
        return with_labels(text, [&](const std::string& equation) {
          const BookChapter* of = chapter_of(equation);
          return of ? of->page() : "";
        });
      };
      const std::size_t comment = std::min(line.find("//"), line.size());
      html += fmt::format("<span class=\"line\" id=\"L{0}\">{1}<i>{0}</i>{2}", ++number, anchors,
                          linked(line.substr(0, comment)));
      if (comment < line.size()) html += "<b>" + linked(line.substr(comment)) + "</b>";
      html += "</span>";
    }
    book_[c.program_page()] = frame(c.title + ": the program", place, html + "</code></pre>");
  }

  std::string frame(const std::string& title, std::size_t place, const std::string& body) const {
    std::vector<std::pair<std::string, std::string>> pages = {{"index.html", "Start"},
                                                              {"course.html", "The course"}};
    for (const BookChapter& c : chapters_)
      pages.push_back({c.page(), fmt::format("{} {}", std::stoi(c.number()), c.title)});
    std::string list, turn;
    for (std::size_t i = 0; i < pages.size(); ++i)
      list += fmt::format("<li><a href=\"{}\"{}>{}</a></li>", pages[i].first,
                          i == place ? " aria-current=\"page\"" : "", escaped(pages[i].second));
    if (place > 0)
      turn += fmt::format("<a rel=\"prev\" href=\"{}\">← {}</a>", pages[place - 1].first,
                          escaped(pages[place - 1].second));
    if (place + 1 < pages.size())
      turn += fmt::format("<a rel=\"next\" href=\"{}\">{} →</a>", pages[place + 1].first,
                          escaped(pages[place + 1].second));
    return fmt::format(R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{} · vaegrad</title>
<link rel="stylesheet" href="book.css">
<script src="search-data.js" defer></script>
<script src="book.js" defer></script>
</head>
<body>
<header><a class="home" href="index.html">vaegrad</a>
<input id="search" type="search" placeholder="search" aria-label="search the book" autocomplete="off">
<button id="light" aria-label="light or dark">◐</button></header>
<div id="found" hidden></div>
<nav><details><summary>Contents</summary><ol>{}</ol></details></nav>
<main>
{}
<div class="turn">{}</div>
</main>
</body>
</html>
)",
                       escaped(title), list, body, turn);
  }

  fs::path course_;
  std::vector<BookChapter> chapters_;
  Book book_;
  nlohmann::json search_ = nlohmann::json::array();
};

}  // namespace

Book make_book(const fs::path& course) { return Maker(course).make(); }

}  // namespace vaegrad
