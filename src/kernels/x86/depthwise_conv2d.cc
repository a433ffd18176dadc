// Row by row: the input rows of a window are interleaved in scratch, so that the taps of a column
// are one group, and every column serves all outputs that see it.
#include "kernels/ref/run.hpp"
#include "kernels/x86/pack.hpp"
#include "kernels/x86/run.hpp"

namespace covey::kernels::x86 {
namespace {

constexpr int32_t kMostTapRows = 64;

struct DepthwisePlan {
  const Loops* loops = nullptr;
  int64_t columns_in = 0;  // with padding
  int64_t row_groups = 0, padded_channels = 0, buffer_step = 0;
  int64_t finish_at = 0, weights_at = 0, bytes = 0, scratch_bytes = 0;

  DepthwisePlan(const OpView& op, const Loops& l) : loops(&l) {
    const auto& attr = op.attr_as<ConvAttr>();
    const auto filter = op.input[1].dims, out = op.output[0].dims;
    columns_in = int64_t{out[2] - 1} * attr.stride_w + int64_t{filter[2] - 1} * attr.dilation_w + 1;
    row_groups = (filter[1] + l.taps - 1) / l.taps;
    padded_channels = Padded(filter[3], l.lanes);
    finish_at = static_cast<int64_t>(Aligned(sizeof(DepthwisePlan)));
    weights_at = finish_at + static_cast<int64_t>(FinishBytes(padded_channels));
    bytes = weights_at + padded_channels * 4 * row_groups * filter[2];
    is_compact = columns_in <= 4 * (int64_t{op.input[0].dims[2]} + out[2]) + 1024;
    if (!is_compact) return;  // and the product below might not fit
    // A vector is stored, and loaded, where one channel is left.
    buffer_step = (columns_in * filter[3] + l.lanes) * 4;
    scratch_bytes = row_groups * buffer_step;
  }
  // False if the window reaches so far beyond its picture that scratch would be full of nothing.
  bool is_compact = false;
  bool quick = false;
};

}  // namespace

Need DepthwiseNeed(const OpView& op, const Loops& loops) {
  const auto& attr = op.attr_as<ConvAttr>();
  const auto filter = op.input[1].dims;
  if (attr.depth_multiplier != 1 || filter[1] > kMostTapRows) return {};
  const DepthwisePlan plan(op, loops);
  if (!plan.is_compact || plan.scratch_bytes > kMostScratchBytes) return {};
  if (!IsWorthItsPack(op, plan.bytes)) return {};
  return {static_cast<size_t>(plan.bytes), static_cast<size_t>(plan.scratch_bytes)};
}

void PackDepthwise(const OpView& op, const Loops& loops, std::byte* to) {
  DepthwisePlan plan(op, loops);
  const auto filter = op.input[1].dims;
  plan.quick = MayBeQuick(op, filter[3]);
  __builtin_memcpy(to, &plan, sizeof(plan));
  PackFinish(op, 0, filter[3], filter[3], plan.padded_channels, 0, to + plan.finish_at);
  const int32_t per_weight = BiasPerWeight(loops, op.attr_as<ConvAttr>().input_offset);
  const int8_t* weights = op.input[1].as<int8_t>();
  for (int32_t ky = 0; ky < filter[1]; ++ky)
    for (int32_t kx = 0; kx < filter[2]; ++kx)
      for (int32_t c = 0; c < filter[3]; ++c) {
        const int8_t w = *weights++;
        const int64_t group =
            (c / loops.lanes * plan.row_groups + ky / loops.taps) * filter[2] + kx;
        PutWeight(to + plan.weights_at + group * loops.lanes * 4, loops, c % loops.lanes,
                  ky % loops.taps, w);
        AddToBias(to + plan.finish_at, c, w * per_weight);
      }
}

void RunDepthwiseConv2D(const OpView& op) {
  if (!IsPacked(op)) return ref::RunDepthwiseConv2D(op);
  const auto& plan = PlanOf<DepthwisePlan>(op);
  const auto& attr = op.attr_as<ConvAttr>();
  const auto in = op.input[0].dims, filter = op.input[1].dims, out = op.output[0].dims;
  const int8_t* rows[kMostTapRows];
  DepthwiseJob job;
  job.rows = rows;
  job.taps_h = filter[1], job.taps_w = filter[2];
  job.width = in[2], job.channels = in[3];
  job.pad_left = attr.pad_left, job.columns_in = static_cast<int32_t>(plan.columns_in);
  job.stride = attr.stride_w, job.dilation = attr.dilation_w;
  job.offset = attr.input_offset;
  job.buffer = op.scratch.data();
  job.buffer_step = plan.buffer_step;
  job.weights = op.pack + plan.weights_at;
  job.columns = out[2];
  job.output = op.output[0].as_mutable<int8_t>();
  job.finish = FinishOf(op, op.pack + plan.finish_at, plan.padded_channels, 0);
  if (plan.quick) SetQuick(job.finish);
  const int64_t row = int64_t{in[2]} * in[3];
  for (int32_t n = 0; n < out[0]; ++n) {
    const int8_t* picture = op.input[0].as<int8_t>() + n * in[1] * row;
    for (int32_t y = 0; y < out[1]; ++y, job.output += int64_t{out[2]} * out[3]) {
      for (int32_t k = 0; k < filter[1]; ++k) {
        const int64_t at = int64_t{y} * attr.stride_h - attr.pad_top + int64_t{k} * attr.dilation_h;
        rows[k] = at < 0 || at >= in[1] ? nullptr : picture + at * row;
      }
      plan.loops->depthwise(job);
    }
  }
}

}  // namespace covey::kernels::x86
