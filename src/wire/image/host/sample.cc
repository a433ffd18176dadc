#include "wire/image/host/sample.hpp"

#include <cstring>

namespace covey::wire {
namespace {

template <typename Attr>
std::array<int32_t, kAttrWords> Words(const Attr& attr) {
  static_assert(sizeof(Attr) <= sizeof(int32_t) * kAttrWords);
  std::array<int32_t, kAttrWords> words{};
  std::memcpy(words.data(), &attr, sizeof(attr));
  return words;
}

ImageTensor Activation(const char* name, uint32_t offset) {
  ImageTensor tensor;
  tensor.name = name;
  tensor.dtype = DType::kInt8;
  tensor.dims = {1, 2, 2, 3};
  tensor.scale = 0.5F;
  tensor.zero_point = -3;
  tensor.arena_offset = offset;
  return tensor;
}

}  // namespace

ImageContents SampleContents() {
  constexpr int32_t kHalf = 1 << 30;  // a multiplier of one half, Q0.31
  ImageTensor addend = Activation("addend", 0);
  addend.place = Place::kData;
  addend.dims = {3};
  addend.data = {std::byte{1}, std::byte{2}, std::byte{0xFB}};
  addend.quant_axis = 0;
  addend.scales = {0.5F, 0.25F, 0.125F};

  ImageContents contents;
  contents.name = "sample";
  contents.labels = {"cat", "dog", "other"};
  contents.tensors = {Activation("in", 0), addend, Activation("sum", 16), Activation("out", 16)};
  contents.inputs = {0};
  contents.outputs = {3};
  contents.arena_bytes = 32;

  ImageOp add{.op = Op::kAdd, .name = "sum", .inputs = {0, 1}, .outputs = {2}};
  add.attr = Words(AddAttr{.input0_multiplier = kHalf,
                           .input1_multiplier = kHalf,
                           .output_multiplier = kHalf,
                           .output_shift = -18});
  ImageOp relu{.op = Op::kRelu, .name = "relu", .inputs = {2}, .outputs = {3}};
  relu.attr = Words(RequantizeAttr{.multiplier = kHalf, .shift = 1, .activation_min = 0});
  contents.ops = {add, relu};

  contents.pixel_channels = 3;
  contents.pixel_table.resize(3 * 256);
  for (size_t i = 0; i < contents.pixel_table.size(); ++i)
    contents.pixel_table[i] = static_cast<int8_t>(static_cast<int>(i % 256) - 128);
  contents.output_kind = OutputKind::kLogits;
  return contents;
}

}  // namespace covey::wire
