#include "apps/covey/data/entries.hpp"

#include <algorithm>
#include <filesystem>
#include <map>

#include "apps/covey/data/labels.hpp"
#include "apps/covey/data/tar.hpp"
#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/file.hpp"

namespace covey::app {
namespace {

namespace fs = std::filesystem;

Error Bad(const std::string& message) { return MakeError(Code::kInvalidArgument, message); }

}  // namespace

std::string FileEnding(const std::string& path) {
  std::string ending = fs::path(path).extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return ending;
}

bool IsPictureFile(const std::string& path) {
  const std::string ending = FileEnding(path);
  return ending == ".png" || ending == ".jpg" || ending == ".jpeg";
}

Expected<void> ReadEntry(DataEntry& entry) {
  if (!entry.bytes.empty()) return {};
  Expected<std::vector<std::byte>> bytes = ReadFile(entry.name);
  if (!bytes) return bytes.error();
  entry.bytes = std::move(bytes).value();
  return {};
}

Expected<std::vector<DataEntry>> ListEntries(const std::string& path,
                                             bool (*wanted)(const std::string& name)) {
  std::vector<DataEntry> entries;
  std::error_code error;
  if (FileEnding(path) == ".tar") {
    Expected<std::vector<TarFile>> files = ReadTar(path, [&](const std::string& name) {
      return IsPictureFile(name) && (wanted == nullptr || wanted(name));
    });
    if (!files) return files.error();
    for (TarFile& file : files.value())
      entries.push_back({std::move(file.name), std::move(file.bytes), -1});
  } else if (!fs::is_directory(path, error)) {
    return std::vector<DataEntry>{{path, {}, -1}};
  } else if (const fs::path list = fs::path(path) / "y_labels.csv"; fs::exists(list, error)) {
    const Expected<std::vector<LabelLine>> lines = ReadLabels(list.string());
    if (!lines) return lines.error();
    for (const LabelLine& line : lines.value()) {
      if (line.file.empty())
        return Bad(list.string() + ": found a class without a file, expected file,classes,label");
      const std::string full = (fs::path(path) / line.file).string();
      if (wanted == nullptr || wanted(full)) entries.push_back({full, {}, line.label});
    }
    return entries;
  } else {
    for (fs::recursive_directory_iterator at(path, error), end; at != end && !error;
         at.increment(error)) {
      const std::string name = at->path().string();
      if (at->is_regular_file() && at->path().filename().string()[0] != '.' &&
          (wanted == nullptr || wanted(name)))
        entries.push_back({name, {}, -1});
    }
    if (error) return MakeError(Code::kNotFound, path + ": cannot be read: " + error.message());
  }
  if (entries.empty()) return Bad(path + ": holds no sample, expected pictures or raw samples");
  std::sort(entries.begin(), entries.end(),
            [](const DataEntry& a, const DataEntry& b) { return a.name < b.name; });
  // Folders are classes where there are several.
  std::map<std::string, int> classes;
  for (const DataEntry& entry : entries)
    if (IsPictureFile(entry.name)) classes[fs::path(entry.name).parent_path().string()] = 0;
  int number = 0;
  for (auto& [folder, label] : classes) label = number++;
  for (DataEntry& entry : entries)
    if (classes.size() > 1 && IsPictureFile(entry.name))
      entry.label = classes[fs::path(entry.name).parent_path().string()];
  return entries;
}

}  // namespace covey::app
