#include "tests/cli/material.hpp"

#include <cmath>
#include <cstring>
#include <fstream>
#include <ostream>

namespace covey::cli_test {
namespace {

std::vector<std::string> ListedFiles(const std::filesystem::path& folder) {
  std::ifstream labels(folder / "y_labels.csv");
  std::vector<std::string> files;
  for (std::string line; std::getline(labels, line);) {
    if (!line.empty()) files.push_back(line.substr(0, line.find(',')));
  }
  return files;
}

// float32 by the input's scale and zero point, half to even.
std::string Quantised(const std::string& floats, const GoldenSet& set) {
  std::string bytes(set.sample_bytes, '\0');
  for (size_t i = 0; i < bytes.size(); ++i) {
    float x = 0;
    std::memcpy(&x, floats.data() + i * sizeof x, sizeof x);
    const float q = std::nearbyint(x / set.scale) + static_cast<float>(set.zero_point);
    bytes[i] = static_cast<char>(static_cast<int8_t>(std::fmin(std::fmax(q, -128), 127)));
  }
  return bytes;
}

}  // namespace

Repository::Repository() : path_(TempPath("models")) {
  namespace fs = std::filesystem;
  std::error_code error;  // What fails shows as a model that the agent lacks.
  fs::create_directories(path_, error);
  fs::copy(fs::path(kFullModel).parent_path(), path_ + "/full", error);
  (void)Covey({"compile", kDeviceModel, "-o", path_ + "/device.covey"});
}

Repository::~Repository() {
  std::error_code error;  // Best effort.
  std::filesystem::remove_all(path_, error);
}

void PrintTo(const Network& network, std::ostream* out) { *out << network.file; }

std::string GoldenSet::Golden(const std::string& name) const {
  return ReadAll(dir / "golden" / name);
}

std::string GoldenSet::Listed(const Network& network, size_t count) const {
  const std::string folder = network.folder;
  std::vector<std::string> files = ListedFiles(dir / folder);
  files.resize(std::min(files.size(), count));
  std::string samples;
  for (const std::string& file : files) {
    std::string bytes = ReadAll(dir / folder / file);
    if (folder == "ad01") bytes = Quantised(bytes, *this);  // The first window.
    if (folder == "ic01" || folder == "vww01") {
      for (char& byte : bytes) byte = static_cast<char>(byte ^ '\x80');  // uint8 - 128
    }
    samples += bytes;
  }
  return samples;
}

std::string GoldenSet::Random8() const {
  std::string samples;
  for (uint32_t i = 0; i < 8; ++i) {
    uint32_t x = 0x9E3779B9U + i;
    for (size_t at = 0; at < sample_bytes; at += sizeof x) {
      x ^= x << 13;
      x ^= x >> 17;
      x ^= x << 5;
      samples.append(reinterpret_cast<const char*>(&x), std::min(sizeof x, sample_bytes - at));
    }
  }
  return samples;
}

GoldenSet OpenGoldenSet(const std::filesystem::path& data, const Network& network) {
  GoldenSet set;
  set.dir = data / "mlperf_tiny";
  set.model = set.dir / "models" / network.file;
  const Json report = Covey({"inspect", set.model, "--json"}).json();
  if (!report.is_object()) return set;
  const Json& input = report["inputs"][0];
  set.sample_bytes = 1;
  for (const Json& dim : input["dims"]) set.sample_bytes *= dim.get<size_t>();
  set.scale = input["scale"].get<float>();
  set.zero_point = input["zero_point"].get<int32_t>();
  return set;
}

}  // namespace covey::cli_test
