// A baseline JPEG stream becomes a picture: segments, scans, colours, then the model's own bytes.
#include "kernels/ref/jpeg_colours.hpp"
#include "kernels/ref/jpeg_scan.hpp"
#include "kernels/ref/jpeg_segments.hpp"
#include "kernels/ref/run.hpp"

namespace covey::kernels::ref {
namespace {

JpegFault Decode(JpegStream stream, JpegState& state, const JpegPixels& pixels) {
  // What follows the end of a picture in a larger tensor.
  while (stream.size > 0 && stream.bytes[stream.size - 1] == 0) --stream.size;
  if (!stream.Has(2) || stream.Word() != 0xFFD8) return JpegFault::kNoStart;
  stream.at = 2;
  while (true) {
    JpegFault fault = ReadSegments(stream, state);
    if (fault == JpegFault::kNone && state.scanned == 0) return fault;
    if (fault == JpegFault::kNone) fault = DecodeScan(stream, state, pixels);
    if (fault != JpegFault::kNone) return fault;
  }
}

// pixel - 128, or the table's byte of each channel.
void ToModel(std::span<const int32_t> table, int32_t channels, const TensorView& out) {
  auto* at = out.as_mutable<uint8_t>();
  if (table.empty()) {
    for (size_t i = 0; i < out.bytes; ++i) at[i] ^= 0x80;
    return;
  }
  const auto* bytes = reinterpret_cast<const uint8_t*>(table.data());
  for (const uint8_t* const end = at + out.bytes; at < end; at += channels)
    for (int32_t c = 0; c < channels; ++c) at[c] = bytes[256 * c + at[c]];
}

}  // namespace

// in (1, n)  out (1, H, W, C)  work  verdict (1)
void RunJpeg(const OpView& op) {
  const TensorView &in = op.input[0], &out = op.output[0];
  const int32_t channels = out.dims[3];
  auto& state = *op.output[1].as_mutable<JpegState>();
  __builtin_memset(&state, 0, sizeof state);
  state.height = out.dims[1], state.width = out.dims[2];
  const JpegPixels pixels{out.as_mutable<uint8_t>(), channels};
  const JpegFault fault =
      Decode({in.as<uint8_t>(), static_cast<int32_t>(in.bytes), 0}, state, pixels);
  if (fault == JpegFault::kNone) {
    ToColours(state, pixels, op.output[1].as_mutable<uint8_t>() + sizeof state);
  } else {
    __builtin_memset(out.data, 128, out.bytes);  // nothing of a picture that is refused
  }
  *op.output[2].as_mutable<int32_t>() = static_cast<int32_t>(fault);
  ToModel(op.params, channels, out);
}

}  // namespace covey::kernels::ref
