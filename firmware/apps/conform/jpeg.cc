#include "jpeg.hpp"

#include "common/board.hpp"
#include "common/print.hpp"
#include "micro/jpeg/writer.hpp"

namespace covey::board {
namespace {

constexpr uint32_t kSide = 96;

// Slopes, edges and some noise, as photographs have them; the same on every machine.
void Draw(std::span<std::byte> pixels, uint32_t channels) {
  uint32_t noise = 1;
  for (uint32_t i = 0; i < pixels.size(); ++i) {
    const uint32_t x = i / channels % kSide, y = i / channels / kSide, c = i % channels;
    noise = noise * 1664525 + 1013904223;
    const uint32_t edge = (x / 13 + y / 17 + c) % 3 * 50;
    pixels[i] = static_cast<std::byte>((edge + x / 2 + y * (c + 1) / 3 + (noise >> 29)) & 0xFF);
  }
}

void Measure(const char* name, const micro::JpegForm& form) {
  const std::span<std::byte> room = FreeRam();
  const size_t bytes = size_t{kSide} * kSide * form.channels;
  if (room.size() < 2 * bytes) return;
  const std::span<std::byte> pixels = room.first(bytes), stream = room.subspan(bytes);
  Draw(pixels, form.channels);
  const uint64_t begin_ns = ClockNs();
  const Result<size_t> made = micro::EncodeJpeg(form, pixels, stream);
  const uint64_t instructions = InstructionsBetween(begin_ns, ClockNs());
  uint32_t fnv = 2166136261;
  for (size_t i = 0; made.ok() && i < *made; ++i)
    fnv = (fnv ^ static_cast<uint32_t>(stream[i])) * 16777619;
  Print("{\"jpeg\":");
  PrintQuoted(name);
  Print(",\"pixels\":");
  PrintNumber(kSide * kSide);
  Print(",\"bytes\":");
  PrintNumber(made.ok() ? *made : 0);
  Print(",\"fnv\":");
  PrintNumber(fnv);
  Print(",\"per_pixel\":");
  PrintNumber(instructions / (kSide * kSide));
  Print("}\n");
}

}  // namespace

void MeasureJpeg() {
  for (const uint32_t quality : {50U, 85U}) {
    Measure("gray", {.width = kSide, .height = kSide, .channels = 1, .quality = quality});
    Measure("4:2:0", {.width = kSide, .height = kSide, .quality = quality});
    Measure("4:4:4", {.width = kSide, .height = kSide, .quality = quality, .half_colours = false});
  }
}

}  // namespace covey::board
