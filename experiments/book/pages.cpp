#include "pages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>
#include <vaegrad/lab/files/file.hpp>

#include "formula.hpp"
#include "languages.hpp"
#include "page/assemble.hpp"
#include "sources.hpp"

namespace vaegrad {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) { return read_file(path, 8 << 20); }

std::string first_match(const std::string& text, const char* pattern, const std::string& where) {
  std::smatch found;
  check(std::regex_search(text, found, std::regex(pattern)), where, ": nothing matches ", pattern,
        hint, "a chapter has a title, a question and equation labels: see chapters/README.md");
  return found[1];
}

// Pages beside the chapters, in the book's order: after the chapters.
const char* const extra_pages[] = {"questions", "next", "glossary"};

// The page in this language, or in English until it is translated
std::pair<fs::path, const Language*> translated(const fs::path& stem, const Language& language) {
  const fs::path own = stem.string() + language.suffix + ".md";
  if (fs::exists(own)) return {own, &language};
  return {stem.string() + ".md", &languages[0]};
}

std::vector<BookChapter> read_chapters(const fs::path& course, const Language& language) {
  std::vector<BookChapter> chapters;
  for (const auto& entry : fs::directory_iterator(course)) {
    const std::string folder = entry.path().filename().string();
    if (!std::regex_match(folder, std::regex(R"(\d\d-.*)"))) continue;
    const auto [readme, written] = translated(entry.path() / "README", language);
    BookChapter c{folder, read(readme), read_sources(entry.path()), "", "", language.suffix};
    c.title = first_match(c.markdown, written->title, readme);
    c.question = first_match(c.markdown, written->question, readme);
    chapters.push_back(std::move(c));
  }
  std::sort(chapters.begin(), chapters.end(),
            [](const BookChapter& a, const BookChapter& b) { return a.folder < b.folder; });
  check(!chapters.empty(), "no chapter in ", course.string());
  return chapters;
}

class Maker {
 public:
  Maker(const fs::path& course, bool reference, const Language& language)
      : course_(course),
        reference_(reference),
        language_(language),
        chapters_(read_chapters(course, language)) {}

  Book make() {
    for (const char* name : {"book.css", "book.js"}) book_[name] = read(course_ / "book" / name);
    const auto text = [&](const fs::path& stem) {
      return read(translated(course_ / stem, language_).first);
    };
    std::string front = text("book/front");
    pages_ = {{"index", language_.start}, {"course", language_.course}};
    for (const BookChapter& c : chapters_)
      pages_.push_back({c.folder, fmt::format("{} {}", std::stoi(c.number()), c.title)});
    for (const char* name : extra_pages)
      pages_.push_back({name, first_match(text(name), "# ([^\n]*)", name)});
    markdown_page(0, front.substr(2, front.find('\n') - 2), course_, front + "\n" + contents());
    markdown_page(1, language_.course, course_, text("README"));
    for (std::size_t i = 0; i < chapters_.size(); ++i) {
      const BookChapter& c = chapters_[i];
      markdown_page(i + 2, c.title, course_ / c.folder, c.markdown, &c);
      program_page(c, i + 2);
    }
    for (std::size_t i = chapters_.size() + 2; i < pages_.size(); ++i)
      markdown_page(i, pages_[i].second, course_, text(pages_[i].first));
    book_[concat("search-data", language_.suffix, ".js")] =
        "const sections = " + search_.dump() + ";\n";
    return std::move(book_);
  }

 private:
  std::string contents() const {
    std::string list = concat("## ", language_.chapters, "\n\n");
    for (const BookChapter& c : chapters_)
      list += fmt::format("- {} [{}]({}/README{}.md){}{}\n", c.number(), c.title, c.folder,
                          language_.suffix, language_.stop, c.question);
    return list;
  }
  std::string file(const std::string& name) const { return language_.file(name); }

  const BookChapter* numbered(int number) const {
    for (const BookChapter& c : chapters_)
      if (std::stoi(c.number()) == number) return &c;
    return nullptr;
  }
  // (4.3) -> the chapter it is an equation of, if any
  const BookChapter* chapter_of(const std::string& equation) const {
    const BookChapter* c = numbered(std::stoi(equation));
    return c && c->markdown.find("\\tag{" + equation + "}") != std::string::npos ? c : nullptr;
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
    if (path.filename() == "page.json") {  // of a model that the reader plays with
      const std::string name = path.parent_path().filename().string() + "-page.html";
      book_[name] = assembled_page(read(path), languages[0].code);
      return &language_ == languages ? name : concat(name, "#", language_.code);
    }
    const auto is = [&](const fs::path& stem) {
      return path == course_ / (stem.string() + ".md") ||
             path == course_ / (stem.string() + language_.suffix + ".md");
    };
    for (const BookChapter& c : chapters_) {
      if (is(fs::path(c.folder) / "README")) return c.page() + fragment;
      for (const auto& [name, text] : c.program)
        if (path == course_ / c.folder / name) return c.program_page() + fragment;
    }
    if (is("README")) return file("course") + fragment;
    for (const char* name : extra_pages)
      if (is(name)) return file(name) + fragment;
    fail(folder.string(), ": a link leads to ", url, ", which is not in the book", hint,
         "name the file in words instead");
  }

  // A paragraph that leads to the page of a model has that page below it.
  static std::string with_pages(std::string html) {
    constexpr std::string_view link = "<a href=\"", page = "-page.html", below = "</p>";
    for (std::size_t at = 0; (at = html.find(link, at)) != std::string::npos;) {
      at += link.size();
      const std::string url = html.substr(at, html.find('"', at) - at);
      if (url.find(page) == url.npos) continue;
      at = std::min(html.find(below, at), html.size() - below.size()) + below.size();
      const std::string frame = fmt::format(
          "\n<iframe class=\"alive\" src=\"{}\" title=\"a trained model\" "
          "loading=\"lazy\"></iframe>",
          url);
      html.insert(at, frame);
      at += frame.size();
    }
    return html;
  }

  // What was changed (```diff) has its lines marked; other code stays as it is.
  static std::string code(const std::string& text, const std::string& language) {
    if (language != "diff") return "<pre><code>" + escaped(text) + "</code></pre>";
    std::string html = "<pre class=\"diff\"><code>";
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = std::min(text.find('\n', begin), text.size());
      const char first = text[begin];
      html += fmt::format("<span{}>{}</span>",
                          first == '+'   ? " class=\"new\""
                          : first == '-' ? " class=\"old\""
                                         : "",
                          escaped(text.substr(begin, end - begin)) + "\n");
      begin = end + 1;
    }
    return html + "</code></pre>";
  }

  // An equation of a chapter has its label at the right, which leads to its line of the program.
  std::string formula(const std::string& latex, bool display, const std::string& page) const {
    const Formula made = render_formula(latex, display);
    if (!display) return made.html;
    if (made.tag.empty()) return "<div class=\"formula\"><div>" + made.html + "</div></div>";
    const BookChapter* c = chapter_of(made.tag);
    check(c && c->page() == page, page, ": \\tag{", made.tag, "} is of another chapter");
    return fmt::format(
        "<div class=\"formula\" id=\"eq-{0}\"><div>{1}</div><a class=\"label\" "
        "href=\"{2}#eq-{0}\">({0})</a></div>",
        made.tag, made.html, c->program_page());
  }

  std::string words(const std::string& text) const {
    const std::string html = with_labels(text, [&](const std::string& equation) {
      const BookChapter* c = chapter_of(equation);
      return c ? c->page() : "";
    });
    if (!text.starts_with(language_.builds_on)) return html;
    std::string linked;  // Builds on: 01, 05.
    const std::regex number(R"(\b\d\d\b)");
    std::size_t done = 0;
    const std::string line = html.substr(0, std::min(html.find('.'), html.find("。")));
    for (std::sregex_iterator i(line.begin(), line.end(), number), end; i != end; ++i) {
      linked += line.substr(done, std::size_t(i->position()) - done);
      done = std::size_t(i->position() + i->length());
      const BookChapter* c = numbered(std::stoi(i->str()));
      linked += c ? fmt::format("<a href=\"{}\">{}</a>", c->page(), i->str()) : i->str();
    }
    return linked + html.substr(done);
  }

  void markdown_page(std::size_t place, const std::string& title, const fs::path& folder,
                     const std::string& markdown, const BookChapter* chapter = nullptr) {
    const std::string name = file(pages_[place].first);
    Rendered page = render_markdown(
        markdown,
        {[&](const std::string& url) { return target(folder, url); },
         [&](const std::string& text) { return words(text); }, code,
         [&](const std::string& latex, bool display) { return formula(latex, display, name); }});
    for (const Section& s : page.sections)
      search_.push_back(
          {{"page", title}, {"title", s.title}, {"url", name + "#" + s.anchor}, {"text", s.text}});
    const std::string program = !chapter
                                    ? ""
                                    : fmt::format("<p class=\"beside\"><a href=\"{}\">{}</a></p>",
                                                  chapter->program_page(), language_.program);
    book_[name] =
        frame(title, place, pages_[place].first, program + with_pages(page.html) + program);
  }

  void program_page(const BookChapter& c, std::size_t place) {
    std::string html =
        fmt::format("<h1>{}</h1><p class=\"beside\"><a href=\"{}\">{}</a>: {}</p>",
                    fmt::format(fmt::runtime(language_.program_of), std::stoi(c.number())),
                    c.page(), language_.page_of, escaped(c.question));
    std::set<std::string> seen;
    for (const auto& [name, text] : c.program) {
      if (c.program.size() > 1) html += fmt::format("<h2 id=\"{0}\">{0}</h2>", name);
      html += render_source(name, text, seen, [&](const std::string& equation) {
        const BookChapter* of = chapter_of(equation);
        return of ? of->page() : "";
      });
    }
    book_[c.program_page()] =
        frame(concat(c.title, ": ", language_.program), place, c.folder + "-program", html);
  }

  std::string frame(const std::string& title, std::size_t place, const std::string& name,
                    const std::string& body) const {
    return framed(language_, pages_, reference_, place, title, name, body);
  }

  fs::path course_;
  bool reference_;
  const Language& language_;
  std::vector<BookChapter> chapters_;
  Contents pages_;
  Book book_;
  nlohmann::json search_ = nlohmann::json::array();
};

}  // namespace

Book make_book(const fs::path& course, bool reference) {
  Book book;
  for (const Language& language : languages) book.merge(Maker(course, reference, language).make());
  return book;
}

}  // namespace vaegrad
