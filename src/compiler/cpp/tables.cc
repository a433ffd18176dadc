#include "compiler/cpp/tables.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "core/op_view.hpp"

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
  constexpr const char* kIds[] = {"kNone",  "kInt8",    "kUint8", "kInt16", "kInt32",
                                  "kInt64", "kFloat32", "kBool",  "kInt4"};
  static_assert(std::size(kIds) == kDTypeCount);
  return kIds[dtype];
}

std::string Filled(std::string text, std::string_view name, const std::string& with) {
  return text.replace(text.find(name), name.size(), with);
}

// How many words of its attributes an op reads.
size_t AttrWords(covey::Op op) {
  switch (op) {
    case covey::Op::kUnary:
      return sizeof(UnaryAttr) / sizeof(int32_t);
    case covey::Op::kMul:
      return sizeof(MulAttr) / sizeof(int32_t);
    case covey::Op::kAdd:
    case covey::Op::kSub:
      return sizeof(AddAttr) / sizeof(int32_t);
    case covey::Op::kConv2D:
    case covey::Op::kDepthwiseConv2D:
    case covey::Op::kFullyConnected:
      return sizeof(ConvAttr) / sizeof(int32_t);
    case covey::Op::kMean:
      return sizeof(MeanAttr) / sizeof(int32_t);
    case covey::Op::kReshape:
      return 0;
    default:
      return kAttrWords;
  }
}

constexpr char kRows[] = R"(
struct TensorRow {
  const void* data;
  const std::int32_t* dims;
  std::uint32_t bytes;
  covey::DType dtype;
  std::uint8_t rank;
  std::int16_t zero_point;
@SCALE@};
struct OpRow {
  const std::int32_t* attr;
  const std::int32_t* params;
  std::byte* scratch;
  std::uint32_t scratch_bytes, param_count;
  std::uint16_t op;
  std::uint8_t inputs, outputs;
  std::uint16_t tensors[@MOST@];
};
)";

// The view of an op, in the place of the one before, and its kernel on it.
constexpr char kCall[] = R"(
void Fill(covey::TensorView& view, std::uint16_t number) {
  if (number == 0xFFFF) {  // absent
    view = {};
    return;
  }
  const TensorRow& row = kTensors[number];
  view.dtype = row.dtype;
  view.dims = {row.dims, row.rank};
  view.data = static_cast<std::byte*>(const_cast<void*>(row.data));
  view.bytes = row.bytes;
  view.zero_point = row.zero_point;@SET@
}

template <void (*run)(const covey::OpView&)>
__attribute__((noinline)) void Call(covey::OpView& view, const OpRow& row@PACK@) {
  for (int i = row.inputs; i < view.inputs; ++i) view.input[i] = {};
  for (int i = row.outputs; i < view.outputs; ++i) view.output[i] = {};
  view.op = covey::Op(row.op);
  view.inputs = row.inputs, view.outputs = row.outputs;
  view.attr = row.attr;
  view.params = {row.params, row.param_count};
  view.scratch = {row.scratch, row.scratch_bytes};
  for (int i = 0; i < row.inputs; ++i) Fill(view.input[i], row.tensors[i]);
  for (int i = 0; i < row.outputs; ++i) Fill(view.output[i], row.tensors[row.inputs + i]);
@USE@  run(view);
}
)";

}  // namespace

std::string FloatText(float value) {
  if (value == 0) return "0";
  char text[40];
  (void)std::snprintf(text, sizeof(text), "%aF", static_cast<double>(value));
  return text;
}

std::string Tables::Text() {
  std::string tensors, ops;
  for (uint32_t i = 0; i < image_.tensor_count(); ++i)
    tensors += "    " + Tensor(static_cast<uint16_t>(i)) + ",\n";
  for (uint32_t i = 0; i < image_.op_count(); ++i) ops += Op(i);
  return text_ + Rows() + "const TensorRow kTensors[] = {\n" + tensors + "};\n" +
         "const OpRow kOps[] = {\n" + ops + "};\n" +
         Filled(Filled(Filled(kCall, "@SET@", options_.scales ? "\n  view.scale = row.scale;" : ""),
                       "@PACK@", options_.packs ? ", const void* pack = nullptr" : ""),
                "@USE@",
                options_.packs ? "  view.pack = static_cast<const std::byte*>(pack);\n" : "");
}

// The rows' types, with room for what the network's ops have.
std::string Tables::Rows() {
  size_t most = 1;
  for (uint32_t i = 0; i < image_.op_count(); ++i)
    most = std::max(most, image_.op_inputs(i).size() + image_.op_outputs(i).size());
  return Filled(Filled(kRows, "@MOST@", std::to_string(most)), "@SCALE@",
                options_.scales ? "  float scale;\n" : "");
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
  const wire::TensorRecord& record = image_.tensor(tensor);
  const std::string dims = Words("kDims", {record.dims, record.rank}, table_bytes_);
  std::string data = "nullptr";
  if (record.place != static_cast<uint8_t>(wire::Place::kData)) {
    data = "g_arena + " + std::to_string(record.offset);
  } else if (!options_.unread.contains(tensor) && !wire::IsBare(record)) {
    data = Data(tensor);
  }
  return "{" + data + ", " + (record.rank == 0 ? "nullptr" : dims) + ", " +
         std::to_string(record.bytes) + ", covey::DType::" + DTypeId(record.dtype) + ", " +
         std::to_string(record.rank) + ", " + std::to_string(record.zero_point) +
         (options_.scales ? ", " + FloatText(record.scale) : "") + "}";
}

std::string Tables::Op(uint32_t index) {
  const OpView view = image_.ViewOp(index, nullptr);
  std::string tensors;
  for (const auto& numbers : {image_.op_inputs(index), image_.op_outputs(index)})
    for (const uint16_t number : numbers)
      tensors += (tensors.empty() ? "" : ", ") + std::to_string(number);
  const std::string attr = Words("kAttr", {view.attr, AttrWords(view.op)}, table_bytes_);
  const std::string params = Words("kParams", view.params, weight_bytes_);
  const wire::OpRecord& record = image_.op(index);
  const std::string scratch =
      record.scratch_bytes == 0 ? "nullptr" : "g_arena + " + std::to_string(record.scratch_offset);
  return "    {" + (attr == "{}" ? "nullptr" : attr) + ", " +
         (view.params.empty() ? "nullptr" : params) + ", " + scratch + ", " +
         std::to_string(record.scratch_bytes) + ", " + std::to_string(view.params.size()) + ", " +
         std::to_string(record.op) + ", " + std::to_string(view.inputs) + ", " +
         std::to_string(view.outputs) + ", {" + tensors + "}},  // " + OpName(view.op) + "\n";
}

}  // namespace covey::compiler
