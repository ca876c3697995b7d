#include <algorithm>

#include <vaegrad/lab/data/constant_columns.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

void drop_columns(Images& images, const std::vector<DroppedColumn>& dropped) {
  if (dropped.empty()) return;
  check(images.real() && images.height == 1 && dropped.back().column < images.width,
        "--drop-constant: column ", dropped.back().column, " was left out in training, but these ",
        "data have ", images.width, " columns", hint,
        "give a table with the columns of the training data");
  if (images.values.empty())
    images.values.assign(images.lent.values.begin(), images.lent.values.end());
  images.lent = {};
  const std::size_t width = images.width, kept = width - dropped.size();
  std::vector<bool> out(width);
  for (const DroppedColumn& d : dropped) out[d.column] = true;
  std::string text;
  for (const DroppedColumn& d : dropped) {
    std::size_t departing = 0;
    for (std::size_t i = 0; i < images.count; ++i)
      departing += images.values[i * width + d.column] != d.value;
    text += concat(text.empty() ? "" : ", ", d.column, d.name.empty() ? "" : concat(" ", d.name),
                   " = ", double(d.value));
    if (departing)
      text += concat(" (", departing, departing == 1 ? " row departs)" : " rows depart)");
  }
  auto to = images.values.begin();
  for (std::size_t i = 0; i < images.count; ++i)
    for (std::size_t j = 0; j < width; ++j)
      if (!out[j]) *to++ = images.values[i * width + j];
  images.values.resize(images.count * kept);
  images.width = kept;
  for (std::size_t j = images.column_names.size(); j-- > 0;)
    if (out[j]) images.column_names.erase(images.column_names.begin() + std::ptrdiff_t(j));
  images.note += concat(images.note.empty() ? "" : "; ", dropped.size() == 1 ? "column" : "columns",
                        " left out, constant in training: ", text);
}

void drop_constant_columns(DataSet& set) {
  const Images& train = *set.train.file;
  check<UsageError>(train.real() && train.height == 1, "--drop-constant: ", set.name,
                    " is no table of real numbers", hint, "leave --drop-constant out");
  const auto first = train.numbers(set.train.rows[0]);
  for (std::size_t j = 0; j < train.width; ++j)
    if (std::all_of(set.train.rows.begin(), set.train.rows.end(),
                    [&](auto row) { return train.numbers(row)[j] == first[j]; }))
      set.dropped.push_back(
          {j, j < train.column_names.size() ? train.column_names[j] : "", first[j]});
  check(set.dropped.size() < train.width, "--drop-constant: every column of ", set.name,
        " is constant in training: ", train.width, hint, "give more examples");
  std::vector<const Images*> done;
  for (const Examples* e : {&set.train, &set.validation, &set.test}) {
    if (!e->file || std::find(done.begin(), done.end(), e->file.get()) != done.end()) continue;
    done.push_back(e->file.get());
    drop_columns(const_cast<Images&>(*e->file), set.dropped);
  }
}

}  // namespace vaegrad::inline VAEGRAD_ABI
