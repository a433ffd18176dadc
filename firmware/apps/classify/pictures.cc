#include "pictures.hpp"

#include "common/board.hpp"

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

// The three planes of a few pixels at a time, taken apart pixel by pixel. Offsets count bytes of
// the interleaved picture, so a piece may begin and end within a pixel.
bool Pictures::GetInterleaved(uint32_t record, uint32_t offset, std::span<std::byte> out) {
  const uint32_t pixels = width_ * height_;
  std::byte planes[3][kPixelsAtOnce];
  uint32_t first = offset / 3, channel = offset % 3;
  while (!out.empty()) {
    const uint32_t count = pixels - first < kPixelsAtOnce ? pixels - first : kPixelsAtOnce;
    for (uint32_t plane = 0; plane < 3; ++plane) {
      if (!Get(record + 1 + plane * pixels + first, {planes[plane], count})) return false;
    }
    size_t used = 0;
    for (uint32_t pixel = 0; pixel < count && used < out.size(); ++pixel) {
      for (; channel < 3 && used < out.size(); ++channel) out[used++] = planes[channel][pixel];
      channel = 0;
    }
    out = out.subspan(used);
    first += count;
  }
  return true;
}

bool Pictures::Read(void* context, size_t offset, void* buffer, size_t size) {
  auto& reader = *static_cast<Reader*>(context);
  const uint64_t begin_ns = board::ClockNs();
  const bool read =
      reader.pictures.ReadPiece(reader.number, offset, {static_cast<std::byte*>(buffer), size});
  reader.spent_ns += board::ClockNs() - begin_ns;
  return read;
}

bool Pictures::ReadPiece(uint32_t number, size_t offset, std::span<std::byte> out) {
  if (number >= count_ || offset > picture_bytes() || out.size() > picture_bytes() - offset) {
    return false;
  }
  const uint32_t record = number * record_bytes();
  const auto at = static_cast<uint32_t>(offset);
  return layout_ == kPixels ? Get(record + at, out) : GetInterleaved(record, at, out);
}

}  // namespace covey::classify
