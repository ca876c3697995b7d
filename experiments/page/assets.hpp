// The sources of a page (experiments/page/*.html, *.css, *.js), which are in the program itself
// (cmake/embed.cmake), so that it needs none of them where it is installed.
#pragma once
#include <span>
#include <string_view>

namespace vaegrad {

struct PageAsset {
  std::string_view name, text;
};
std::span<const PageAsset> page_assets();

}  // namespace vaegrad
