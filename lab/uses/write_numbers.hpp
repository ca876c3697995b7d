// Numbers go to files in the format that the name says: .npy, .csv; pictures to .png, .svg.
#pragma once
#include <filesystem>
#include <initializer_list>
#include <span>
#include <string_view>

#include <vaegrad/autodiff/matrix.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

bool is_numbers_name(const std::filesystem::path& path);  // .npy, .csv, whatever its case
bool is_picture_name(const std::filesystem::path& path);  // .png, .svg
// Errors: the name ends in no format that the command writes (UsageError); its folder is not there.
void check_output_name(const std::filesystem::path& path, bool pictures, bool numbers,
                       std::string_view option = "--out");
// The same for one that is written in one format: its name ends in one of these, whatever the case.
void check_output_end(const std::filesystem::path& path, std::initializer_list<const char*> ends,
                      std::string_view option);

// As its name says: an NPY file of that shape, or a CSV file with a row for the first dimension and 9
// digits. Errors: another name; the shape does not fit; a number that is not finite.
void write_numbers(const std::filesystem::path& path, std::span<const std::size_t> dims,
                   ConstMatrix values);

}  // namespace vaegrad::inline VAEGRAD_ABI
