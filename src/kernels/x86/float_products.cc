// conv2d, fully_connected and batch_matmul of floats. Weights, or the matrix that stands for them,
// lie in blocks of channels; a convolution's windows are copied to scratch, some pixels at a time,
// with zeros where they leave the picture: finite weights times 0 change no sum.
#include "kernels/ref/floats.hpp"
#include "kernels/ref/run.hpp"
#include "kernels/x86/pack.hpp"
#include "kernels/x86/run.hpp"

namespace covey::kernels::x86 {
namespace {

using ref::FloatOf;
using ref::IsFloat;

constexpr int64_t kWindowBytes = 1 << 18;  // of scratch: half of a small second-level cache
constexpr int32_t kFewRows = 4;            // of which packing a matrix would be most of the work

// Everything that does not depend on the data.
struct FloatPlan {
  const Loops* loops = nullptr;
  int32_t terms = 1, channels = 1;
  int32_t pixels = 0;  // of windows in scratch at a time; 0: no windows
  int64_t bias_at = 0, weights_at = 0, bytes = 0, scratch_bytes = 0;

  FloatPlan(const OpView& op, const Loops& l);
  int64_t blocks() const { return Padded(channels, loops->lanes) / loops->lanes; }
  int64_t block_floats() const { return int64_t{terms} * loops->lanes; }
  int64_t weight_bytes() const {
    return blocks() * block_floats() * static_cast<int64_t>(sizeof(float));
  }
};

int32_t TermsOf(const OpView& op) {
  if (op.op == Op::kBatchMatMul) {
    const TensorView& a = op.input[0];
    const bool across = op.attr_as<BatchMatMulAttr>().transposed0 != 0;
    return a.dims[static_cast<size_t>(a.rank() - (across ? 2 : 1))];
  }
  int32_t terms = 1;
  for (size_t d = 1; d < op.input[1].dims.size(); ++d) terms *= op.input[1].dims[d];
  return terms;
}

FloatPlan::FloatPlan(const OpView& op, const Loops& l) : loops(&l), terms(TermsOf(op)) {
  weights_at = static_cast<int64_t>(Aligned(sizeof(FloatPlan)));
  if (op.op == Op::kBatchMatMul) {
    channels = op.output[0].dims.back();
    bytes = weights_at;
    scratch_bytes = weight_bytes();
    return;
  }
  channels = op.input[1].dims[0];
  bias_at = weights_at;
  weights_at += static_cast<int64_t>(Aligned(static_cast<size_t>(Padded(channels, l.lanes)) * 4));
  bytes = weights_at + weight_bytes();
  if (op.op == Op::kFullyConnected) return;
  const int64_t all = op.output[0].elements() / channels;
  const int64_t fit = kWindowBytes / (int64_t{terms} * 4);
  const int64_t most = fit < 8 ? 8 : fit;
  pixels = static_cast<int32_t>(all < most ? all : most);
  scratch_bytes = int64_t{pixels} * terms * 4;
}

bool AreFinite(const TensorView& tensor) {
  for (int64_t i = 0; i < tensor.elements(); ++i) {
    const float zero = tensor.as<float>()[i] * 0.0F;
    if (zero != 0.0F) return false;  // no number
  }
  return true;
}

FloatJob JobOf(const FloatPlan& plan, int32_t least_bits, int32_t most_bits) {
  FloatJob job;
  job.terms = plan.terms;
  job.channels = plan.channels;
  job.term_step = 1;
  job.row_step = plan.terms;
  job.output_step = plan.channels;
  job.least = FloatOf(least_bits), job.most = FloatOf(most_bits);
  return job;
}

// One row of a window: taps of `unit` floats, `step` floats apart; outside they are zeros.
float* CopyTaps(const float* row, int64_t column, int32_t columns, int32_t taps, int32_t dilation,
                int32_t unit, float* to) {
  for (int32_t t = 0; t < taps; ++t, column += dilation, to += unit) {
    const size_t bytes = static_cast<size_t>(unit) * sizeof(float);
    if (row == nullptr || column < 0 || column >= columns)
      __builtin_memset(to, 0, bytes);
    else
      __builtin_memcpy(to, row + column * unit, bytes);
  }
  return to;
}

// Windows of output pixels first..first+count.
void CopyWindows(const OpView& op, int64_t first, int64_t count, float* to) {
  const auto& attr = op.attr_as<ConvAttr>();
  const auto in = op.input[0].dims, filter = op.input[1].dims, out = op.output[0].dims;
  const int64_t row_floats = int64_t{in[2]} * in[3];
  for (int64_t pixel = first; pixel < first + count; ++pixel) {
    const int64_t n = pixel / out[2] / out[1];
    const float* const picture = op.input[0].as<float>() + n * in[1] * row_floats;
    int64_t y = pixel / out[2] % out[1] * attr.stride_h - attr.pad_top;
    const int64_t x = pixel % out[2] * attr.stride_w - attr.pad_left;
    for (int32_t t = 0; t < filter[1]; ++t, y += attr.dilation_h) {
      const float* const row = y < 0 || y >= in[1] ? nullptr : picture + y * row_floats;
      to = CopyTaps(row, x, in[2], filter[2], attr.dilation_w, in[3], to);
    }
  }
}

void PackMatrix(const FloatPlan& plan, const float* data, int64_t term_step, int64_t channel_step,
                float* to) {
  const int32_t lanes = plan.loops->lanes;
  for (int32_t c = 0; c < plan.channels; ++c) {
    float* lane = to + c / lanes * plan.block_floats() + c % lanes;
    const float* from = data + c * channel_step;
    for (int32_t t = 0; t < plan.terms; ++t, lane += lanes, from += term_step) *lane = *from;
  }
}

// The matrices of an input of batch_matmul, by the output's leading dimensions.
const float* MatrixOf(const TensorView& in, const TensorView& out, const int32_t* at) {
  const int rank = in.rank(), skip = out.rank() - rank;
  int64_t step =
      int64_t{in.dims[static_cast<size_t>(rank - 1)]} * in.dims[static_cast<size_t>(rank - 2)];
  const float* data = in.as<float>();
  for (int d = rank - 3; d >= 0; --d) {
    const int32_t size = in.dims[static_cast<size_t>(d)];
    if (size != 1) data += at[skip + d] * step;
    step *= size;
  }
  return data;
}

void Multiply(const OpView& op, const FloatPlan& plan) {
  const auto& attr = op.attr_as<BatchMatMulAttr>();
  const TensorView &a = op.input[0], &b = op.input[1], &out = op.output[0];
  const int rank = out.rank();
  const int32_t a_width = a.dims.back(), b_width = b.dims.back();
  auto* const packed = reinterpret_cast<float*>(op.scratch.data());
  FloatJob job = JobOf(plan, attr.activation_min, attr.activation_max);
  job.rows = out.dims[static_cast<size_t>(rank - 2)];
  job.row_step = attr.transposed0 != 0 ? 1 : a_width;
  job.term_step = attr.transposed0 != 0 ? a_width : 1;
  job.weights = packed;
  job.output = out.as_mutable<float>();
  const float* const end = job.output + out.elements();
  const float* last = nullptr;
  int32_t at[kMaxRank] = {};
  while (job.output != end) {
    const float* const matrix = MatrixOf(b, out, at);
    if (matrix != last)
      PackMatrix(plan, matrix, attr.transposed1 != 0 ? 1 : b_width,
                 attr.transposed1 != 0 ? b_width : 1, packed);
    last = matrix;
    job.input = MatrixOf(a, out, at);
    plan.loops->floats(job);
    job.output += int64_t{job.rows} * plan.channels;
    for (int d = rank - 3; d >= 0; --d) {  // on to the next matrix, as an odometer
      if (++at[d] < out.dims[static_cast<size_t>(d)]) break;
      at[d] = 0;
    }
  }
}

}  // namespace

Need FloatNeed(const OpView& op, const Loops& loops) {
  const bool matrices = op.op == Op::kBatchMatMul;
  if (!matrices && op.op != Op::kFullyConnected && op.op != Op::kConv2D) return {};
  if (!IsFloat(op.input[0]) || !IsFloat(op.input[1]) || op.output[0].elements() == 0) return {};
  if (op.op == Op::kConv2D && (op.attr_as<ConvAttr>().groups != 1 || op.input[1].data == nullptr ||
                               !AreFinite(op.input[1])))
    return {};
  const FloatPlan plan(op, loops);
  if (matrices && op.output[0].dims[static_cast<size_t>(op.output[0].rank() - 2)] < kFewRows)
    return {};
  const int64_t packed = matrices ? plan.scratch_bytes : plan.bytes;
  if (plan.scratch_bytes > kMostScratchBytes || !IsWorthItsPack(op, packed)) return {};
  return {static_cast<size_t>(plan.bytes), static_cast<size_t>(plan.scratch_bytes)};
}

void PackFloats(const OpView& op, const Loops& loops, std::byte* to) {
  const FloatPlan plan(op, loops);
  __builtin_memcpy(to, &plan, sizeof(plan));
  if (op.op == Op::kBatchMatMul) return;
  if (const float* const bias = op.input[2].as<float>())
    __builtin_memcpy(to + plan.bias_at, bias, static_cast<size_t>(plan.channels) * sizeof(float));
  PackMatrix(plan, op.input[1].as<float>(), 1, plan.terms,
             reinterpret_cast<float*>(to + plan.weights_at));
}

void RunFloatProducts(const OpView& op) {
  const auto& plan = PlanOf<FloatPlan>(op);
  const auto& attr = op.attr_as<ConvAttr>();
  FloatJob job = JobOf(plan, attr.activation_min, attr.activation_max);
  job.weights = reinterpret_cast<const float*>(op.pack + plan.weights_at);
  if (op.input[2].data != nullptr)
    job.bias = reinterpret_cast<const float*>(op.pack + plan.bias_at);
  job.output = op.output[0].as_mutable<float>();
  const int64_t all = op.output[0].elements() / plan.channels;
  const int64_t step = plan.pixels == 0 ? all : plan.pixels;
  auto* const windows = reinterpret_cast<float*>(op.scratch.data());
  for (int64_t first = 0; first < all; first += step) {
    const int64_t left = all - first;
    job.rows = static_cast<int32_t>(left < step ? left : step);
    if (plan.pixels != 0) CopyWindows(op, first, job.rows, windows);
    job.input = plan.pixels != 0 ? windows : op.input[0].as<float>();
    plan.loops->floats(job);
    job.output += int64_t{job.rows} * plan.channels;
  }
}

void RunBatchMatMul(const OpView& op) {
  IsPacked(op) ? Multiply(op, PlanOf<FloatPlan>(op)) : ref::RunBatchMatMul(op);
}

}  // namespace covey::kernels::x86
