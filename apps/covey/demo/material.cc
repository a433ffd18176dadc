#include "apps/covey/demo/material.hpp"

#include <fstream>

#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/file.hpp"
#include "core/host/data_dir.hpp"
#include "pictures/pictures.hpp"

namespace covey::app {
namespace {

namespace fs = std::filesystem;

static_assert(kRecordBytes == pictures::kRecordBytes);

constexpr char kCifarLabels[] =
    "labels = [\"airplane\", \"automobile\", \"bird\", \"cat\", \"deer\", \"dog\", \"frog\", "
    "\"horse\", \"ship\", \"truck\"]\n";

Expected<void> WriteText(const fs::path& path, const std::string& text) {
  return WriteFile(path.string(), std::as_bytes(std::span(text)));
}

// A network alone in a folder of its own, with a model.toml beside it.
Expected<void> PlaceModel(const fs::path& from, const fs::path& folder, const std::string& toml) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error) fs::copy_file(from, folder / from.filename(), error);
  if (error) return MakeError(Code::kUnavailable, from.string() + ": " + error.message());
  return WriteText(folder / "model.toml", toml);
}

void CountTruth(Material& material) {
  for (size_t at = 0; at < material.records.size(); at += kRecordBytes) {
    material.truth.push_back(static_cast<uint8_t>(material.records[at]));
  }
}

Expected<Material> FromData(const fs::path& data, size_t pictures, const fs::path& scratch) {
  Material material;
  const fs::path images = data / "cifar10" / "lossless_test500.bin";
  Expected<std::vector<std::byte>> records = ReadFile(images.string());
  if (!records) return records.error();
  if (records.value().size() < pictures * kRecordBytes) {
    return MakeError(Code::kInvalidArgument,
                     images.string() + ": found " +
                         std::to_string(records.value().size() / kRecordBytes) +
                         " pictures, expected at least " + std::to_string(pictures));
  }
  material.records = std::move(records).value();
  material.records.resize(pictures * kRecordBytes);
  material.pictures = "CIFAR-10 test pictures (lossless)";
  material.device_name = "resnet8";
  material.full_name = "resnet56";
  material.repository = scratch / "models";
  const fs::path device = data / "mlperf_tiny" / "models" / "pretrainedResnet_quant.tflite";
  const Expected<void> placed =
      PlaceModel(device, scratch / "device",
                 "[model]\nname = \"resnet8\"\n[output]\nkind = \"probabilities\"\n" +
                     std::string(kCifarLabels));
  if (!placed) return placed.error();
  material.device_model = scratch / "device" / device.filename();
  const Expected<void> served = PlaceModel(
      data / "cifar10_resnet" / "resnet56.onnx", material.repository / material.full_name,
      "[model]\nname = \"resnet56\"\n"
      "[input]\nwidth = 32\nheight = 32\ncolor = \"rgb\"\n"
      "mean = [0.485, 0.456, 0.406]\nstd = [0.229, 0.224, 0.225]\n"
      "[output]\nkind = \"logits\"\n" +
          std::string(kCifarLabels));
  if (!served) return served.error();
  material.full_model = material.repository / material.full_name / "resnet56.onnx";
  CountTruth(material);
  return material;
}

// models/shapes seen from the working directory, or from a directory above this program.
fs::path FindShapes() {
  std::error_code error;
  for (fs::path dir = fs::current_path(error); !dir.empty(); dir = dir.parent_path()) {
    if (fs::is_directory(dir / "models" / "shapes", error)) return dir / "models" / "shapes";
    if (dir == dir.parent_path()) break;
  }
  for (fs::path dir = fs::read_symlink("/proc/self/exe", error); !dir.empty();
       dir = dir.parent_path()) {
    if (fs::is_directory(dir / "models" / "shapes", error)) return dir / "models" / "shapes";
    if (dir == dir.parent_path()) break;
  }
  return {};
}

Expected<Material> FromSeed(size_t count) {
  Material material;
  material.repository = FindShapes();
  if (material.repository.empty()) {
    return MakeError(Code::kNotFound,
                     "models/shapes: not found here nor beside this program, and COVEY_DATA is no "
                     "directory; run from the project's root or set COVEY_DATA");
  }
  material.records = pictures::Records(pictures::kReportSeed, 0, count);
  material.pictures =
      "drawn pictures of shapes (seed " + std::to_string(pictures::kReportSeed) + ")";
  material.device_name = "device";
  material.full_name = "full";
  material.device_model = material.repository / "device" / "model.onnx";
  material.full_model = material.repository / "full" / "model.onnx";
  CountTruth(material);
  return material;
}

}  // namespace

Expected<Material> GatherMaterial(size_t pictures, const fs::path& scratch) {
  if (const std::optional<fs::path> data = DataDir()) return FromData(*data, pictures, scratch);
  return FromSeed(pictures);
}

std::vector<std::byte> InterleavedPixels(const Material& material, size_t i) {
  const std::byte* planes = material.records.data() + i * kRecordBytes + 1;
  std::vector<std::byte> pixels(3 * kPlaneBytes);
  for (size_t at = 0; at < kPlaneBytes; ++at) {
    for (size_t c = 0; c < 3; ++c) pixels[3 * at + c] = planes[c * kPlaneBytes + at];
  }
  return pixels;
}

}  // namespace covey::app
