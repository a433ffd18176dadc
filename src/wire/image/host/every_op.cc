#include <cstring>

#include "wire/image/host/sample.hpp"

namespace covey::wire {
namespace {

constexpr int32_t kHalf = 1 << 30;  // one half, Q0.31

// Builds a chain: each op reads what the one before has written. Two halves of the arena take
// turns.
class Chain {
 public:
  explicit Chain(std::vector<int32_t> input_dims) {
    Activation("in", DType::kFloat32, std::move(input_dims));
    contents_.name = "every op";
    contents_.inputs = {0};
    contents_.arena_bytes = 2 * kHalfBytes;
  }

  // Constants that the next op reads after its activation.
  Chain& Constant(DType dtype, std::vector<int32_t> dims) {
    ImageTensor& tensor = contents_.tensors.emplace_back();
    tensor.name = "constant " + std::to_string(contents_.tensors.size());
    tensor.dtype = dtype;
    tensor.dims = std::move(dims);
    tensor.scale = 0.25F;
    tensor.place = Place::kData;
    size_t bytes = DTypeBytes(dtype);
    for (int32_t dim : tensor.dims) bytes *= static_cast<size_t>(dim);
    for (size_t i = 0; i < bytes; ++i) {
      // Bytes of both signs; an int32 stays small.
      const size_t value = dtype == DType::kInt8 ? i * 37 + 11 : (i % 4 == 0 ? i : 0);
      tensor.data.push_back(static_cast<std::byte>(value & 0xFF));
    }
    operands_.push_back(static_cast<uint16_t>(contents_.tensors.size() - 1));
    return *this;
  }

  Chain& WithoutBytes() {
    contents_.tensors.back().data.clear();
    contents_.tensors.back().bare = true;
    return *this;
  }
  // Of the op that was added last.
  Chain& Scratch(uint32_t bytes) {
    contents_.ops.back().scratch_offset = contents_.arena_bytes;
    contents_.ops.back().scratch_bytes = bytes;
    contents_.arena_bytes += (bytes + 15) / 16 * 16;
    return *this;
  }

  template <typename Attr>
  Chain& Then(Op op, std::vector<int32_t> dims, const Attr& attr, std::vector<int32_t> params = {},
              DType dtype = DType::kInt8) {
    ImageOp next{.op = op, .name = OpName(op), .inputs = {last_}};
    next.inputs.insert(next.inputs.end(), operands_.begin(), operands_.end());
    operands_.clear();
    static_assert(sizeof(attr) <= sizeof(next.attr));
    std::memcpy(next.attr.data(), &attr, sizeof(attr));
    next.params = std::move(params);
    Activation(OpName(op), dtype, std::move(dims));
    next.outputs = {last_};
    contents_.ops.push_back(next);
    return *this;
  }

  ImageContents Finish() {
    contents_.outputs = {last_};
    return contents_;
  }

 private:
  static constexpr uint32_t kHalfBytes = 512;

  void Activation(const char* name, DType dtype, std::vector<int32_t> dims) {
    ImageTensor& tensor = contents_.tensors.emplace_back();
    tensor.name = name;
    tensor.dtype = dtype;
    tensor.dims = std::move(dims);
    tensor.scale = 0.25F;
    tensor.zero_point = dtype == DType::kInt8 ? -5 : 0;
    tensor.arena_offset = low_ ? 0 : kHalfBytes;
    low_ = !low_;
    last_ = static_cast<uint16_t>(contents_.tensors.size() - 1);
  }

  ImageContents contents_;
  std::vector<uint16_t> operands_;
  uint16_t last_ = 0;
  bool low_ = true;
};

}  // namespace

ImageContents EveryOpContents() {
  const RequantizeAttr same{
      .input_offset = 5, .output_offset = -5, .multiplier = kHalf, .shift = 1};
  const AddAttr sum{.input0_offset = 5,
                    .input1_offset = 0,
                    .output_offset = -5,
                    .input0_multiplier = kHalf,
                    .input1_multiplier = kHalf,
                    .output_multiplier = kHalf,
                    .output_shift = -18};
  AddAttr squares = sum;
  squares.left_shift = 7;
  Chain chain({1, 4, 4, 2});
  chain.Constant(DType::kFloat32, {2});
  chain.Then(Op::kDiv, {1, 4, 4, 2}, MulAttr{}, {}, DType::kFloat32);
  chain.Then(Op::kQuantize, {1, 4, 4, 2}, same);
  chain.Constant(DType::kInt8, {3, 3, 3, 2}).Constant(DType::kInt32, {3});
  chain.Then(Op::kConv2D, {1, 4, 4, 3}, ConvAttr{.pad_top = 1, .pad_left = 1, .input_offset = 5},
             {kHalf, kHalf, kHalf, -5, -6, -7});
  // With skip lists of two pairs of outputs (src/kernels/skip_list.hpp).
  chain.Constant(DType::kInt8, {3, 1, 1, 3}).Constant(DType::kInt32, {3});
  chain.Then(Op::kConv2D, {1, 4, 4, 3}, ConvAttr{.input_offset = 5, .weights_order = 2},
             {kHalf, kHalf, kHalf, -5, -6, -7, 2, 8, 19, 3, 4, 5, 6, 32, 17, 7, 8, 32});
  // The same without the weights that the lists repeat.
  chain.Constant(DType::kInt8, {3, 1, 1, 3}).WithoutBytes().Constant(DType::kInt32, {3});
  chain.Then(Op::kConv2D, {1, 4, 4, 3}, ConvAttr{.input_offset = 5, .weights_order = 2},
             {kHalf, kHalf, kHalf, -5, -6, -7, 2, 8, 19, 3, 4, 5, 6, 32, 17, 7, 8, 32});
  chain.Scratch(16);
  // With a list of chunks of four outputs (src/kernels/chunk_list.hpp), without weights; then back.
  chain.Constant(DType::kInt8, {4, 1, 1, 3}).WithoutBytes().Constant(DType::kInt32, {4});
  chain.Then(Op::kConv2D, {1, 4, 4, 4}, ConvAttr{.input_offset = 5, .weights_order = 11},
             {kHalf, kHalf, kHalf,  kHalf,    -5, -6, -7, -8,   1, 6, 0,
              -1,    0,     0b0101, 0x030201, 0,  0,  0,  0xFF, 0, 0, 0});
  chain.Scratch(16);
  chain.Constant(DType::kInt8, {3, 1, 1, 4}).Constant(DType::kInt32, {3});
  chain.Then(Op::kConv2D, {1, 4, 4, 3}, ConvAttr{.input_offset = 5},
             {kHalf, kHalf, kHalf, -5, -6, -7});
  chain.Constant(DType::kInt8, {1, 2, 2, 6}).Constant(DType::kInt32, {6});
  chain.Then(Op::kDepthwiseConv2D, {1, 3, 3, 6}, ConvAttr{.depth_multiplier = 2},
             {kHalf, kHalf, kHalf, kHalf, kHalf, kHalf, -5, -6, -7, -5, -6, -7});
  chain.Constant(DType::kInt8, {6}).Then(Op::kAdd, {1, 3, 3, 6}, sum);
  chain.Then(Op::kRelu, {1, 3, 3, 6}, same);
  const MulAttr product{.input0_offset = 5, .output_offset = -5, .multiplier = kHalf, .shift = -3};
  chain.Constant(DType::kInt8, {1, 3, 1, 6}).Then(Op::kMul, {1, 3, 3, 6}, product);
  chain.Constant(DType::kInt8, {3, 1, 1}).Then(Op::kSub, {1, 3, 3, 6}, sum);
  chain.Constant(DType::kInt8, {3, 3, 6}).Then(Op::kSquaredDifference, {1, 3, 3, 6}, squares);
  chain.Constant(DType::kInt8, {6})
      .Then(Op::kPrelu, {1, 3, 3, 6},
            PreluAttr{.input_offset = 5,
                      .output_offset = -5,
                      .multiplier = kHalf,
                      .shift = 1,
                      .slope_multiplier = kHalf,
                      .slope_shift = -6});
  chain.Constant(DType::kInt8, {1}).Then(Op::kMaximum, {1, 3, 3, 6}, UnaryAttr{});
  chain.Constant(DType::kInt8, {3, 6}).Then(Op::kMinimum, {1, 3, 3, 6}, UnaryAttr{});
  std::vector<int32_t> table(64);
  for (int32_t i = 0; i < 64; ++i) table[static_cast<size_t>(i)] = i * 0x01020301;
  chain.Then(Op::kUnary, {1, 3, 3, 6}, UnaryAttr{}, table);
  chain.Constant(DType::kInt8, {1, 3, 2, 6});
  chain.Then(Op::kConcat, {1, 3, 5, 6}, ConcatAttr{.axis = 2});
  chain.Then(Op::kSlice, {1, 3, 2, 6}, SliceAttr{.begin = {0, 0, 3, 0}, .stride = {1, 1, -2, 1}});
  chain.Then(Op::kResizeNearest, {1, 2, 3, 6}, UnaryAttr{}, {0, 2, 1, 0, 1});
  chain.Then(Op::kResizeBilinear, {1, 3, 2, 6}, UnaryAttr{},
             {0, 0, 0, 0, 1, 512, 1, 1, 1024, 0, 1, 300, 1, 2, 700});
  chain.Then(Op::kMirrorPad, {1, 3, 4, 6}, MirrorPadAttr{.before = {0, 0, 1, 0}, .offset = 0});
  chain.Then(Op::kGather, {1, 3, 3, 6}, GatherAttr{.axis = 2}, {3, 0, 2});
  chain.Then(Op::kPad, {1, 5, 4, 6}, PadAttr{.before = {0, 1, 1, 0}, .value = -5});
  chain.Then(Op::kMaxPool2D, {1, 3, 3, 6}, PoolAttr{.window_h = 3, .window_w = 2});
  chain.Then(Op::kAveragePool2D, {1, 2, 2, 6},
             PoolAttr{.window_h = 2, .window_w = 2, .stride_h = 2, .stride_w = 2});
  chain.Then(Op::kTranspose, {1, 6, 2, 2}, TransposeAttr{.perm = {0, 3, 1, 2}});
  chain.Then(Op::kMean, {1, 6, 2}, MeanAttr{.axes = 8, .multiplier = kHalf, .shift = 0});
  chain.Then(Op::kReshape, {1, 12}, MeanAttr{});
  chain.Constant(DType::kInt8, {4, 12}).Constant(DType::kInt32, {4});
  chain.Then(Op::kFullyConnected, {1, 4}, ConvAttr{.input_offset = 5, .weights_offset = 1},
             {kHalf, kHalf, kHalf, kHalf, -6, -6, -6, -6});
  chain.Then(Op::kSoftmax, {1, 4}, SoftmaxAttr{.multiplier = kHalf, .shift = 23, .diff_min = -248});
  chain.Then(Op::kDequantize, {1, 4}, MeanAttr{}, {}, DType::kFloat32);
  return chain.Finish();
}

}  // namespace covey::wire
