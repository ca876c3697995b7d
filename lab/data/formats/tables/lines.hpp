// The lines of a text file, one byte a letter (UTF-8) or two (UTF-16 with its mark, as Windows
// writes), whatever ends them: \n, \r\n or \r.
#pragma once
#include <functional>
#include <string_view>

#include <vaegrad/lab/files/byte_input.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// Each line in UTF-8, without its end and without a mark before the first. Error: one of more than
// 16 MB.
void for_each_line(ByteInput& source, const std::function<void(std::string_view)>& take);

// As many as the file has, or more. Error: an empty file.
std::size_t count_lines(const std::filesystem::path& path);

}  // namespace vaegrad::inline VAEGRAD_ABI
