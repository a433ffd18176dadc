#include "compiler/cpp/tables.hpp"

#include <cstdio>
#include <cstring>

namespace covey::compiler {
namespace {

constexpr size_t kPerLine = 8;

std::string HexWord(uint32_t word) {
  char text[16];
  (void)std::snprintf(text, sizeof(text), "0x%x,", word);
  return text;
}

std::string Numbers(std::span<const int32_t> values) {
  std::string text;
  for (size_t i = 0; i < values.size(); ++i) {
    // The least int32 has no literal.
    text += values[i] == INT32_MIN ? "-2147483647 - 1" : std::to_string(values[i]);
    if (i + 1 < values.size()) text += (i + 1) % (2 * kPerLine) == 0 ? ",\n    " : ", ";
  }
  return text;
}

const char* DTypeId(uint8_t dtype) {
  constexpr const char* kIds[] = {"kNone",  "kInt8",  "kUint8",   "kInt16",
                                  "kInt32", "kInt64", "kFloat32", "kBool"};
  static_assert(std::size(kIds) == kDTypeCount);
  return kIds[dtype];
}

}  // namespace

std::string FloatText(float value) {
  if (value == 0) return "0";
  char text[40];
  (void)std::snprintf(text, sizeof(text), "%aF", static_cast<double>(value));
  return text;
}

std::string Tables::Text() {
  std::string ops;
  for (uint32_t i = 0; i < image_.op_count(); ++i) ops += Op(i);
  return text_ + ops;
}

std::string Tables::Words(const char* prefix, std::span<const int32_t> words, uint64_t& bytes) {
  if (words.empty()) return "{}";
  const auto [place, added] = words_.try_emplace({words.begin(), words.end()});
  if (added) {
    place->second = prefix + std::to_string(words_.size());
    text_ += "const std::int32_t " + place->second + "[] = {\n    " + Numbers(words) + "};\n";
    bytes += words.size_bytes();
  }
  return place->second;
}

std::string Tables::Data(uint16_t tensor) {
  const wire::TensorRecord& record = image_.tensor(tensor);
  const auto [place, added] = data_.try_emplace(record.offset);
  if (!added) return place->second;
  const TensorView view = image_.View(tensor, nullptr);
  place->second = "kData" + std::to_string(data_.size() - 1);
  // As the widest element wants it.
  const int align = view.dtype == DType::kInt64 ? 8 : 4;
  text_ += "alignas(" + std::to_string(align) + ") const std::uint32_t " + place->second + "[] = {";
  for (size_t at = 0; at < view.bytes; at += 4) {
    uint32_t word = 0;
    std::memcpy(&word, view.data + at, std::min<size_t>(4, view.bytes - at));
    if (at / 4 % kPerLine == 0) text_ += "\n    ";
    text_ += HexWord(word);
  }
  text_ += "};\n";
  weight_bytes_ += (view.bytes + 3) / 4 * 4;
  return place->second;
}

std::string Tables::Tensor(uint16_t tensor) {
  if (tensor == wire::kNoTensor) return "{}";
  const wire::TensorRecord& record = image_.tensor(tensor);
  const std::string dims = Words("kDims", {record.dims, record.rank}, table_bytes_);
  const std::string data =
      record.place == static_cast<uint8_t>(wire::Place::kArena)
          ? "g_arena + " + std::to_string(record.offset)
          : "const_cast<std::byte*>(reinterpret_cast<const std::byte*>(" + Data(tensor) + "))";
  return std::string("{covey::DType::") + DTypeId(record.dtype) + ", " + dims + ", " + data + ", " +
         std::to_string(record.bytes) + ", " + FloatText(record.scale) + ", " +
         std::to_string(record.zero_point) + "}";
}

std::string Tables::Op(uint32_t index) {
  const OpView view = image_.ViewOp(index, nullptr);
  const auto tensors = [&](std::span<const uint16_t> numbers) {
    std::string text = "{{";
    for (const uint16_t number : numbers) text += "\n        " + Tensor(number) + ",";
    return text + "}}";
  };
  const std::string inputs = tensors(image_.op_inputs(index));
  const std::string outputs = tensors(image_.op_outputs(index));
  const std::string attr = Words("kAttr", {view.attr, kAttrWords}, table_bytes_);
  const std::string params = Words("kParams", view.params, weight_bytes_);
  const wire::OpRecord& record = image_.op(index);
  const std::string scratch = record.scratch_bytes == 0
                                  ? "{}"
                                  : "{g_arena + " + std::to_string(record.scratch_offset) + ", " +
                                        std::to_string(record.scratch_bytes) + "}";
  return "const covey::OpView kOp" + std::to_string(index) + " = {\n    covey::Op(" +
         std::to_string(record.op) + "), \"\",  // " + OpName(view.op) + "\n    " + inputs +
         ",\n    " + outputs + ",\n    " + std::to_string(view.inputs) + ", " +
         std::to_string(view.outputs) + ", " + attr + ", " + params + ", " + scratch + "};\n";
}

}  // namespace covey::compiler
