#include "sources.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <regex>
#include <vaegrad/lab/files/file.hpp>

#include "markdown.hpp"

namespace vaegrad {
namespace {

const std::regex label(R"(\((\d+\.\d+)\))");  // (4.3)

}  // namespace

Sources read_sources(const std::filesystem::path& folder) {
  std::map<std::string, std::string> others;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (const auto kind = entry.path().extension(); kind == ".cpp" || kind == ".hpp")
      others[entry.path().filename().string()] = read_file(entry.path(), 1 << 20);
  Sources sources{{"main.cpp", others["main.cpp"]}};
  others.erase("main.cpp");
  sources.insert(sources.end(), others.begin(), others.end());
  return sources;
}

std::string with_labels(const std::string& text, const PageOf& page_of) {
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

std::string render_source(const std::string& name, const std::string& text,
                          std::set<std::string>& seen, const PageOf& page_of) {
  const std::string file = name == "main.cpp" ? "" : name + "-";
  std::string html = "<pre class=\"program\"><code>";
  std::size_t number = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    const std::size_t slashes = std::min(line.find("//"), line.size());
    const std::string code = line.substr(0, slashes), comment = line.substr(slashes);
    std::string anchors;
    for (std::sregex_iterator i(comment.begin(), comment.end(), label), last; i != last; ++i)
      if (seen.insert((*i)[1]).second)
        anchors += fmt::format("<a id=\"eq-{}\"></a>", (*i)[1].str());
    html += fmt::format("<span class=\"line\" id=\"{}L{}\">{}<i>{}</i>{}", file, ++number, anchors,
                        number, with_labels(code, page_of));
    if (!comment.empty()) html += "<b>" + with_labels(comment, page_of) + "</b>";
    html += "</span>";
  }
  return html + "</code></pre>";
}

}  // namespace vaegrad
