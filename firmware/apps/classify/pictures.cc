#include "pictures.hpp"

namespace covey::classify {

namespace {
constexpr uint32_t kMaxSide = 4096;
constexpr uint32_t kPixelsAtOnce = 64;
}  // namespace

Status Pictures::OpenFile(const char* path, Layout layout, uint32_t width, uint32_t height) {
  file_ = board::HostFile::Open(path, board::HostFile::kRead);
  if (!file_.is_open()) return Status(Code::kNotFound, "the picture file cannot be opened");
  return SetShape(file_.Size(), layout, width, height);
}

Status Pictures::UseMemory(std::span<const std::byte> bytes, Layout layout, uint32_t width,
                           uint32_t height) {
  memory_ = bytes;
  return SetShape(static_cast<int64_t>(bytes.size()), layout, width, height);
}

Status Pictures::SetShape(int64_t bytes, Layout layout, uint32_t width, uint32_t height) {
  if (width == 0 || height == 0 || width > kMaxSide || height > kMaxSide) {
    return Status(Code::kInvalidArgument, "pictures: width and height must be 1 to 4096");
  }
  layout_ = layout;
  width_ = width;
  height_ = height;
  if (bytes <= 0 || bytes % record_bytes() != 0) {
    return Status(Code::kInvalidArgument, "pictures: size is no multiple of one picture's bytes");
  }
  count_ = static_cast<uint32_t>(bytes / record_bytes());
  return OkStatus();
}

std::optional<uint32_t> Pictures::Truth(uint32_t number) {
  std::byte label;
  if (layout_ != kCifarRecords || !Get(number * record_bytes(), {&label, 1})) return {};
  return static_cast<uint32_t>(label);
}

bool Pictures::Get(uint32_t position, std::span<std::byte> bytes) {
  if (memory_.empty()) return file_.Seek(position) && file_.Read(bytes);
  __builtin_memcpy(bytes.data(), memory_.data() + position, bytes.size());
  return true;
}

// The three planes of a few pixels at a time, taken apart pixel by pixel.
bool Pictures::GetInterleaved(uint32_t record, uint32_t offset, std::span<std::byte> out) {
  const uint32_t pixels = width_ * height_;
  std::byte planes[3][kPixelsAtOnce];
  while (!out.empty()) {
    const uint32_t first = offset / 3;
    const uint32_t count = pixels - first < kPixelsAtOnce ? pixels - first : kPixelsAtOnce;
    for (uint32_t plane = 0; plane < 3; ++plane) {
      if (!Get(record + 1 + plane * pixels + first, {planes[plane], count})) return false;
    }
    size_t used = 0;
    while (used < out.size() && offset / 3 < first + count) {
      out[used++] = planes[offset % 3][offset / 3 - first];
      ++offset;
    }
    out = out.subspan(used);
  }
  return true;
}

bool Pictures::Read(void* context, size_t offset, void* buffer, size_t size) {
  const auto& reader = *static_cast<const Reader*>(context);
  Pictures& pictures = reader.pictures;
  if (reader.number >= pictures.count_ || offset > pictures.picture_bytes() ||
      size > pictures.picture_bytes() - offset) {
    return false;
  }
  const uint32_t record = reader.number * pictures.record_bytes();
  const std::span<std::byte> out(static_cast<std::byte*>(buffer), size);
  const auto at = static_cast<uint32_t>(offset);
  if (pictures.layout_ == kPixels) return pictures.Get(record + at, out);
  return pictures.GetInterleaved(record, at, out);
}

}  // namespace covey::classify
