// Pictures gives the pixels of numbered pictures piece by piece, from a file of the machine that
// runs the emulator or from memory that was compiled in.
//
//   Pictures pictures;
//   COVEY_TRY(pictures.OpenFile("test.bin", Pictures::kCifarRecords, 32, 32));
//   Pictures::Reader reader{pictures, 3};
//   covey_input image{COVEY_RAW_RGB8, 32, 32, pictures.picture_bytes(), Pictures::Read, &reader};
//
// Shapes: kCifarRecords: one label byte, then the red, green and blue planes (CIFAR-10's binary
// format); kPixels: (H,W,C) bytes only. What Read gives is (H,W,C).
// Memory: 192 bytes on the stack while it reads.
#pragma once

#include <optional>
#include <span>

#include "common/semihosting.hpp"
#include "core/status.hpp"

namespace covey::classify {

class Pictures {
 public:
  enum Layout { kCifarRecords, kPixels };

  Status OpenFile(const char* path, Layout layout, uint32_t width, uint32_t height);
  Status UseMemory(std::span<const std::byte> bytes, Layout layout, uint32_t width,
                   uint32_t height);

  uint32_t count() const { return count_; }
  uint32_t width() const { return width_; }
  uint32_t height() const { return height_; }
  uint32_t picture_bytes() const { return width_ * height_ * 3; }
  std::optional<uint32_t> Truth(uint32_t number);  // the label byte, if there is one

  struct Reader {
    Pictures& pictures;
    uint32_t number;
    uint64_t spent_ns = 0;  // time inside Read so far
  };
  // A covey_read; `context` is a Reader.
  static bool Read(void* context, size_t offset, void* buffer, size_t size);

 private:
  Status SetShape(int64_t bytes, Layout layout, uint32_t width, uint32_t height);
  uint32_t record_bytes() const { return picture_bytes() + (layout_ == kCifarRecords ? 1 : 0); }
  bool ReadPiece(uint32_t number, size_t offset, std::span<std::byte> out);
  bool Get(uint32_t position, std::span<std::byte> bytes);
  bool GetInterleaved(uint32_t record, uint32_t offset, std::span<std::byte> out);

  board::HostFile file_;
  std::span<const std::byte> memory_;
  Layout layout_ = kCifarRecords;
  uint32_t width_ = 0, height_ = 0, count_ = 0;
};

}  // namespace covey::classify
