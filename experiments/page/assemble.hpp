// A page as one file: the template with its style, its scripts and the data of the runs.
#pragma once
#include <string>

namespace vaegrad {

// runs: a list of what package() gives, as JSON
std::string assembled_page(std::string runs);

}  // namespace vaegrad
