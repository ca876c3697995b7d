// NPZ: the archives of numpy.savez and savez_compressed, ZIP files whose members are NPY files
// (APPNOTE.TXT of PKWARE, sections 4.3 and 4.4). Read are members that are stored or deflated, not
// encrypted, of one file on one disk, also beyond 4 GB.
#pragma once
#include <vaegrad/lab/data/formats/array.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// The arrays' names, as numpy knows them (without .npy).
std::vector<std::string> npz_names(const std::filesystem::path& path);

// The array of that name; without one the only array that holds examples, of two dimensions or
// more. Claims are held against the file's size before memory is taken, the checksum afterwards.
// Errors: damage, no such array, several to choose from: named.
Array read_npz(const std::filesystem::path& path, const std::string& name = "");

// Which arrays of the file are images and labels, for training and for testing, by the names that
// people give: x or x_train, X, images, data; y or y_train, Y, labels; x_test, .. Empty: there is
// none by such a name.
// `factors`: what images were drawn from, latents_classes of dSprites, or factors.
struct NpzRoles {
  std::string images, labels, test_images, test_labels, factors = {};
};
NpzRoles npz_roles(const std::filesystem::path& path);

}  // namespace vaegrad::inline VAEGRAD_ABI
