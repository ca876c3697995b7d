#include <algorithm>
#include <cmath>

#include <vaegrad/lab/data/images.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

std::vector<Label> make_labels(Array array, const std::string& file) {
  const auto& d = array.dims;
  if (d.size() == 2 && d[1] > 1 && d[1] <= most_classes) {  // a single 1 in each row
    std::vector<Label> labels;
    const auto at = [&](std::size_t i) {
      return array.values.empty() ? float(array.bytes[i]) : array.values[i];
    };
    for (std::size_t i = 0; i < d[0]; ++i) {
      std::size_t ones = 0, others = 0, which = 0;
      for (std::size_t j = 0; j < d[1]; ++j) {
        const float x = at(i * d[1] + j);
        if (x == 1) ++ones, which = j;
        others += x != 0 && x != 1;
      }
      if (ones != 1 || others) break;
      labels.push_back(Label(which));
    }
    if (labels.size() == d[0]) return labels;
  }
  const bool column = d.size() == 2 && d[1] == 1;
  check(d.size() == 1 || column, file, ": not labels: ", d.size(), " dimensions ", sizes(d), hint,
        "labels are (count), such as train-labels-idx1-ubyte.gz, or rows with a single 1");
  if (array.values.empty()) return {array.bytes.begin(), array.bytes.end()};
  std::vector<Label> labels(array.values.size());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const float value = array.values[i];
    check(value >= 0 && value < float(most_classes) && value == std::floor(value), file, ": label ",
          value, " of example ", i, " is out of range", hint, "labels are whole numbers from 0 to ",
          most_classes - 1);
    labels[i] = static_cast<Label>(value);
  }
  return labels;
}

namespace {

// (count, height, width, channels) as it is, or made from (count, channels, height, width)
template <class T>
void put_channels_last(std::vector<T>& x, const std::vector<std::size_t>& dims) {
  const std::size_t channels = dims[1], pixels = dims[2] * dims[3];
  std::vector<T> image(channels * pixels);
  for (std::size_t at = 0; at + image.size() <= x.size(); at += image.size()) {
    for (std::size_t c = 0; c < channels; ++c)
      for (std::size_t p = 0; p < pixels; ++p) image[p * channels + c] = x[at + c * pixels + p];
    std::copy(image.begin(), image.end(), x.begin() + std::ptrdiff_t(at));
  }
}
// Images of 1 or 3 channels, which are last or first.
bool is_few(std::size_t channels) { return channels == 1 || channels == 3; }

void take_channels(Array& array, Images& images, const std::string& name) {
  auto& d = array.dims;
  check(is_few(d[3]) || is_few(d[1]), name, ": not images: 4 dimensions ", sizes(d),
        ", of which neither the last nor the second is 1 or 3 channels", hint,
        "(count, height, width, channels), or (count, channels, height, width)");
  if (channels_first(d)) {
    array.bytes.insert(array.bytes.end(), images.lent.bytes.begin(), images.lent.bytes.end());
    array.values.insert(array.values.end(), images.lent.values.begin(), images.lent.values.end());
    images.lent = {};
    put_channels_last(array.bytes, d);
    put_channels_last(array.values, d);
    d = {d[0], d[2], d[3], d[1]};
    array.note +=
        array.note.empty() ? "channels first in the file" : "; channels first in the file";
  } else if (d[3] > 1 && !std::filesystem::is_directory(name)) {
    array.note += array.note.empty() ? "channels last in the file" : "; channels last in the file";
  }
  images.channels = d[3];
  d.pop_back();
}

// Numbers that are bytes in another dress, when bytes are what is wanted of them.
void take_bytes(Images& images, NumbersAs as) {
  if (!images.real() || as == NumbersAs::numbers) return;
  if (as == NumbersAs::bytes_of_images && images.height == 1) return;
  const auto v = images.all_values();
  const auto all = [&](auto is) { return std::all_of(v.begin(), v.end(), is); };
  const bool bits = all([](float x) { return x == 0 || x == 1; });
  if (bits) return;
  float unit = 0;
  if (all([](float x) { return x >= 0 && x <= 255 && x == std::floor(x); }))
    unit = 1;
  else if (as == NumbersAs::levels && all([](float x) {
             return x >= 0 && x <= 1 && std::abs(255 * x - std::round(255 * x)) < 1e-3f;
           }))
    unit = 255;
  if (unit == 0) return;
  for (const float x : v) images.bytes.push_back(std::uint8_t(std::lround(unit * x)));
  images.values = {}, images.lent = {};
  images.note += concat(images.note.empty() ? "" : "; ",
                        unit == 1 ? "whole numbers 0..255: grey" : "255ths: grey");
}

// Whether all are from 0 to 1; no early exit: this loop is vectorised.
bool all_unit(std::span<const float> x) {
  int beyond = 0;
  for (const float v : x) beyond |= !(v >= 0) | !(v <= 1);
  return !beyond;
}

}  // namespace

bool channels_first(const std::vector<std::size_t>& dims) {
  return dims.size() == 4 && !is_few(dims[3]) && is_few(dims[1]);
}

Images make_images(Array array, const std::string& name, NumbersAs as, const Lent& lent) {
  Images images;
  images.lent = lent;
  auto& dims = array.dims;
  const bool real = !array.values.empty() || !lent.values.empty();
  if (dims.size() == 1 && real) dims.push_back(1);  // a table of one column
  check(real || !array.bytes.empty() || !lent.bytes.empty(), name,
        ": no examples: the header says ", sizes(dims), hint, "give a file with at least one");
  if (dims.size() == 4) take_channels(array, images, name);
  check(dims.size() == 2 || dims.size() == 3, name, ": not images: ", dims.size(),
        dims.size() == 1 ? " dimension " : " dimensions ", sizes(dims), hint,
        dims.size() == 1
            ? "labels belong to --labels and --test-labels"
            : "images are (count, height, width) or (count, height, width, channels), tables "
              "(count, columns)");
  images.count = dims[0];
  images.height = dims.size() == 3 ? dims[1] : 1;
  images.width = dims.back();
  images.bytes = std::move(array.bytes);
  images.values = std::move(array.values);
  images.labels = std::move(array.labels);
  images.label_names = std::move(array.label_names);
  images.column_names = std::move(array.column_names);
  images.note = std::move(array.note);
  take_bytes(images, as);
  images.unit = images.real() && all_unit(images.all_values());
  return images;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
