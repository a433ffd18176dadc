// WriteImage lays out a model image (docs/spec/image.md) from its parts: sections, alignment,
// strings, digest. It decides nothing: offsets in the arena, attributes and parameters come from
// the compiler.
//
//   std::vector<std::byte> bytes = wire::WriteImage(contents);
//
// The same contents give the same bytes. The result is 16-byte aligned in size; place it at a
// 16-byte boundary.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "wire/image/format.hpp"

namespace covey::wire {

struct ImageTensor {
  std::string name;
  DType dtype = DType::kNone;
  std::vector<int32_t> dims;
  float scale = 0;
  int32_t zero_point = 0;
  int quant_axis = -1;
  std::vector<float> scales;  // per channel; empty otherwise
  Place place = Place::kArena;
  uint32_t arena_offset = 0;    // kArena, kState
  std::vector<std::byte> data;  // kData
  bool bare = false;            // kData: without bytes (IsBare)
};

struct ImageOp {
  Op op = Op::kNone;
  std::string name;
  std::vector<uint16_t> inputs{}, outputs{};  // tensor numbers, kNoTensor for an absent one
  std::array<int32_t, kAttrWords> attr{};
  std::vector<int32_t> params{};
  uint32_t scratch_offset = 0, scratch_bytes = 0;
};

struct ImageContents {
  std::string name;
  std::vector<std::string> labels;
  std::vector<ImageTensor> tensors;
  std::vector<ImageOp> ops;
  std::vector<uint16_t> inputs, outputs;
  uint32_t arena_bytes = 0;
  std::vector<int8_t> pixel_table;  // channels x 256, or empty
  uint32_t pixel_channels = 0;
  OutputKind output_kind = OutputKind::kTensor;
};

std::vector<std::byte> WriteImage(const ImageContents& contents);

}  // namespace covey::wire
