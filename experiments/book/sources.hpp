// A chapter's program as HTML: a line to a line, and labels of equations that lead to their pages.
#pragma once
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace vaegrad {

// Names and texts: main.cpp, then what is beside it, by name
using Sources = std::vector<std::pair<std::string, std::string>>;
Sources read_sources(const std::filesystem::path& folder);

// The page that an equation is on; empty: there is none
using PageOf = std::function<std::string(const std::string& equation)>;

// Text as HTML in which every label of an equation, (4.3), leads to its page.
std::string with_labels(const std::string& text, const PageOf& page_of);

// A source as HTML; its lines are L1, L2, .. of main.cpp and NAME-L1, .. of another. The first
// comment with a label answers to #eq-LABEL, unless `seen` has it from an earlier source.
std::string render_source(const std::string& name, const std::string& text,
                          std::set<std::string>& seen, const PageOf& page_of);

}  // namespace vaegrad
