// Importer walks an ONNX graph in its order and builds the IR's, keeping track of layout: ONNX says
// (N, C, H, W), the IR's ops take (N, H, W, C).
//
// A value may exist in either layout or both. Ops ask for the one they need; a transpose is made
// when it is first missing, and only then:
//
//   input NCHW --transpose--> NHWC -> conv -> relu -> conv -> mean -> (1x1: no transpose) flatten
//
// Layout does not matter to element-wise ops: they stay in whatever layout their input has.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "compiler/import/onnx/attributes.hpp"
#include "compiler/ir/graph.hpp"
#include "core/diag.hpp"
#include "core/status.hpp"
#include "onnx.pb.h"

namespace covey::compiler::onnx_import {

// One ONNX value. `dims` and `dtype` are ONNX's; tensors are numbers of the IR, or -1.
struct Value {
  bool known = false;  // type and dims are known
  DType dtype = DType::kNone;
  std::vector<int32_t> dims;
  int native = -1;  // in ONNX's order of dimensions
  int nhwc = -1;    // rank 4 only
  bool rank(size_t n) const { return known && dims.size() == n; }
};

class Importer {
 public:
  Importer(const ::onnx::ModelProto& model, int64_t file_bytes, Diag& diag);
  Result<Graph> Run();
  // One node more, as if it stood in the file: for what is said in other ops (said.hpp).
  Status Read(const ::onnx::NodeProto& node);
  // The value of that name; null if there is none.
  Value* Named(const std::string& name);
  void Put(const std::string& name, const Value& value) { values_[name] = value; }
  bool IsRead(const std::string& name) const { return read_.count(name) > 0; }

  // For the ops (ops_*.cc).
  const Tensor& At(int tensor) const { return graph_.tensors[static_cast<size_t>(tensor)]; }
  Tensor& At(int tensor) { return graph_.tensors[static_cast<size_t>(tensor)]; }
  // Input i of the node; null if it is absent.
  Value* In(const ::onnx::NodeProto& node, int i);
  // The constant behind a value in ONNX's layout; null if it is computed.
  const Tensor* ConstantOf(const Value* value) const;
  bool IsGraphOutput(const std::string& name) const;
  // The file's nodes that read a value.
  std::vector<const ::onnx::NodeProto*> ReadersOf(const std::string& name) const;

  Result<int> Native(Value& value);
  Result<int> Nhwc(Value& value);
  // The value's tensor in the layout it has; prefers NHWC.
  int Any(const Value& value) const { return value.nhwc >= 0 ? value.nhwc : value.native; }
  // A constant with its dimensions reordered; made once.
  Result<int> PermutedConstant(int tensor, const std::vector<int32_t>& perm);
  // A tensor that a new node makes of `from`, with that order of dimensions.
  Result<int> Transposed(int from, const char* suffix, const std::vector<int32_t>& dims,
                         const std::vector<int32_t>& perm);
  // The same bytes under other dimensions.
  int ReshapedConstant(int tensor, std::vector<int32_t> dims);

  Result<int> AddTensor(Tensor tensor);  // checks its size
  // Counts constant bytes made on import, so that a small file cannot ask for much.
  Status Spend(int64_t bytes);
  Node& AddNode(Op op, const ::onnx::NodeProto& node, std::vector<int> inputs, int output);

  // Defines output i of the node: a new tensor of the IR in the layout asked for, and its value.
  Result<int> Define(const ::onnx::NodeProto& node, int i, DType dtype,
                     std::vector<int32_t> onnx_dims, bool nhwc);
  // The same for output 0 with the type and the scale of tensor `from`, and the node from it to
  // there, for Moves (compiler/ir/moves.hpp).
  Result<Node> DefineLike(const ::onnx::NodeProto& node, int from, DType dtype,
                          std::vector<int32_t> onnx_dims, bool nhwc);
  void Alias(const ::onnx::NodeProto& node, int i, const Value& value);
  Diag& diag() { return diag_; }
  Graph& graph() { return graph_; }
  int64_t opset() const { return opset_; }

 private:
  Status ReadInitializers();
  Status ReadInputs();
  Status ReadOutputs();
  Result<int> ShiftedToUint8(int tensor);
  // An op that the IR has none for: kept by name, with what is known of its shapes.
  Status Opaque(const ::onnx::NodeProto& node);
  Value Declared(const std::string& name) const;

  const ::onnx::ModelProto& model_;
  const ::onnx::GraphProto& source_;
  Diag& diag_;
  Graph graph_;
  std::map<std::string, Value> values_;
  std::map<std::string, const ::onnx::ValueInfoProto*> declared_;
  std::map<std::pair<int, std::vector<int32_t>>, int> permuted_;
  std::set<std::string> read_;  // by some node, or an output of the graph
  int64_t opset_ = 0;
  int depth_ = 0;  // of ops said in other ops
  int64_t budget_bytes_ = 0;
};

// A handler returns true if it took the node, false to leave it opaque (inspected, not compiled).
using Handler = Result<bool> (*)(Importer& importer, const ::onnx::NodeProto& node);
Handler HandlerOf(const std::string& op_type);

// The shape of an op that stays opaque; empty dims and false if unknown.
bool InferOpaque(Importer& importer, const ::onnx::NodeProto& node, Value& result);

std::vector<int32_t> ToNhwc(const std::vector<int32_t>& nchw);
inline constexpr int32_t kNhwcAxis[4] = {0, 3, 1, 2};  // where dimension i of NCHW goes

// ops_conv.cc
Result<bool> Conv(Importer& importer, const ::onnx::NodeProto& node);
Result<bool> ConvTranspose(Importer& importer,
                           const ::onnx::NodeProto& node);  // ops_transpose_conv.cc
Result<bool> Gemm(Importer& importer, const ::onnx::NodeProto& node);
Result<bool> MatMul(Importer& importer, const ::onnx::NodeProto& node);
Result<bool> Pool(Importer& importer, const ::onnx::NodeProto& node);
Result<bool> GlobalAveragePool(Importer& importer, const ::onnx::NodeProto& node);
Result<bool> ReduceMean(Importer& importer, const ::onnx::NodeProto& node);
// ops_norm.cc
Result<bool> BatchNormalization(Importer& importer, const ::onnx::NodeProto& node);
// ops_element.cc
Result<bool> Relu(Importer& importer, const ::onnx::NodeProto& node);
Result<bool> Clip(Importer& importer, const ::onnx::NodeProto& node);
Result<bool> Add(Importer& importer, const ::onnx::NodeProto& node);
Result<bool> Divide(Importer& importer, const ::onnx::NodeProto& node);
Result<bool> Softmax(Importer& importer, const ::onnx::NodeProto& node);
Result<bool> QuantizeLinear(Importer& importer, const ::onnx::NodeProto& node);
Result<bool> DequantizeLinear(Importer& importer, const ::onnx::NodeProto& node);
// Two operands that broadcast, in one layout.
Result<bool> Binary(Importer& importer, const ::onnx::NodeProto& node, Op op);
// ops_unary.cc: functions of one element, and ops of two whose second is one constant number.
Result<bool> UnaryFunction(Importer& importer, const ::onnx::NodeProto& node);
Result<bool> ByNumber(Importer& importer, const ::onnx::NodeProto& node);
Result<bool> ClipTo(Importer& importer, const ::onnx::NodeProto& node, float least, float most);
// ops_moves.cc
Result<bool> Concat(Importer& importer, const ::onnx::NodeProto& node);
Result<bool> Split(Importer& importer, const ::onnx::NodeProto& node);
Result<bool> Slice(Importer& importer, const ::onnx::NodeProto& node);
Result<bool> Gather(Importer& importer, const ::onnx::NodeProto& node);
Result<bool> ReduceMax(Importer& importer,
                       const ::onnx::NodeProto& node);                   // GlobalMaxPool, ReduceMin
Result<bool> ArgMax(Importer& importer, const ::onnx::NodeProto& node);  // ArgMin
Result<bool> Resize(Importer& importer, const ::onnx::NodeProto& node);
Result<bool> MirrorPad(Importer& importer, const ::onnx::NodeProto& node,
                       const std::vector<int32_t>& pads);
// fold_small.cc
Result<bool> Shape(Importer& importer, const ::onnx::NodeProto& node);  // Size
Result<bool> ConstantOfShape(Importer& importer, const ::onnx::NodeProto& node);
// An op of small constants, as exporters make them of shapes.
Result<bool> FoldSmall(Importer& importer, const ::onnx::NodeProto& node);
// A handler that says the op in other ops of ONNX (said_*.cc); null if there is none.
Handler SaidHandlerOf(const std::string& op_type);
// ops_shape.cc
Result<bool> Identity(Importer& importer, const ::onnx::NodeProto& node);
Result<bool> Constant(Importer& importer, const ::onnx::NodeProto& node);
Result<bool> Reshape(Importer& importer, const ::onnx::NodeProto& node);  // Flatten, (Un)squeeze
Result<bool> Transpose(Importer& importer, const ::onnx::NodeProto& node);
Result<bool> Pad(Importer& importer, const ::onnx::NodeProto& node);

}  // namespace covey::compiler::onnx_import
