#include "bench/continuum/pictures.hpp"

#include <algorithm>
#include <fstream>

#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/file.hpp"
#include "core/host/data_dir.hpp"
#include "core/host/diag_text.hpp"

namespace covey::bench {

namespace fs = std::filesystem;

fs::path Data(const char* path) { return *DataDir() / path; }

Expected<std::vector<uint8_t>> ReadRecords(const std::string& file, size_t first, size_t count) {
  std::ifstream stream(Data(file.c_str()), std::ios::binary);
  std::vector<uint8_t> bytes(count * kRecord);
  stream.seekg(static_cast<std::streamoff>(first * kRecord));
  stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (stream.gcount() != static_cast<std::streamsize>(bytes.size()))
    return Error{5, file + ": fewer than " + std::to_string(first + count) + " pictures"};
  return bytes;
}

void FillInt8(const uint8_t* planes, HostTensor& input) {
  input.data.resize(3 * kPixels);
  for (size_t p = 0; p < kPixels; ++p) {
    for (size_t c = 0; c < 3; ++c)
      input.data[p * 3 + c] = static_cast<std::byte>(planes[c * kPixels + p] - 128);
  }
}

void FillFloat(const uint8_t* planes, HostTensor& input) {
  constexpr float kMean[] = {0.485F, 0.456F, 0.406F}, kStd[] = {0.229F, 0.224F, 0.225F};
  std::vector<float> values(3 * kPixels);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = (static_cast<float>(planes[i]) / 255.0F - kMean[i / kPixels]) / kStd[i / kPixels];
  const auto bytes = std::as_bytes(std::span(values));
  input.data.assign(bytes.begin(), bytes.end());
}

Expected<std::vector<fs::path>> ImagenetFiles(size_t most) {
  std::error_code error;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(Data("imagenet/images"), error))
    if (entry.path().extension() == ".jpg") files.push_back(entry.path());
  if (files.size() < 2)
    return Error{5, "imagenet/images: found " + std::to_string(files.size()) +
                        " pictures, expected some (the README of the data)"};
  std::sort(files.begin(), files.end());
  std::vector<fs::path> some;
  most = std::min(most, files.size());
  for (size_t i = 0; i < most; ++i) some.push_back(files[i * files.size() / most]);
  return some;
}

Expected<serve::Picture> DecodeFile(const fs::path& file) {
  const auto bytes = app::ReadFile(file.string());
  if (!bytes) return bytes.error();
  DiagText diag;
  auto decoded = serve::DecodePicture({.format = ImageFormat::kJpeg, .bytes = bytes.value()}, diag);
  if (!decoded.ok()) return app::Explain(file.string(), decoded.status(), diag);
  return serve::CropCenter(serve::ToChannels(*decoded, 3), kNet, kNet);
}

void FillImagenet(const serve::Picture& whole, uint32_t side, HostTensor& input) {
  const serve::Picture picture =
      side == kNet ? whole : serve::Resize(serve::Resize(whole, side, side), kNet, kNet);
  std::vector<float> values(3 * kNet * kNet);
  for (size_t p = 0; p < kNet * kNet; ++p) {
    for (size_t c = 0; c < 3; ++c)
      values[c * kNet * kNet + p] = static_cast<float>(picture.pixels[p * 3 + c]) / 127.5F - 1;
  }
  const auto raw = std::as_bytes(std::span(values));
  input.data.assign(raw.begin(), raw.end());
}

}  // namespace covey::bench
