// data.json: which data a run was made from.
#include <nlohmann/json.hpp>

#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/run/run_data.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

namespace fs = std::filesystem;

std::optional<DataRecord> read_data_record(const fs::path& folder) {
  std::error_code error;
  for (const char* name : {"data.json", "summary.json"}) {
    const fs::path file = folder / name;
    if (!fs::exists(file, error)) continue;
    const auto json = nlohmann::json::parse(read_file(file, std::size_t{1} << 24), nullptr, false);
    DataRecord to;
    try {
      if (name == std::string_view("summary.json")) {
        to.by_name = true;
        for (const auto& [of, sum] : json.at("data_sha256").items())
          to.checksums.push_back({of, sum.get<std::string>()});
        return to;
      }
      to.folder = json.at("folder").get<std::string>();
      for (const auto& c : json.at("files"))
        to.checksums.push_back(
            {c.at("file").get<std::string>(), c.at("sha256").get<std::string>()});
      to.label_names = json.at("label_names").get<std::vector<std::string>>();
      to.column_names = json.value("column_names", to.column_names);
      for (const auto& d : json.at("dropped"))
        to.dropped.push_back({d.at("column").get<std::size_t>(), d.at("name").get<std::string>(),
                              d.at("value").get<float>()});
      if (json.contains("real")) to.real = json.at("real").get<bool>();
      to.unit = json.value("unit", false);
      return to;
    } catch (const nlohmann::json::exception&) {
      fail(file.string(), ": damaged, or not written by vaegrad", hint,
           "was the file edited? train the run again");
    }
  }
  return {};
}

void write_data_record(const Run& run, const DataSet& data) {
  nlohmann::json json;
  std::error_code error;
  json["folder"] = fs::current_path(error).string();
  json["files"] = nlohmann::json::array();
  for (const Checksum& c : data.checksums)
    json["files"].push_back({{"file", c.file}, {"sha256", c.sha256}});
  json["label_names"] = data.train.file->label_names;
  json["column_names"] = data.train.file->column_names;
  json["real"] = data.train.file->real(), json["unit"] = data.train.file->unit;
  json["dropped"] = nlohmann::json::array();
  for (const DroppedColumn& d : data.dropped)
    json["dropped"].push_back({{"column", d.column}, {"name", d.name}, {"value", d.value}});
  run.write("data.json", json);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
