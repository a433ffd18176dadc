#include "kernels/ref/jpeg_segments.hpp"

#include "kernels/ref/jpeg_huffman.hpp"

namespace covey::kernels::ref {
namespace {

enum Marker : uint8_t {
  kFrame = 0xC0,          // baseline; to kLastFrame the other processes
  kExtendedFrame = 0xC1,  // the same but for larger tables
  kHuffman = 0xC4,
  kReserved = 0xC8,
  kArithmetic = 0xCC,
  kLastFrame = 0xCF,
  kFirstRestart = 0xD0,
  kStart = 0xD8,
  kEnd = 0xD9,
  kScan = 0xDA,
  kQuantisation = 0xDB,
  kRestartInterval = 0xDD,
  kJfif = 0xE0,
  kAdobe = 0xEE,
};

int32_t DivideUp(int32_t a, int32_t b) { return (a + b - 1) / b; }

// Which half-size colours may have: brightness 1x1, 2x1 or 2x2, the others 1x1.
bool IsKnownSampling(const JpegState& state) {
  const JpegComponent* const c = state.component;
  if (c[1].h != 1 || c[1].v != 1 || c[2].h != 1 || c[2].v != 1) return false;
  return c[0].h <= 2 && c[0].v <= c[0].h;
}

JpegFault ReadFrame(uint8_t marker, JpegStream segment, JpegState& state) {
  if (marker != kFrame && marker != kExtendedFrame)
    return (marker & 3) == 2 && marker < kReserved ? JpegFault::kProgressive : JpegFault::kProcess;
  if (state.components != 0 || !segment.Has(6)) return JpegFault::kSegment;
  const uint8_t* const at = segment.bytes + segment.at;
  if (at[0] != 8) return JpegFault::kPrecision;
  if ((at[1] << 8 | at[2]) != state.height || (at[3] << 8 | at[4]) != state.width)
    return JpegFault::kSize;
  const int32_t count = at[5];
  if (count != 1 && count != 3) return JpegFault::kComponents;
  if (segment.size - segment.at != 6 + 3 * count) return JpegFault::kSegment;
  state.h = state.v = 1;
  for (int32_t i = 0; i < count; ++i) {
    const uint8_t* const from = at + 6 + 3 * i;
    JpegComponent& to = state.component[i];
    to = {};
    to.id = from[0], to.h = from[1] >> 4, to.v = from[1] & 15, to.steps = from[2];
    if (to.h < 1 || to.h > 4 || to.v < 1 || to.v > 4 || to.steps > 3) return JpegFault::kSegment;
    if (count == 1) to.h = to.v = 1;  // nothing to be half of
    if (to.h > state.h) state.h = to.h;
    if (to.v > state.v) state.v = to.v;
  }
  if (count == 3 && !IsKnownSampling(state)) return JpegFault::kSampling;
  for (int32_t i = 0; i < count; ++i) {
    JpegComponent& c = state.component[i];
    c.height = DivideUp(state.height * c.v, state.v);
    c.width = DivideUp(state.width * c.h, state.h);
  }
  state.components = count;
  return JpegFault::kNone;
}

JpegFault ReadSteps(JpegStream segment, JpegState& state) {
  while (segment.Has(1)) {
    const uint8_t kind = segment.bytes[segment.at++];
    const int32_t bytes = (kind >> 4) + 1, table = kind & 15;
    if (bytes > 2 || table > 3 || !segment.Has(64 * bytes)) return JpegFault::kQuantisation;
    for (int i = 0; i < 64; ++i, segment.at += bytes) {
      const int32_t step = bytes == 1 ? segment.bytes[segment.at] : segment.Word();
      if (step == 0) return JpegFault::kQuantisation;
      state.steps[table][i] = static_cast<uint16_t>(step);
    }
    state.has_steps[table] = 1;
  }
  return JpegFault::kNone;
}

JpegFault ReadHuffman(JpegStream segment, JpegState& state) {
  while (segment.Has(1)) {
    const uint8_t kind = segment.bytes[segment.at++];
    if ((kind >> 4) > 1 || (kind & 15) > 1 || !segment.Has(16)) return JpegFault::kHuffman;
    const uint8_t* const codes = segment.bytes + segment.at;
    int32_t symbols = 0;
    for (int i = 0; i < 16; ++i) symbols += codes[i];
    segment.at += 16;
    const bool ac = kind >= 16;
    HuffmanTable& table = state.huffman[(ac ? 2 : 0) + (kind & 1)];
    table.count = 0;
    if (!segment.Has(symbols) || !MakeHuffman(codes, symbols, ac, table))
      return JpegFault::kHuffman;
    table.symbols = segment.at;
    segment.at += symbols;
  }
  return JpegFault::kNone;
}

// A table that the stream does not have is the standard's.
void NeedHuffman(int32_t index, JpegState& state) {
  HuffmanTable& table = state.huffman[index];
  if (table.count != 0) return;
  const std::span<const uint8_t> codes = StandardCodes(index);
  (void)MakeHuffman(codes.data(), static_cast<int32_t>(codes.size()) - 16, index >= 2,
                    table);  // The standard's tables fit.
  table.symbols = -1 - index;
}

JpegFault ReadScanComponent(const uint8_t* from, JpegState& state) {
  int32_t index = 0;
  while (index < state.components && state.component[index].id != from[0]) ++index;
  if (index == state.components) return JpegFault::kScan;
  JpegComponent& component = state.component[index];
  if (component.seen != 0 || (from[1] >> 4) > 1 || (from[1] & 15) > 1) return JpegFault::kScan;
  if (state.has_steps[component.steps] == 0) return JpegFault::kQuantisation;
  component.seen = 1, component.last_dc = 0;
  component.dc = from[1] >> 4, component.ac = 2 + (from[1] & 1);
  NeedHuffman(component.dc, state);
  NeedHuffman(component.ac, state);
  state.scan[state.scanned++] = index;
  return JpegFault::kNone;
}

JpegFault ReadScan(JpegStream segment, JpegState& state) {
  if (state.components == 0 || !segment.Has(1)) return JpegFault::kScan;
  const uint8_t* const at = segment.bytes + segment.at;
  const int32_t count = at[0];
  if (count < 1 || count > state.components || segment.size - segment.at != 4 + 2 * count)
    return JpegFault::kScan;
  for (int32_t i = 0; i < count; ++i) {
    const JpegFault fault = ReadScanComponent(at + 1 + 2 * i, state);
    if (fault != JpegFault::kNone) return fault;
  }
  const uint8_t* const range = at + 1 + 2 * count;  // all coefficients, all bits
  const bool whole = range[0] == 0 && range[1] == 63 && range[2] == 0;
  return whole ? JpegFault::kNone : JpegFault::kScan;
}

bool Begins(const JpegStream& segment, const char* word, int32_t bytes, int32_t least) {
  return segment.Has(least) &&
         __builtin_memcmp(segment.bytes + segment.at, word, static_cast<size_t>(bytes)) == 0;
}

JpegFault ReadSegment(uint8_t marker, JpegStream segment, JpegState& state) {
  switch (marker) {
    case kHuffman:
      return ReadHuffman(segment, state);
    case kQuantisation:
      return ReadSteps(segment, state);
    case kScan:
      return ReadScan(segment, state);
    case kRestartInterval:
      if (!segment.Has(2)) return JpegFault::kSegment;
      state.restart_interval = segment.Word();
      return JpegFault::kNone;
    case kJfif:
      if (Begins(segment, "JFIF", 5, 5)) state.jfif = 1;
      return JpegFault::kNone;
    case kAdobe:
      if (Begins(segment, "Adobe", 5, 12)) state.adobe = segment.bytes[segment.at + 11] + 1;
      return JpegFault::kNone;
    default:
      break;
  }
  const bool frame = marker >= kFrame && marker <= kLastFrame && marker != kArithmetic;
  if (marker == kArithmetic) return JpegFault::kProcess;
  return frame ? ReadFrame(marker, segment, state) : JpegFault::kNone;
}

bool HasAll(const JpegState& state) {
  for (int32_t i = 0; i < state.components; ++i)
    if (state.component[i].seen == 0) return false;
  return state.components > 0;
}

}  // namespace

JpegFault ReadSegments(JpegStream& stream, JpegState& state) {
  state.scanned = 0;
  while (true) {
    if (!stream.Has(2)) return JpegFault::kEndsEarly;
    if (stream.bytes[stream.at] != 0xFF) return JpegFault::kMarker;
    while (stream.Has(1) && stream.bytes[stream.at] == 0xFF) ++stream.at;
    if (!stream.Has(1)) return JpegFault::kEndsEarly;
    const uint8_t marker = stream.bytes[stream.at++];
    if (marker == kEnd) return HasAll(state) ? JpegFault::kNone : JpegFault::kScanMissing;
    if (marker < kFrame || (marker >= kFirstRestart && marker <= kStart)) return JpegFault::kMarker;
    if (!stream.Has(2)) return JpegFault::kEndsEarly;
    const int32_t length = stream.Word();
    if (length < 2) return JpegFault::kSegment;
    if (!stream.Has(length)) return JpegFault::kEndsEarly;
    const JpegStream segment{stream.bytes, stream.at + length, stream.at + 2};
    stream.at += length;
    const JpegFault fault = ReadSegment(marker, segment, state);
    if (fault != JpegFault::kNone || marker == kScan) return fault;
  }
}

}  // namespace covey::kernels::ref
