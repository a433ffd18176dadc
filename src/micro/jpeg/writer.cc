#include "micro/jpeg/writer.hpp"

#include "kernels/ref/jpeg_standard.hpp"
#include "kernels/ref/jpeg_state.hpp"
#include "micro/jpeg/coefficients.hpp"
#include "micro/jpeg/cosines.hpp"
#include "micro/jpeg/strip.hpp"

namespace covey::micro {
namespace {

using kernels::ref::kZigzag;

constexpr uint32_t kMostSide = 65535, kBlock = 8;

// Steps at quality 50, row by row: brightness, colours.
constexpr uint8_t kSteps[2][64] = {
    {16, 11, 10, 16, 24,  40,  51,  61,  12, 12, 14, 19, 26,  58,  60,  55,
     14, 13, 16, 24, 40,  57,  69,  56,  14, 17, 22, 29, 51,  87,  80,  62,
     18, 22, 37, 56, 68,  109, 103, 77,  24, 35, 55, 64, 81,  104, 113, 92,
     49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99},
    {17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99,
     99, 99, 47, 66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
     99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99}};

constexpr uint8_t kStart[] = {0xFF, 0xD8};
constexpr uint8_t kJfif[] = {0xFF, 0xE0, 0, 16, 'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0};

bool IsWell(const JpegForm& form) {
  return form.width - 1 < kMostSide && form.height - 1 < kMostSide && form.quality - 1 < 100 &&
         (form.channels == 1 || form.channels == 3);
}

}  // namespace

JpegWriter::JpegWriter(const JpegForm& form, std::span<std::byte> room) : form_(form), bits_(room) {
  if (!IsWell(form)) {
    status_ = Status(Code::kInvalidArgument,
                     "jpeg: expected sides of 1 to 65535, 1 or 3 channels, quality 1 to 100");
    return;
  }
  rows_left_ = form.height;
  for (uint32_t table = 0; table < Least(form.channels, 2); ++table) MakeSteps(table);
  WriteHeader();
}

void JpegWriter::MakeSteps(uint32_t table) {
  const uint32_t quality = form_.quality;
  const uint32_t percent = quality < 50 ? 5000 / quality : 200 - 2 * quality;
  for (int i = 0; i < 64; ++i) {
    const uint32_t step = (kSteps[table][kZigzag[i]] * percent + 50) / 100;
    steps_[table][i] = static_cast<uint16_t>(step < 1 ? 1 : Least(step, 255));
  }
}

void JpegWriter::WriteHeader() {
  constexpr uint32_t kTable = 0xFFDB, kFrame = 0xFFC0, kHuffman = 0xFFC4, kScan = 0xFFDA;
  const uint32_t colours = form_.channels, tables = Least(colours, 2);
  bits_.Bytes(kStart);
  if (!form_.bare) bits_.Bytes(kJfif);
  for (uint32_t table = 0; table < tables; ++table) {
    bits_.Word(kTable), bits_.Word(67), bits_.Byte(table);
    for (const uint16_t step : steps_[table]) bits_.Byte(step);
  }
  bits_.Word(kFrame), bits_.Word(8 + 3 * colours), bits_.Byte(8);
  bits_.Word(form_.height), bits_.Word(form_.width), bits_.Byte(colours);
  for (uint32_t i = 0; i < colours; ++i)
    bits_.Byte(i + 1), bits_.Byte(i == 0 ? 0x11 * side() : 0x11), bits_.Byte(i > 0);
  const auto huffman = [&](uint32_t number, std::span<const uint8_t> codes) {
    if (form_.bare) return;
    bits_.Word(kHuffman), bits_.Word(3 + static_cast<uint32_t>(codes.size())), bits_.Byte(number);
    bits_.Bytes(codes);
  };
  huffman(0x00, kernels::ref::kDcOfBrightness);
  huffman(0x10, kernels::ref::kAcOfBrightness);
  if (tables == 2) {
    huffman(0x01, kernels::ref::kDcOfColour);
    huffman(0x11, kernels::ref::kAcOfColour);
  }
  bits_.Word(kScan), bits_.Word(6 + 2 * colours), bits_.Byte(colours);
  for (uint32_t i = 0; i < colours; ++i) bits_.Byte(i + 1), bits_.Byte(i > 0 ? 0x11 : 0);
  bits_.Byte(0), bits_.Word(63 << 8);
}

Status JpegWriter::Add(std::span<const std::byte> rows) {
  COVEY_TRY(status_);
  const uint32_t count = Least(strip_rows(), rows_left_);
  if (count == 0 || rows.size() != size_t{count} * form_.width * form_.channels)
    return Status(Code::kInvalidArgument, "jpeg: a strip of another size than its rows have");
  rows_left_ -= count;
  const JpegStrip strip{reinterpret_cast<const uint8_t*>(rows.data()), count, form_.width,
                        form_.channels};
  for (uint32_t x = 0; x < form_.width && !bits_.full(); x += kBlock * side()) WriteUnit(strip, x);
  if (bits_.full())
    status_ = Status(Code::kResourceExhausted, "jpeg: does not fit the room given for it");
  return status_;
}

void JpegWriter::WriteUnit(const JpegStrip& strip, uint32_t x) {
  for (uint32_t y = 0; y < kBlock * side(); y += kBlock)
    for (uint32_t right = 0; right < kBlock * side(); right += kBlock)
      WriteBlock(strip, 0, x + right, y);
  for (uint32_t colour = 1; colour < form_.channels; ++colour)
    WriteBlock(strip, colour, x / side(), 0);
}

void JpegWriter::WriteBlock(const JpegStrip& strip, uint32_t colour, uint32_t x, uint32_t y) {
  int32_t block[kBlock * kBlock];
  if (colour == 0 && (x >= strip.width || y >= strip.rows)) {
    // Past the picture: as bright as the block before, and flat.
    for (int32_t& value : block) value = 0;
    block[0] = last_[0] * steps_[0][0] * 8;
  } else {
    strip.Fill(colour == 0 ? 1 : side(), colour, x, y, block);
    Cosines(block);
  }
  const uint32_t table = colour > 0;
  WriteCoefficients(block, steps_[table], table, last_[colour], bits_);
}

Result<size_t> JpegWriter::End() {
  COVEY_TRY(status_);
  if (rows_left_ > 0) return Status(Code::kFailedPrecondition, "jpeg: ended before its last row");
  bits_.Pad();
  bits_.Word(0xFFD9);
  if (bits_.full())
    status_ = Status(Code::kResourceExhausted, "jpeg: does not fit the room given for it");
  COVEY_TRY(status_);
  return bits_.used();
}

Result<size_t> EncodeJpeg(const JpegForm& form, std::span<const std::byte> pixels,
                          std::span<std::byte> room) {
  JpegWriter jpeg(form, room);
  COVEY_TRY(jpeg.status());
  const uint64_t row = uint64_t{form.width} * form.channels;
  if (row * form.height != pixels.size())
    return Status(Code::kInvalidArgument, "jpeg: the picture's bytes are not its size's");
  for (uint32_t y = 0; y < form.height; y += jpeg.strip_rows()) {
    const uint32_t rows = Least(jpeg.strip_rows(), form.height - y);
    COVEY_TRY(
        jpeg.Add(pixels.subspan(static_cast<size_t>(row * y), static_cast<size_t>(row * rows))));
  }
  return jpeg.End();
}

}  // namespace covey::micro
