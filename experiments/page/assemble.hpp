// A page as one file: the template with its style, its scripts and the data of the runs.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace vaegrad {

// Codes of the languages that a page speaks, the first its default; each but English has its words_*.js.
std::vector<std::string> page_languages();

// runs: a list of what package() gives, as JSON
std::string assembled_page(std::string runs, std::string_view language);

}  // namespace vaegrad
