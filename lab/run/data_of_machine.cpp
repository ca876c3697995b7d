#include <algorithm>
#include <nlohmann/json.hpp>

#include <vaegrad/lab/ranks/ranks.hpp>
#include <vaegrad/lab/run/data_of_machine.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

using nlohmann::json;

template <class T>
json binary(const std::vector<T>& values) {
  const auto bytes = std::as_bytes(std::span(values));
  const auto* first = reinterpret_cast<const std::uint8_t*>(bytes.data());
  return json::binary({first, first + bytes.size()});
}
template <class T>
void take(const json& from, std::vector<T>& to) {
  const auto& bytes = from.get_binary();
  to.resize(bytes.size() / sizeof(T));
  std::copy(bytes.begin(), bytes.end(), reinterpret_cast<std::uint8_t*>(to.data()));
}

// All of it but the numbers of the images.
json about(const Images& i) {
  return {{"count", i.count},
          {"height", i.height},
          {"width", i.width},
          {"channels", i.channels},
          {"labels", binary(i.labels)},
          {"factors", {i.factors.names, i.factors.sizes, binary(i.factors.indices)}},
          {"unit", i.unit},
          {"binary", i.binary},
          {"note", i.note},
          {"label_names", i.label_names},
          {"column_names", i.column_names},
          {"bytes", i.all_bytes().size()},
          {"values", i.all_values().size()}};
}
Images images(const json& j) {
  Images i;
  i.count = j["count"], i.height = j["height"], i.width = j["width"], i.channels = j["channels"];
  take(j["labels"], i.labels);
  i.factors.names = j["factors"][0].get<std::vector<std::string>>();
  i.factors.sizes = j["factors"][1].get<std::vector<std::size_t>>();
  take(j["factors"][2], i.factors.indices);
  i.unit = j["unit"], i.binary = j["binary"], i.note = j["note"];
  i.label_names = j["label_names"].get<std::vector<std::string>>();
  i.column_names = j["column_names"].get<std::vector<std::string>>();
  return i;
}

constexpr Examples DataSet::*parts[]{&DataSet::train, &DataSet::validation, &DataSet::test};

json about(const DataSet& data, std::span<const Images* const> files) {
  json j{{"name", data.name}, {"classes", data.classes}};
  for (const Images* file : files) j["files"].push_back(about(*file));
  for (const auto part : parts) {
    const Examples& e = data.*part;
    const auto at = std::find(files.begin(), files.end(), e.file.get());
    j["parts"].push_back({e.split, at - files.begin(), binary(e.rows)});
  }
  j["checksums"] = j["dropped"] = json::array();
  for (const Checksum& c : data.checksums) j["checksums"].push_back({c.file, c.sha256});
  for (const DroppedColumn& d : data.dropped) j["dropped"].push_back({d.column, d.name, d.value});
  return j;
}

std::vector<const Images*> files_of(const DataSet& data) {
  std::vector<const Images*> to;
  for (const auto part : parts)
    if (const Images* file = (data.*part).file.get();
        file && std::find(to.begin(), to.end(), file) == to.end())
      to.push_back(file);
  return to;
}

// A data set of these words whose images lie in the machine's memory, one file after the other.
DataSet shared(const json& j, std::span<std::byte> memory) {
  DataSet data;
  data.name = j["name"];
  data.classes = j["classes"];
  std::vector<std::shared_ptr<const Images>> files;
  for (const json& f : j["files"]) {
    auto i = std::make_shared<Images>(images(f));
    const std::size_t values = f["values"], bytes = f["bytes"];
    i->lent.values = {reinterpret_cast<const float*>(memory.data()), values};
    memory = memory.subspan(values * sizeof(float));
    i->lent.bytes = {reinterpret_cast<const std::uint8_t*>(memory.data()), bytes};
    memory = memory.subspan((bytes + 63) / 64 * 64);
    files.push_back(std::move(i));
  }
  for (std::size_t p = 0; p < std::size(parts); ++p) {
    Examples& e = data.*parts[p];
    e.split = j["parts"][p][0];
    const std::size_t file = j["parts"][p][1];
    if (file < files.size()) e.file = files[file];
    take(j["parts"][p][2], e.rows);
  }
  for (const json& c : j["checksums"]) data.checksums.push_back({c[0], c[1]});
  for (const json& d : j["dropped"]) data.dropped.push_back({d[0], d[1], d[2]});
  return data;
}

}  // namespace

DataSet read_once_per_machine(const std::function<DataSet()>& read) {
  Ranks& all = ranks();
  if (all.size() == 1) return read();
  const bool reads = all.first_on_machine();
  const DataSet own = reads ? read() : DataSet{};
  const std::vector<const Images*> files = files_of(own);
  std::string words;
  std::size_t bytes = 0;
  if (reads) {
    json::to_cbor(about(own, files), words);
    for (const Images* f : files)
      bytes += f->all_values().size_bytes() + (f->all_bytes().size() + 63) / 64 * 64;
  }
  words = all.broadcast_on_machine(std::move(words));
  const std::span<std::byte> memory = all.memory_of_machine(bytes);
  auto* to = memory.data();
  for (const Images* f : files) {
    to = std::ranges::copy(std::as_bytes(f->all_values()), to).out;
    std::ranges::copy(std::as_bytes(f->all_bytes()), to);
    to += (f->all_bytes().size() + 63) / 64 * 64;
  }
  all.meet();  // it is there
  const DataSet data = shared(json::from_cbor(words), memory);
  std::string checksums;
  for (const Checksum& c : data.checksums)
    checksums +=
        std::filesystem::path(c.file).filename().string() + ' ' + c.sha256.substr(0, 12) + ' ';
  check_same_on_all_ranks("data", checksums);
  return data;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
