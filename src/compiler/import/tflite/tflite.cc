// Reads .tflite: flatbuffers' verifier first (offsets, vectors, strings), then every number that
// the file uses to point at something else, then CheckGraph.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "compiler/compile.hpp"
#include "compiler/import/tflite/names.hpp"
#include "compiler/import/tflite/options.hpp"
#include "compiler/import/tflite/read.hpp"
#include "compiler/import/tflite/shapes.hpp"
#include "compiler/ir/check.hpp"
#include "compiler/report.hpp"
#include "schema_generated.h"

namespace covey::compiler {
namespace {

constexpr Status kDamaged(Code::kDataLoss, "tflite: the file is damaged");
constexpr size_t kMaxTables = 1'000'000;
constexpr size_t kMaxOperators = 100'000;
constexpr int64_t kMostFilledBytes = 1 << 24;  // of constants made by FILL

DType TypeOf(tflite::TensorType type) {
  switch (type) {
    case tflite::TensorType::FLOAT32:
      return DType::kFloat32;
    case tflite::TensorType::INT32:
      return DType::kInt32;
    case tflite::TensorType::UINT8:
      return DType::kUint8;
    case tflite::TensorType::INT64:
      return DType::kInt64;
    case tflite::TensorType::BOOL:
      return DType::kBool;
    case tflite::TensorType::INT16:
      return DType::kInt16;
    case tflite::TensorType::INT8:
      return DType::kInt8;
    default:
      return DType::kNone;
  }
}

// IEEE 754 half precision, two bytes each, low byte first.
std::shared_ptr<const std::vector<std::byte>> FloatsOfHalves(std::span<const uint8_t> halves) {
  std::vector<std::byte> data(halves.size() / 2 * sizeof(float));
  for (size_t i = 0; i + 1 < halves.size(); i += 2) {
    const uint32_t bits = static_cast<uint32_t>(halves[i]) | uint32_t{halves[i + 1]} << 8;
    const auto exponent = static_cast<int>(bits >> 10 & 31),
               fraction = static_cast<int>(bits & 1023);
    float value = exponent == 31  ? (fraction == 0 ? INFINITY : NAN)
                  : exponent == 0 ? std::ldexp(static_cast<float>(fraction), -24)
                                  : std::ldexp(static_cast<float>(fraction + 1024), exponent - 25);
    if ((bits >> 15) != 0) value = -value;
    std::memcpy(data.data() + i / 2 * sizeof(value), &value, sizeof(value));
  }
  return std::make_shared<const std::vector<std::byte>>(std::move(data));
}

// "a/b/Conv2D;a/b/Conv2D;a/b/BiasAdd", as fused ops are called, says no more than its first part.
std::string ShortName(const std::string& name) { return name.substr(0, name.find(';')); }

class Reader {
 public:
  Reader(const tflite::Model& model, Diag& diag) : model_(model), diag_(diag) {}

  Result<Graph> Read() {
    const auto* subgraphs = model_.subgraphs();
    if (subgraphs == nullptr || subgraphs->size() == 0 || subgraphs->Get(0) == nullptr) {
      return Refuse(diag_, kDamaged, "tflite", "no subgraph");
    }
    const tflite::SubGraph& main = *subgraphs->Get(0);
    if (main.name() != nullptr) graph_.name = main.name()->str();
    graph_.source = "tflite";
    COVEY_TRY(ReadTensors(main));
    COVEY_TRY(ReadInputs(main));
    COVEY_TRY_ASSIGN(graph_.outputs, Indices(main.outputs(), "the model's outputs"));
    COVEY_TRY(ReadOperators(main));
    COVEY_TRY(CheckGraph(graph_, diag_));
    return std::move(graph_);
  }

 private:
  Status ReadTensors(const tflite::SubGraph& main) {
    if (main.tensors() == nullptr) return Refuse(diag_, kDamaged, "tflite", "no tensors");
    if (main.tensors()->size() > kMaxTensors) {
      return Refuse(diag_, kDamaged, "tflite",
                    std::to_string(main.tensors()->size()) + " tensors, at most " +
                        std::to_string(kMaxTensors) + " are read");
    }
    for (const tflite::Tensor* tensor : *main.tensors()) {
      COVEY_TRY(ReadTensor(*tensor, graph_.tensors.size()));
    }
    return OkStatus();
  }

  // A batch that is open is one; a picture of any size is not.
  Status ReadInputs(const tflite::SubGraph& main) {
    COVEY_TRY_ASSIGN(graph_.inputs, Indices(main.inputs(), "the model's inputs"));
    for (int input : graph_.inputs) {
      if (input == kNoTensor) continue;
      const auto* signature =
          main.tensors()->Get(static_cast<flatbuffers::uoffset_t>(input))->shape_signature();
      if (signature == nullptr) continue;
      const std::vector<int32_t> dims(signature->begin(), signature->end());
      if (dims.empty() || std::count(dims.begin() + 1, dims.end(), -1) == 0) continue;
      return Refuse(diag_, {Code::kUnimplemented, "tflite: an input of open size"},
                    Describe(graph_.tensors[static_cast<size_t>(input)]),
                    "has the open shape " + ShapeText(dims) +
                        ", expected one in which the first dimension at most is open (convert "
                        "with a fixed input shape)");
    }
    return OkStatus();
  }

  Status ReadTensor(const tflite::Tensor& from, size_t number) {
    Tensor tensor;
    tensor.name = from.name() != nullptr ? from.name()->str() : "#" + std::to_string(number);
    const std::string who = "tensor '" + tensor.name + "'";
    if (from.sparsity() != nullptr) {
      return Refuse(diag_, {Code::kUnimplemented, "tflite: unsupported kind of tensor"}, who,
                    "is sparse, expected dense weights");
    }
    tensor.state = from.is_variable();
    tensor.dtype = TypeOf(from.type());
    if (from.shape() != nullptr) {
      for (size_t i = 0; i < from.shape()->size(); ++i) {
        const int32_t dim = from.shape()->Get(static_cast<flatbuffers::uoffset_t>(i));
        tensor.dims.push_back(dim == -1 && i == 0 ? 1 : dim);  // a dynamic batch is one
      }
    }
    const auto* signature = from.shape_signature();
    open_.push_back(signature != nullptr &&
                    std::count(signature->begin(), signature->end(), -1) > 0);
    COVEY_TRY(ReadQuant(from.quantization(), who, tensor.quant));
    const bool half = from.type() == tflite::TensorType::FLOAT16;
    COVEY_TRY(ReadData(from.buffer(), half, who, tensor));
    if (half && tensor.constant()) tensor.dtype = DType::kFloat32;
    tflite::GiveZerosAScale(tensor);
    graph_.tensors.push_back(std::move(tensor));
    return OkStatus();
  }

  Status ReadQuant(const tflite::Quantization* from, const std::string& who, Quant& quant) {
    if (from == nullptr || from->scale() == nullptr || from->scale()->size() == 0) {
      return OkStatus();
    }
    quant.scales.assign(from->scale()->begin(), from->scale()->end());
    if (quant.scales.size() > 1) quant.axis = from->dimension();
    if (from->zero_point() == nullptr) {
      quant.zero_points.assign(quant.scales.size(), 0);
      return OkStatus();
    }
    for (uint32_t i = 0; i < from->zero_point()->size(); ++i) {
      // The verifier aligns a vector to 4 bytes, not to its elements.
      int64_t zero_point = 0;
      std::memcpy(&zero_point, from->zero_point()->Data() + i * sizeof(zero_point),
                  sizeof(zero_point));
      if (zero_point < std::numeric_limits<int16_t>::min() ||
          zero_point > std::numeric_limits<int16_t>::max()) {
        return Refuse(diag_, kDamaged, who,
                      "zero point " + std::to_string(zero_point) + " is out of range");
      }
      quant.zero_points.push_back(static_cast<int32_t>(zero_point));
    }
    // One zero point stands for all channels.
    if (quant.zero_points.size() == 1) {
      quant.zero_points.resize(quant.scales.size(), quant.zero_points[0]);
    }
    return OkStatus();
  }

  Status ReadData(uint32_t buffer, bool half, const std::string& who, Tensor& tensor) {
    const auto* buffers = model_.buffers();
    const uint32_t count = buffers != nullptr ? buffers->size() : 0;
    if (buffer != 0 && buffer >= count) {
      return Refuse(diag_, kDamaged, who,
                    "is in buffer " + std::to_string(buffer) + " of " + std::to_string(count));
    }
    const auto* data = count > buffer ? buffers->Get(buffer)->data() : nullptr;
    if (data == nullptr || data->size() == 0) {
      // An empty list (the shape of a scalar, say) is a constant; anything else is an activation.
      if (buffer != 0 && SafeElements(tensor.dims) == 0) {
        tensor.data = std::make_shared<const std::vector<std::byte>>();
      }
      return OkStatus();
    }
    if (half) {
      tensor.data = FloatsOfHalves({data->data(), data->size()});
      return OkStatus();
    }
    const auto* bytes = reinterpret_cast<const std::byte*>(data->data());
    tensor.data = std::make_shared<const std::vector<std::byte>>(bytes, bytes + data->size());
    return OkStatus();
  }

  Result<std::vector<int>> Indices(const flatbuffers::Vector<int32_t>* from,
                                   const std::string& who) {
    std::vector<int> indices;
    if (from == nullptr) return indices;
    for (int32_t index : *from) {
      if (index < kNoTensor || index >= static_cast<int64_t>(graph_.tensors.size())) {
        return Refuse(diag_, kDamaged, who,
                      "names tensor " + std::to_string(index) + " of " +
                          std::to_string(graph_.tensors.size()));
      }
      indices.push_back(index);
    }
    return indices;
  }

  Status ReadOperators(const tflite::SubGraph& main) {
    if (main.operators() == nullptr) return OkStatus();
    if (main.operators()->size() > kMaxOperators) {
      return Refuse(diag_, kDamaged, "tflite",
                    std::to_string(main.operators()->size()) + " operators, at most " +
                        std::to_string(kMaxOperators) + " are read");
    }
    for (const tflite::Operator* op : *main.operators()) {
      COVEY_TRY(ReadOperator(*op, graph_.nodes.size()));
    }
    return OkStatus();
  }

  Status ReadOperator(const tflite::Operator& from, size_t number) {
    const std::string who = "operator " + std::to_string(number);
    const auto* codes = model_.operator_codes();
    const uint32_t count = codes != nullptr ? codes->size() : 0;
    if (from.opcode() >= count) {
      return Refuse(
          diag_, kDamaged, who,
          "has operator code " + std::to_string(from.opcode()) + " of " + std::to_string(count));
    }
    const tflite::OperatorCode& code = *codes->Get(from.opcode());
    // Files from before 2020 have the small field only; newer ones write both.
    const int32_t builtin = std::max<int32_t>(code.code(), code.small_code());
    Node node;
    node.source_op = tflite::BuiltinName(builtin);
    if (builtin == static_cast<int32_t>(tflite::Builtin::kCustom) &&
        code.custom_code() != nullptr) {
      node.source_op += ":" + code.custom_code()->str();
    }
    COVEY_TRY_ASSIGN(node.inputs, Indices(from.inputs(), who + " " + node.source_op));
    COVEY_TRY_ASSIGN(node.outputs, Indices(from.outputs(), who + " " + node.source_op));
    node.name = !node.outputs.empty() && node.outputs[0] >= 0
                    ? ShortName(graph_.tensors[static_cast<size_t>(node.outputs[0])].name)
                    : "#" + std::to_string(number);
    const auto known = static_cast<tflite::Builtin>(builtin);
    const auto open = [this](int output) {
      return output != kNoTensor && open_[static_cast<size_t>(output)];
    };
    if (std::any_of(node.outputs.begin(), node.outputs.end(), open)) {
      (void)tflite::InferDims(from, known, node, graph_);  // else as the file has them
    }
    if (tflite::FoldSmall(from, known, node, graph_, budget_bytes_)) return OkStatus();
    if (tflite::AddMoves(from, known, node, graph_) ||
        tflite::AddMatrices(from, known, node, graph_) ||
        tflite::AddSaid(from, known, node, graph_)) {
      return OkStatus();
    }
    if (!tflite::SetProduct(from, known, graph_, node) &&
        !tflite::SetRecurrent(from, known, graph_, node)) {
      tflite::SetOp(from, known, graph_, node);
    }
    // float16 constants have become float32 ones.
    if (node.op == Op::kDequantize && !node.inputs.empty() && node.inputs[0] != kNoTensor &&
        graph_.tensors[static_cast<size_t>(node.inputs[0])].dtype == DType::kFloat32) {
      node.op = Op::kReshape;
    }
    if (node.op == Op::kNone) node.source_op += tflite::WhyNot(from, known, node, graph_);
    graph_.nodes.push_back(std::move(node));
    return OkStatus();
  }

  const tflite::Model& model_;
  Diag& diag_;
  Graph graph_;
  int64_t budget_bytes_ = kMostFilledBytes;
  std::vector<bool> open_;  // of each tensor: the file leaves a dimension open
};

}  // namespace

Result<Graph> ImportTflite(std::span<const std::byte> bytes, Diag& diag) {
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  if (bytes.size() < 8 || bytes.size() >= FLATBUFFERS_MAX_BUFFER_SIZE) {
    return Refuse(diag, kDamaged, "tflite",
                  std::to_string(bytes.size()) + " bytes, expected from 8 to 2^31");
  }
  if (!tflite::ModelBufferHasIdentifier(data)) {
    return Refuse(diag, kDamaged, "tflite", "bytes 4 to 7 are not the file identifier TFL3");
  }
  // The reader needs its fields aligned; a span may start anywhere.
  std::vector<uint64_t> aligned((bytes.size() + sizeof(uint64_t) - 1) / sizeof(uint64_t));
  std::memcpy(aligned.data(), bytes.data(), bytes.size());
  const auto* start = reinterpret_cast<const uint8_t*>(aligned.data());
  flatbuffers::Verifier verifier(start, bytes.size(), /*max_depth=*/64, kMaxTables);
  if (!tflite::VerifyModelBuffer(verifier)) {
    return Refuse(diag, kDamaged, "tflite",
                  "the flatbuffer does not hold together (an offset or a size points outside the " +
                      std::to_string(bytes.size()) + " bytes)");
  }
  return Reader(*tflite::GetModel(start), diag).Read();
}

}  // namespace covey::compiler
