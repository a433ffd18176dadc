// Said reads an operator as other operators of ONNX, one at a time, so that the shape of each is
// known when the next is made.
//
//   Said said(importer, node);
//   const auto square = said.Do("Mul", {x, x});
//   said.To(0, "Sqrt", {said.Do("ReduceSum", {square}, {Ints("axes", {2})})});
//   return said.Done();
//
// Errors: after one that failed, the rest does nothing and Done returns that status.
#pragma once

#include <string>
#include <vector>

#include "compiler/import/onnx/few.hpp"
#include "compiler/import/onnx/importer.hpp"

namespace covey::compiler::onnx_import {

::onnx::AttributeProto Ints(const char* name, const std::vector<int32_t>& values);
::onnx::AttributeProto Int(const char* name, int64_t value);
::onnx::AttributeProto Real(const char* name, float value);

class Said {
 public:
  using Name = std::string;
  using Options = std::vector<::onnx::AttributeProto>;

  Said(Importer& importer, const ::onnx::NodeProto& node) : importer_(importer), node_(node) {}

  // Input i; empty if it is absent.
  Name In(int i) const { return i < node_.input_size() ? node_.input(i) : ""; }
  // What is known of a value; null if nothing is.
  const Value* Known(const Name& name) const;
  size_t rank(const Name& name) const;

  Name Do(const char* op, const std::vector<Name>& inputs, const Options& options = {});
  void To(int output, const char* op, const std::vector<Name>& inputs, const Options& options = {});
  Name Number(float value) { return Constant({DType::kFloat32, {}, {double{value}}}); }
  Name List(const std::vector<int32_t>& values);
  Name Constant(const Few& few);
  Name Reshaped(const Name& input, const std::vector<int32_t>& dims) {
    return Do("Reshape", {input, List(dims)});
  }
  void Stop() { known_ = false; }  // something is not as it must be: the node stays as it is
  Result<bool> Done() const;

 private:
  void Add(const char* op, const std::vector<Name>& inputs, const Options& options,
           const Name& output);
  Name Fresh(const char* what);

  Importer& importer_;
  const ::onnx::NodeProto& node_;
  Status status_;
  bool known_ = true;
  int count_ = 0;
};

// The axes that a node names, by an input, an attribute, or none of them: `otherwise`. In order and
// not negative; nothing if they are computed or out of range.
std::optional<std::vector<int32_t>> AxesNamed(Importer& importer, const ::onnx::NodeProto& node,
                                              size_t rank, std::vector<int32_t> otherwise);
std::vector<int32_t> AxesFrom(size_t first, size_t rank);

// said_norms.cc, said_sums.cc, said_moves.cc, said_recurrent.cc, said_logic.cc, said_products.cc:
// null if not theirs.
Handler NormHandlerOf(const std::string& op_type);
Handler SumHandlerOf(const std::string& op_type);
Handler MoveHandlerOf(const std::string& op_type);
Handler RecurrentHandlerOf(const std::string& op_type);
Handler LogicHandlerOf(const std::string& op_type);
Handler ProductHandlerOf(const std::string& op_type);

}  // namespace covey::compiler::onnx_import
