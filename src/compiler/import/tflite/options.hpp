// SetOp turns one operator of a .tflite file into the IR's op and attributes.
//
// An operator that the IR has no op for, or a variant of one that it cannot say (a tanh behind a
// convolution, a permutation computed at run time), stays Op::kNone with its source_op: it can be
// inspected, and lowering names it.
#pragma once

#include <string>

#include "compiler/ir/graph.hpp"

namespace covey::compiler::tflite {

struct Operator;  // of the generated reader

// Numbers of the builtin operators that become ops of the IR.
enum class Builtin : int32_t {
  kAdd = 0,
  kAveragePool2D = 1,
  kConcatenation = 2,
  kConv2D = 3,
  kDepthwiseConv2D = 4,
  kDepthToSpace = 5,
  kDequantize = 6,
  kFloor = 8,
  kFullyConnected = 9,
  kL2Normalization = 11,
  kL2Pool2D = 12,
  kLocalResponseNormalization = 13,
  kLogistic = 14,
  kMaxPool2D = 17,
  kMul = 18,
  kRelu = 19,
  kReluN1To1 = 20,
  kRelu6 = 21,
  kReshape = 22,
  kResizeBilinear = 23,
  kSoftmax = 25,
  kSpaceToDepth = 26,
  kSvdf = 27,
  kTanh = 28,
  kCustom = 32,
  kPad = 34,
  kGather = 36,
  kBatchToSpace = 37,
  kSpaceToBatch = 38,
  kTranspose = 39,
  kMean = 40,
  kSub = 41,
  kDiv = 42,
  kSqueeze = 43,
  kSequenceLstm = 44,
  kStridedSlice = 45,
  kExp = 47,
  kSplit = 49,
  kLogSoftmax = 50,
  kCast = 53,
  kPrelu = 54,
  kMaximum = 55,
  kArgMax = 56,
  kMinimum = 57,
  kLess = 58,
  kNeg = 59,
  kPadV2 = 60,
  kGreater = 61,
  kGreaterEqual = 62,
  kLessEqual = 63,
  kSelect = 64,
  kSlice = 65,
  kSin = 66,
  kTransposeConv = 67,
  kTile = 69,
  kExpandDims = 70,
  kEqual = 71,
  kNotEqual = 72,
  kLog = 73,
  kSum = 74,
  kSqrt = 75,
  kRsqrt = 76,
  kShape = 77,
  kPow = 78,
  kArgMin = 79,
  kReduceProd = 81,
  kReduceMax = 82,
  kPack = 83,
  kLogicalOr = 84,
  kLogicalAnd = 86,
  kLogicalNot = 87,
  kUnpack = 88,
  kReduceMin = 89,
  kFloorDiv = 90,
  kSquare = 92,
  kFill = 94,
  kFloorMod = 95,
  kRange = 96,
  kResizeNearest = 97,
  kLeakyRelu = 98,
  kSquaredDifference = 99,
  kMirrorPad = 100,
  kAbs = 101,
  kSplitV = 102,
  kCeil = 104,
  kReverseV2 = 105,
  kAddN = 106,
  kCos = 108,
  kElu = 111,
  kQuantize = 114,
  kRound = 116,
  kHardSwish = 117,
  kSelectV2 = 123,
  kBatchMatMul = 126,
  kCumsum = 128,
  kBroadcastTo = 130,
  kGelu = 150,
  kRelu0To1 = 152,
  kSign = 158,
};

// `node` has its tensors already. Leaves node.op at kNone if it cannot be said.
void SetOp(const Operator& op, Builtin code, const Graph& graph, Node& node);

// reasons.cc: why an operator that the IR has an op for stays Op::kNone, as " (that ...)"; empty
// for one that the IR has none for.
std::string WhyNot(const Operator& op, Builtin code, const Node& node, const Graph& graph);

// moves.cc: an operator that only moves elements, which may take several nodes (a split is one
// slice for each output). Appends them to the graph; false if it is no such operator, or cannot be
// said.
bool AddMoves(const Operator& op, Builtin code, const Node& from, Graph& graph);

// said.cc: an operator that the IR has no op for, in other ops between floats. Bytes are
// dequantised before and quantised after. Appends as AddMoves does; false if it is none.
bool AddSaid(const Operator& op, Builtin code, const Node& from, Graph& graph);

// matrices.cc: a fully connected layer whose weights are computed and whose input or output is no
// matrix, as a batch_matmul between reshapes. Appends as AddMoves does; false if it is none.
bool AddMatrices(const Operator& op, Builtin code, const Node& from, Graph& graph);

// unary.cc: a function of one element, or an op of two; false if it is none.
bool SetElementwise(const Operator& op, Builtin code, Node& node);

// products.cc: transpose_conv, batch_matmul, arg_max and arg_min; false if it is none of them.
bool SetProduct(const Operator& op, Builtin code, const Graph& graph, Node& node);

// recurrent.cc: svdf and lstm, whose weights may become other tensors; false if it is none of them.
bool SetRecurrent(const Operator& op, Builtin code, Graph& graph, Node& node);

}  // namespace covey::compiler::tflite
