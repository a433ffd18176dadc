#include "compiler/import/onnx/importer.hpp"

#include <algorithm>
#include <limits>

#include "compiler/import/onnx/constant.hpp"
#include "compiler/import/onnx/few.hpp"
#include "compiler/ir/check.hpp"
#include "compiler/ir/permute.hpp"
#include "compiler/report.hpp"

namespace covey::compiler::onnx_import {
namespace {

constexpr Status kDamaged(Code::kDataLoss, "onnx: the file is damaged");
constexpr Status kUnsupported(Code::kUnimplemented, "onnx: unsupported network");
constexpr int kMaxNodes = 100'000;
constexpr int kMostDepth = 8;  // of ops said in other ops
const std::vector<int32_t> kNchwToNhwc{0, 2, 3, 1};
const std::vector<int32_t> kNhwcToNchw{0, 3, 1, 2};

std::string NameOf(const ::onnx::NodeProto& node) {
  if (!node.name().empty()) return node.name();
  return node.output_size() > 0 ? node.output(0) : "";
}

}  // namespace

std::vector<int32_t> ToNhwc(const std::vector<int32_t>& nchw) {
  return Permuted(nchw, kNchwToNhwc);
}

Importer::Importer(const ::onnx::ModelProto& model, int64_t file_bytes, Diag& diag)
    : model_(model),
      source_(model.graph()),
      diag_(diag),
      budget_bytes_(4 * file_bytes + (int64_t{1} << 20)) {
  graph_.source = "onnx";
  graph_.preprocess.ties_to_even = true;
  graph_.name = source_.name();
  for (const auto& opset : model_.opset_import()) {
    if (opset.domain().empty() || opset.domain() == "ai.onnx") opset_ = opset.version();
  }
  for (const auto& info : source_.value_info()) declared_[info.name()] = &info;
  for (const auto& info : source_.output()) {
    declared_[info.name()] = &info;
    read_.insert(info.name());
  }
  for (const auto& node : source_.node()) read_.insert(node.input().begin(), node.input().end());
}

Result<Graph> Importer::Run() {
  if (source_.node_size() > kMaxNodes) {
    return Refuse(diag_, kDamaged, "onnx", "more than " + std::to_string(kMaxNodes) + " nodes");
  }
  COVEY_TRY(ReadInitializers());
  COVEY_TRY(ReadInputs());
  for (const ::onnx::NodeProto& node : source_.node()) COVEY_TRY(Read(node));
  COVEY_TRY(ReadOutputs());
  COVEY_TRY(CheckGraph(graph_, diag_));
  return std::move(graph_);
}

Status Importer::ReadInitializers() {
  if (source_.sparse_initializer_size() > 0) {
    return Refuse(diag_, kUnsupported, "onnx", "has sparse initializers, expected dense ones");
  }
  for (const ::onnx::TensorProto& initializer : source_.initializer()) {
    COVEY_TRY_ASSIGN(Tensor tensor, ReadConstant(initializer, diag_));
    Value value{.known = true, .dtype = tensor.dtype, .dims = tensor.dims};
    COVEY_TRY_ASSIGN(value.native, AddTensor(std::move(tensor)));
    if (!values_.try_emplace(initializer.name(), value).second) {
      return Refuse(diag_, kDamaged, "initializer '" + initializer.name() + "'", "appears twice");
    }
  }
  return OkStatus();
}

Value Importer::Declared(const std::string& name) const {
  const auto found = declared_.find(name);
  if (found == declared_.end() || !found->second->type().has_tensor_type()) return {};
  const auto& type = found->second->type().tensor_type();
  Value value{.known = type.has_shape(), .dtype = TypeOf(type.elem_type()), .dims = {}};
  for (int i = 0; i < type.shape().dim_size(); ++i) {
    int64_t dim = type.shape().dim(i).has_dim_value() ? type.shape().dim(i).dim_value() : -1;
    if (dim <= 0 && i == 0) dim = 1;  // a dynamic batch is one
    if (dim < 1 || dim > std::numeric_limits<int32_t>::max()) return {};
    value.dims.push_back(static_cast<int32_t>(dim));
  }
  return value;
}

Status Importer::ReadInputs() {
  for (const ::onnx::ValueInfoProto& input : source_.input()) {
    if (values_.count(input.name()) > 0) continue;  // an initializer with a default, old style
    declared_[input.name()] = &input;
    Value value = Declared(input.name());
    if (!value.known || value.dtype == DType::kNone) {
      return Refuse(diag_, kUnsupported, "input '" + input.name() + "'",
                    "has an unknown type or an open dimension, expected a fixed shape (the first "
                    "dimension may be open)");
    }
    Tensor tensor;
    tensor.name = input.name();
    tensor.dtype = value.dtype;
    tensor.dims = value.dims;
    COVEY_TRY_ASSIGN(value.native, AddTensor(std::move(tensor)));
    graph_.inputs.push_back(value.native);
    values_[input.name()] = value;
  }
  return OkStatus();
}

Status Importer::Read(const ::onnx::NodeProto& node) {
  for (const std::string& input : node.input()) {
    if (input.empty() || values_.count(input) > 0) continue;
    return Refuse(diag_, kDamaged, node.op_type() + " '" + NameOf(node) + "'",
                  "reads '" + input + "' before anything makes it (a cycle, or a missing input)");
  }
  for (const std::string& output : node.output()) {
    if (output.empty() || values_.count(output) == 0) continue;
    return Refuse(diag_, kDamaged, node.op_type() + " '" + NameOf(node) + "'",
                  "makes '" + output + "', which exists already");
  }
  COVEY_TRY_ASSIGN(const bool folded, FoldSmall(*this, node));
  if (folded) return OkStatus();
  const bool standard = node.domain().empty() || node.domain() == "ai.onnx";
  const Handler handler = standard ? HandlerOf(node.op_type()) : nullptr;
  if (handler != nullptr && node.input_size() <= 256 && node.output_size() >= 1 &&
      !node.output(0).empty()) {
    COVEY_TRY_ASSIGN(const bool taken, handler(*this, node));
    if (taken) return OkStatus();
  }
  const Handler said = standard ? SaidHandlerOf(node.op_type()) : nullptr;
  if (said != nullptr && depth_ < kMostDepth && node.input_size() <= 256 &&
      node.output_size() >= 1) {
    ++depth_;
    const auto taken = said(*this, node);
    --depth_;
    COVEY_TRY(taken.status());
    if (*taken) return OkStatus();
  }
  return Opaque(node);
}

Status Importer::Opaque(const ::onnx::NodeProto& node) {
  std::vector<int> inputs;
  bool nhwc = false;
  for (const std::string& input : node.input()) {
    if (!input.empty()) nhwc = nhwc || values_[input].nhwc >= 0;
    inputs.push_back(input.empty() ? kNoTensor : Any(values_[input]));
  }
  std::vector<int> outputs;
  for (int i = 0; i < node.output_size(); ++i) {
    if (node.output(i).empty()) {
      outputs.push_back(kNoTensor);
      continue;
    }
    Value shape = Declared(node.output(i));
    if (i == 0 && (!shape.known || shape.dtype == DType::kNone)) {
      Value inferred;
      if (InferOpaque(*this, node, inferred)) shape = inferred;
    }
    if (!shape.known) shape.dims.clear();
    COVEY_TRY_ASSIGN(const int output,
                     Define(node, i, shape.dtype, shape.dims, nhwc && shape.dims.size() == 4));
    values_[node.output(i)].known = shape.known;
    outputs.push_back(output);
  }
  Node& made = AddNode(Op::kNone, node, std::move(inputs), kNoTensor);
  made.outputs = std::move(outputs);
  return OkStatus();
}

Status Importer::ReadOutputs() {
  for (const ::onnx::ValueInfoProto& output : source_.output()) {
    const auto found = values_.find(output.name());
    if (found == values_.end()) {
      return Refuse(diag_, kDamaged, "output '" + output.name() + "'", "is made by no node");
    }
    COVEY_TRY_ASSIGN(int tensor, Native(found->second));
    if (found->second.dtype == DType::kUint8) {
      COVEY_TRY_ASSIGN(tensor, ShiftedToUint8(tensor));
    }
    graph_.outputs.push_back(tensor);
  }
  return OkStatus();
}

// Inside, every byte is int8.
Result<int> Importer::ShiftedToUint8(int tensor) {
  if (At(tensor).dtype != DType::kInt8 || At(tensor).quant.scales.size() != 1) return tensor;
  Tensor shifted = At(tensor);
  shifted.name += "/uint8";
  shifted.dtype = DType::kUint8;
  shifted.data = nullptr;
  for (int32_t& zero : shifted.quant.zero_points) zero += 128;
  COVEY_TRY_ASSIGN(const int made, AddTensor(std::move(shifted)));
  Node node;
  node.op = Op::kQuantize;
  node.name = At(made).name;
  node.source_op = "(rim)";
  node.inputs = {tensor};
  node.outputs = {made};
  graph_.nodes.push_back(std::move(node));
  return made;
}

Value* Importer::In(const ::onnx::NodeProto& node, int i) {
  if (i >= node.input_size() || node.input(i).empty()) return nullptr;
  return &values_[node.input(i)];
}

Value* Importer::Named(const std::string& name) {
  const auto found = values_.find(name);
  return found == values_.end() ? nullptr : &found->second;
}

const Tensor* Importer::ConstantOf(const Value* value) const {
  if (value == nullptr || value->native < 0 || !At(value->native).constant()) return nullptr;
  return &At(value->native);
}

bool Importer::IsGraphOutput(const std::string& name) const {
  return std::any_of(source_.output().begin(), source_.output().end(),
                     [&](const auto& output) { return output.name() == name; });
}

std::vector<const ::onnx::NodeProto*> Importer::ReadersOf(const std::string& name) const {
  std::vector<const ::onnx::NodeProto*> readers;
  for (const ::onnx::NodeProto& node : source_.node()) {
    if (std::count(node.input().begin(), node.input().end(), name) > 0) readers.push_back(&node);
  }
  return readers;
}

Result<int> Importer::Native(Value& value) {
  if (value.native >= 0) return value.native;
  COVEY_TRY_ASSIGN(value.native, Transposed(value.nhwc, "/nchw", value.dims, kNhwcToNchw));
  return value.native;
}

Result<int> Importer::Nhwc(Value& value) {
  if (value.nhwc >= 0) return value.nhwc;
  if (At(value.native).constant()) return PermutedConstant(value.native, kNchwToNhwc);
  COVEY_TRY_ASSIGN(value.nhwc, Transposed(value.native, "/nhwc", ToNhwc(value.dims), kNchwToNhwc));
  return value.nhwc;
}

Result<int> Importer::Transposed(int from, const char* suffix, const std::vector<int32_t>& dims,
                                 const std::vector<int32_t>& perm) {
  Tensor tensor = At(from);
  tensor.name += suffix;
  tensor.dims = dims;
  COVEY_TRY_ASSIGN(const int to, AddTensor(std::move(tensor)));
  Node node;
  node.op = Op::kTranspose;
  node.name = At(to).name;
  node.source_op = "(layout)";
  node.inputs = {from};
  node.outputs = {to};
  node.attributes = Permutation{perm};
  graph_.nodes.push_back(std::move(node));
  return to;
}

Result<int> Importer::PermutedConstant(int tensor, const std::vector<int32_t>& perm) {
  const auto known = permuted_.find({tensor, perm});
  if (known != permuted_.end()) return known->second;
  COVEY_TRY(Spend(static_cast<int64_t>(At(tensor).data->size())));
  COVEY_TRY_ASSIGN(const int made, AddTensor(Permute(At(tensor), perm)));
  permuted_[{tensor, perm}] = made;
  return made;
}

int Importer::ReshapedConstant(int tensor, std::vector<int32_t> dims) {
  Tensor copy = At(tensor);
  copy.dims = std::move(dims);
  graph_.tensors.push_back(std::move(copy));
  return static_cast<int>(graph_.tensors.size()) - 1;
}

Result<int> Importer::AddTensor(Tensor tensor) {
  const int64_t elements = SafeElements(tensor.dims);
  if (elements < 0 || elements * static_cast<int64_t>(DTypeBytes(tensor.dtype)) > kMaxTensorBytes ||
      tensor.dims.size() > static_cast<size_t>(kMaxDims) || graph_.tensors.size() >= kMaxTensors) {
    return Refuse(diag_, kDamaged, Describe(tensor), "is too large");
  }
  graph_.tensors.push_back(std::move(tensor));
  return static_cast<int>(graph_.tensors.size()) - 1;
}

Status Importer::Spend(int64_t bytes) {
  budget_bytes_ -= bytes;
  if (budget_bytes_ >= 0) return OkStatus();
  return Refuse(diag_, {Code::kResourceExhausted, "onnx: constants grow too much"}, "onnx",
                "rearranged constants take over four times the file's size");
}

Node& Importer::AddNode(Op op, const ::onnx::NodeProto& node, std::vector<int> inputs, int output) {
  Node made;
  made.op = op;
  made.name = NameOf(node);
  made.source_op = node.op_type();
  made.inputs = std::move(inputs);
  made.outputs = {output};
  graph_.nodes.push_back(std::move(made));
  return graph_.nodes.back();
}

Result<int> Importer::Define(const ::onnx::NodeProto& node, int i, DType dtype,
                             std::vector<int32_t> onnx_dims, bool nhwc) {
  Tensor tensor;
  tensor.name = node.output(i);
  tensor.dtype = dtype;
  tensor.dims = nhwc ? ToNhwc(onnx_dims) : onnx_dims;
  COVEY_TRY_ASSIGN(const int made, AddTensor(std::move(tensor)));
  Value value{.known = true, .dtype = dtype, .dims = std::move(onnx_dims)};
  (nhwc ? value.nhwc : value.native) = made;
  values_[node.output(i)] = std::move(value);
  return made;
}

Result<Node> Importer::DefineLike(const ::onnx::NodeProto& node, int from, DType dtype,
                                  std::vector<int32_t> onnx_dims, bool nhwc) {
  COVEY_TRY_ASSIGN(const int output, Define(node, 0, dtype, std::move(onnx_dims), nhwc));
  At(output).dtype = At(from).dtype;
  At(output).quant = At(from).quant;
  Node made;
  made.name = NameOf(node);
  made.source_op = node.op_type();
  made.inputs = {from};
  made.outputs = {output};
  return made;
}

void Importer::Alias(const ::onnx::NodeProto& node, int i, const Value& value) {
  const Value copy = value;  // `value` may live in the map that grows here
  values_[node.output(i)] = copy;
}

}  // namespace covey::compiler::onnx_import
