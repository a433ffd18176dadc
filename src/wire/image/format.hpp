// The model image, byte for byte; docs/spec/image.md is the text that goes with it. Little-endian;
// every record is read in place, so the image must start at a 16-byte boundary and the machine must
// be little-endian (checked).
//
//   header | tensors | ops | indices | params | strings | data (weights)
#pragma once

#include <bit>
#include <cstdint>

#include "core/op_view.hpp"

namespace covey::wire {

static_assert(std::endian::native == std::endian::little, "the image is read in place");

inline constexpr uint8_t kImageMagic[8] = {'C', 'O', 'V', 'E', 'Y', 'I', 'M', 'G'};
inline constexpr uint16_t kImageMajor = 1;  // readers refuse another major
inline constexpr uint16_t kImageMinor =
    2;  // readers refuse a newer minor: fields they skip could matter
inline constexpr uint32_t kImageAlign = 16;
inline constexpr uint32_t kNone = 0xFFFFFFFF;  // "absent" in a 32-bit offset
inline constexpr uint16_t kNoTensor = 0xFFFF;  // "absent" in the index list (an optional input)
inline constexpr uint32_t kDigestBytes = 32;
inline constexpr uint32_t kMaxTensorBytes = 0x7FFFFFFF;  // positions within a tensor fit int32
inline constexpr uint32_t kMaxTensors = 4096;  // a reader notes what is written in a fixed table

struct ImageHeader {
  uint8_t magic[8];
  uint16_t major, minor;
  uint32_t header_bytes;  // sizeof(ImageHeader)
  uint32_t total_bytes;
  uint32_t flags;                         // 0
  uint32_t arena_bytes;                   // exactly what Engine::Prepare needs
  uint32_t tensor_count, tensors_offset;  // TensorRecord
  uint32_t op_count, ops_offset;          // OpRecord, in order of execution
  uint32_t index_count, indices_offset;   // uint16 tensor numbers
  uint16_t input_count, output_count;
  uint32_t io_first_index;                 // in the index list: the inputs, then the outputs
  uint32_t param_count, params_offset;     // int32
  uint32_t strings_bytes, strings_offset;  // NUL-terminated
  uint32_t data_bytes, data_offset;        // 16-byte aligned
  uint32_t name;                           // in strings
  uint32_t labels;                         // in strings: class names, one a line; or kNone
  uint32_t pixel_table;  // in data: int8[channels][256], uint8 pixel -> input 0; or kNone
  uint32_t pixel_channels;
  uint32_t output_kind;          // OutputKind
  uint32_t reserved[2];          // 0
  uint8_t digest[kDigestBytes];  // SHA-256 of the whole image with this field zero
};
static_assert(sizeof(ImageHeader) == 144);

enum class OutputKind : uint32_t { kTensor = 0, kProbabilities = 1, kLogits = 2 };

// kState: in the arena, its zero point (int8) or 0 at first, kept from run to run; since minor 1.
enum class Place : uint8_t { kData = 0, kArena = 1, kState = 2 };

struct TensorRecord {
  uint32_t name;      // in strings
  uint8_t dtype;      // DType
  uint8_t rank;       // 0..kMaxRank
  uint8_t place;      // Place: constant in data, or in the arena
  int8_t quant_axis;  // -1: one scale
  uint32_t offset;    // in data or in the arena, a multiple of 16; kNone: a constant without bytes
  uint32_t bytes;
  int32_t dims[kMaxRank];  // unused ones are 1
  float scale;             // 0 if not quantised
  int32_t zero_point;
  uint32_t scales;  // first param holding float bits of per-channel scales, or kNone
};
static_assert(sizeof(TensorRecord) == 52);

// A convolution's weights that stand in its skip lists alone; since minor 2.
constexpr bool IsBare(const TensorRecord& tensor) {
  return tensor.place == static_cast<uint8_t>(Place::kData) && tensor.offset == kNone;
}

struct OpRecord {
  uint16_t op;       // Op
  uint16_t version;  // 1
  uint16_t input_count, output_count;
  uint32_t first_index;     // in the index list: the inputs, then the outputs
  uint32_t name;            // in strings
  uint32_t scratch_offset;  // in the arena, a multiple of 16
  uint32_t scratch_bytes;
  int32_t attr[kAttrWords];
  uint32_t first_param, param_count;
};
static_assert(sizeof(OpRecord) == 96);

}  // namespace covey::wire
