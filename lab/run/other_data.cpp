#include <algorithm>

#include <vaegrad/lab/data/constant_columns.hpp>
#include <vaegrad/lab/run/other_data.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

// The columns that training knew by name, in their order
void check_columns(const Images& images, const DataRecord& record, const std::string& name) {
  const auto &now = images.column_names, &then = record.column_names;
  if (now.size() != then.size()) return;  // one side has no names, or the size is refused below
  for (std::size_t c = 0; c < now.size(); ++c)
    check(now[c] == then[c], name, ": column ", c, " is ", now[c], ", in training it was ", then[c],
          hint, "the columns in the order of training");
}
// Labels by the names that a conditional model met in training
void rename_classes(Images& images, const std::vector<std::string>& met, const std::string& name) {
  if (met.empty() || images.label_names.empty() || images.label_names == met) return;
  std::vector<Label> to;
  std::string known;
  for (const std::string& m : met) known += concat(known.empty() ? "" : ", ", m);
  for (const std::string& n : images.label_names) {
    const auto found = std::find(met.begin(), met.end(), n);
    check(found != met.end(), name, ": the model was not given a class ", n, hint, "one of ",
          known);
    to.push_back(Label(found - met.begin()));
  }
  for (Label& y : images.labels) y = to[y];
  images.label_names = met;
}

// Bytes as the numbers that they are
void take_numbers(Images& images) {
  const auto bytes = images.all_bytes();
  images.values.assign(bytes.begin(), bytes.end());
  images.bytes.clear(), images.lent = {};
  images.binary = false;
}

}  // namespace

void fit_to_run(const LoadedRun& run, const std::optional<DataRecord>& record, DataSet& data,
                Settings& named, bool keep_binarize) {
  if (record && !record->dropped.empty())
    for (const Examples* e : {&data.train, &data.test})
      if (e == &data.train || e->file != data.train.file)
        drop_columns(const_cast<Images&>(*e->file), record->dropped);
  for (const Examples* e : {&data.train, &data.test}) {
    if (!record || !record->real || (e == &data.test && e->file == data.train.file)) continue;
    Images& now = const_cast<Images&>(*e->file);
    if (*record->real && !record->unit && !now.real()) take_numbers(now);
    check(*record->real || !now.real() || now.unit, named.data,
          ": real numbers, but the run was trained on bytes", hint,
          "whole numbers from 0 to 255, or numbers from 0 to 1");
  }
  for (const Examples* e : {&data.train, &data.test}) {
    if (!record || (e == &data.test && e->file == data.train.file)) continue;
    check_columns(*e->file, *record, named.data);
    if (run.model->conditions)
      rename_classes(const_cast<Images&>(*e->file), record->label_names, named.data);
  }
  const Images& images = *data.train.file;
  const Model& model = *run.model;
  const std::size_t left_out = record ? record->dropped.size() : 0;
  check(images.height > 1 || model.image.height > 1 || images.shape() == model.image, named.data,
        ": rows of ", images.width + left_out, " numbers, but the run was trained on ",
        std::size_t(model.image.width) + left_out, hint, "the columns it was trained on",
        images.width > std::size_t(model.image.width) ? "; --label-column NAME for one of labels"
                                                      : "");
  check(images.shape() == model.image, named.data, ": images of ", images.shape(),
        ", but the run was trained on ", model.image, hint, "data of that size");
  if (images.binary && !keep_binarize) named.binarize = {};
  check_suits(named, data);
  if (model.conditions) condition_size(named, data);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
