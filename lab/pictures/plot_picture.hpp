// A picture in the making: gnuplot's commands go to a stream, a finished file comes out or none.
// Internal to the plots; what they offer is in plot.hpp.
#pragma once
#include <filesystem>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>

#include <vaegrad/lab/pictures/plot.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

constexpr auto plot_ink = "#333333";  // the colour of all text

// Literal text for gnuplot: in single quotes nothing but the quote itself has a meaning.
std::string literal(std::string_view text);

// The width of a text in pixels, about: DejaVu Sans at size 10.
double text_width(std::string_view text);

// Runs the commands on a canvas of width x height pixels. True when the picture stands at the path,
// which is never seen half drawn; false after a warning.
bool picture(const std::filesystem::path& path, double width, double height,
             const std::function<void(std::ostream&)>& commands);

}  // namespace vaegrad::inline VAEGRAD_ABI
