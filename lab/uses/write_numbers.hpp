// Numbers go to files in the format that the name says: .npy, .csv; pictures to .png, .svg.
#pragma once
#include <filesystem>
#include <span>

#include <vaegrad/autodiff/matrix.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

bool is_numbers_name(const std::filesystem::path& path);  // .npy, .csv, whatever its case
bool is_picture_name(const std::filesystem::path& path);  // .png, .svg
// Error (UsageError): the name ends in no format that the command writes.
void check_output_name(const std::filesystem::path& path, bool pictures, bool numbers);

// As its name says: an NPY file of that shape, or a CSV file with a row for the first dimension and 9
// digits. Errors: another name; the shape does not fit.
void write_numbers(const std::filesystem::path& path, std::span<const std::size_t> dims,
                   ConstMatrix values);

}  // namespace vaegrad::inline VAEGRAD_ABI
