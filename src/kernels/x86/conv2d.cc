// conv2d and fully_connected. The input is copied into scratch in the form that the loops multiply,
// with its padding, so that they know no borders: a window's row is one run of bytes there. A 1x1
// window sees one pixel; such pixels are copied in the order of the outputs, some at a time.
#include "kernels/listed_weights.hpp"
#include "kernels/nibbles.hpp"
#include "kernels/ref/run.hpp"
#include "kernels/weight_blocks.hpp"
#include "kernels/window.hpp"
#include "kernels/x86/pack.hpp"
#include "kernels/x86/run.hpp"

namespace covey::kernels::x86 {
namespace {

constexpr int64_t kFlatBytes = 1 << 18;  // of scratch for 1x1: half of a small second-level cache
constexpr size_t kSlack = 64;            // what the last group may read beyond its run

// Everything that does not depend on the data.
struct ConvPlan {
  const Loops* loops = nullptr;
  int32_t batch = 1, in_h = 1, in_w = 1, out_h = 1, out_w = 1;
  int32_t channels_in = 1, channels_out = 1, conv_groups = 1;
  int32_t segments = 1, run = 1, groups = 1;  // of the window: runs, inputs and groups of a run
  int32_t flat_pixels = 0;                    // at a time; 0: not a 1x1 window
  int64_t padded_h = 1, padded_w = 1;
  int64_t padded_channels = 0;                                        // of the finish arrays
  int64_t finish_at = 0, segments_at = 0, weights_at = 0, bytes = 0;  // of the pack
  int64_t scratch_bytes = 0;
  bool quick = false;

  ConvPlan(const OpView& op, const Loops& l);
  int32_t group_outputs() const { return channels_out / conv_groups; }
  int64_t group_padded() const { return Padded(group_outputs(), loops->lanes); }
  // Packed weights of one vector of outputs, of one convolution group.
  int64_t block_bytes() const { return int64_t{segments} * groups * loops->lanes * 4; }
  // False if the window reaches so far beyond its picture that scratch would be full of nothing.
  bool IsCompact() const;
  int64_t group_bytes() const { return group_padded() / loops->lanes * block_bytes(); }

 private:
  void ReadConv(const OpView& op);
  void ReadFullyConnected(const OpView& op);
};

void ConvPlan::ReadFullyConnected(const OpView& op) {
  channels_out = op.input[1].dims[0];
  channels_in = run = op.input[1].dims[1];
  out_w = in_w = static_cast<int32_t>(op.input[0].elements() / channels_in);
  flat_pixels = out_w;
}

void ConvPlan::ReadConv(const OpView& op) {
  const auto& attr = op.attr_as<ConvAttr>();
  const auto in = op.input[0].dims, filter = op.input[1].dims, out = op.output[0].dims;
  batch = in[0], in_h = in[1], in_w = in[2], channels_in = in[3];
  out_h = out[1], out_w = out[2], channels_out = out[3];
  conv_groups = attr.groups;
  const bool joined = attr.dilation_w == 1 && attr.groups == 1;
  segments = joined ? filter[1] : filter[1] * filter[2];
  run = joined ? filter[2] * filter[3] : filter[3];
  if (filter[1] == 1 && filter[2] == 1) {
    const int64_t pixels = int64_t{batch} * out_h * out_w;
    const int64_t fit = kFlatBytes / (int64_t{channels_in} * loops->input_bytes());
    const int64_t most = pixels < fit ? pixels : fit;
    flat_pixels = static_cast<int32_t>(most < 48 ? (pixels < 48 ? pixels : 48) : most);
    return;
  }
  padded_h = int64_t{out_h - 1} * attr.stride_h + int64_t{filter[1] - 1} * attr.dilation_h + 1;
  padded_w = int64_t{out_w - 1} * attr.stride_w + int64_t{filter[2] - 1} * attr.dilation_w + 1;
}

ConvPlan::ConvPlan(const OpView& op, const Loops& l) : loops(&l) {
  if (op.op == Op::kFullyConnected)
    ReadFullyConnected(op);
  else
    ReadConv(op);
  groups = (run + l.taps - 1) / l.taps;
  padded_channels = group_padded() * conv_groups;
  finish_at = static_cast<int64_t>(Aligned(sizeof(ConvPlan)));
  segments_at = finish_at + static_cast<int64_t>(FinishBytes(padded_channels));
  weights_at = segments_at + static_cast<int64_t>(Aligned(static_cast<size_t>(segments) * 4));
  bytes = weights_at + group_bytes() * conv_groups;
  if (!IsCompact()) return;  // and the product below might not fit
  const int64_t pixels = flat_pixels != 0 ? flat_pixels : batch * padded_h * padded_w;
  scratch_bytes = pixels * channels_in * l.input_bytes() + static_cast<int64_t>(kSlack);
}

bool ConvPlan::IsCompact() const {
  const int64_t rows = 4 * (int64_t{in_h} + out_h) + 64, columns = 4 * (int64_t{in_w} + out_w) + 64;
  if (padded_h > rows || padded_w > columns) return false;
  const int64_t pixels = int64_t{in_h} * in_w + int64_t{out_h} * out_w;
  return padded_h * padded_w <= 4 * pixels + 4096;
}

// Where each run begins, seen from the window's first pixel.
void PackSegments(const OpView& op, const ConvPlan& plan, int32_t* to) {
  if (plan.flat_pixels != 0) return;  // one, at 0
  const auto& attr = op.attr_as<ConvAttr>();
  const int32_t per_row = plan.segments / op.input[1].dims[1];
  for (int32_t s = 0; s < plan.segments; ++s) {
    const int64_t y = int64_t{s / per_row} * attr.dilation_h;
    const int64_t x = int64_t{s % per_row} * attr.dilation_w;
    to[s] = static_cast<int32_t>((y * plan.padded_w + x) * plan.channels_in *
                                 plan.loops->input_bytes());
  }
}

// One output channel's weights, of rows of int8 or of lists.
const int8_t* ChannelWeights(const OpView& op, const ConvPlan& plan, int32_t o) {
  const int64_t window = int64_t{plan.segments} * plan.run;
  if (!HasListsOnly(op)) return op.input[1].as<int8_t>() + o * window;
  const int32_t pair = o / 2;
  return ListedWeights(op, pair) + (o - WinogradFirst(pair, plan.channels_out)) * window;
}

// One output channel's weights, whose i-th is weight(i); returns their sum.
template <typename Weight>
int32_t PackChannel(const ConvPlan& plan, Weight weight, int32_t lane, std::byte* to) {
  int32_t sum = 0, i = 0;
  for (int32_t s = 0; s < plan.segments; ++s)
    for (int32_t k = 0; k < plan.run; ++k) {
      const auto w = static_cast<int8_t>(weight(i++));
      const int64_t group = int64_t{s} * plan.groups + k / plan.loops->taps;
      PutWeight(to + group * plan.loops->lanes * 4, *plan.loops, lane, k % plan.loops->taps, w);
      sum += w;
    }
  return sum;
}

// Fills scratch with the padded pictures.
void CopyPadded(const OpView& op, const ConvPlan& plan) {
  const auto& attr = op.attr_as<ConvAttr>();
  const Loops& loops = *plan.loops;
  const int64_t unit = int64_t{plan.channels_in} * loops.input_bytes();  // a pixel
  const int outside = OutsideByte(loops, attr.input_offset);
  const int64_t before = attr.pad_left < plan.padded_w ? attr.pad_left : plan.padded_w;
  const int64_t room = plan.padded_w - before;
  const int64_t inside = plan.in_w < room ? plan.in_w : room;
  const auto Fill = [&](std::byte*& to, int64_t pixels) {
    __builtin_memset(to, outside, static_cast<size_t>(pixels * unit));
    to += pixels * unit;
  };
  std::byte* to = op.scratch.data();
  const int8_t* picture = op.input[0].as<int8_t>();
  const int64_t row = int64_t{plan.in_w} * plan.channels_in;
  for (int32_t n = 0; n < plan.batch; ++n, picture += plan.in_h * row)
    for (int64_t y = 0; y < plan.padded_h; ++y) {
      const int64_t from = y - attr.pad_top;
      if (from < 0 || from >= plan.in_h) {
        Fill(to, plan.padded_w);
        continue;
      }
      Fill(to, before);
      loops.widen(picture + from * row, static_cast<size_t>(inside * plan.channels_in),
                  attr.input_offset, to);
      to += inside * unit;
      Fill(to, room - inside);
    }
}

// The job of one convolution group over `rows` of pixels that begin at `input`.
ConvJob JobOf(const OpView& op, const ConvPlan& plan, int32_t group) {
  const int64_t unit = int64_t{plan.channels_in} * plan.loops->input_bytes();
  ConvJob job;
  job.segment = reinterpret_cast<const int32_t*>(op.pack + plan.segments_at);
  job.segments = plan.segments;
  job.groups = plan.groups;
  job.weights = op.pack + plan.weights_at + group * plan.group_bytes();
  job.channels = plan.group_outputs();
  job.output_step = plan.channels_out;
  job.pixel_step = unit;
  job.finish =
      FinishOf(op, op.pack + plan.finish_at, plan.padded_channels, group * plan.group_padded());
  if (plan.quick) SetQuick(job.finish);
  job.input = op.scratch.data() + int64_t{group} * plan.run * plan.loops->input_bytes();
  return job;
}

void RunPadded(const OpView& op, const ConvPlan& plan) {
  const auto& attr = op.attr_as<ConvAttr>();
  CopyPadded(op, plan);
  const int64_t unit = int64_t{plan.channels_in} * plan.loops->input_bytes();
  const int64_t out_picture = int64_t{plan.out_h} * plan.out_w * plan.channels_out;
  for (int32_t group = 0; group < plan.conv_groups; ++group) {
    ConvJob job = JobOf(op, plan, group);
    job.rows = plan.out_h, job.columns = plan.out_w;
    job.row_step = attr.stride_h * plan.padded_w * unit;
    job.pixel_step = attr.stride_w * unit;
    job.output = op.output[0].as_mutable<int8_t>() + int64_t{group} * plan.group_outputs();
    for (int32_t n = 0; n < plan.batch; ++n) {
      plan.loops->conv(job);
      job.input += plan.padded_h * plan.padded_w * unit;
      job.output += out_picture;
    }
  }
}

// Output pixel `pixel`, counted over all pictures, looks at this input pixel; null: outside.
const int8_t* LookAt(const OpView& op, const ConvPlan& plan, int64_t pixel) {
  const auto& attr = op.attr_as<ConvAttr>();
  const int64_t y = pixel / plan.out_w % plan.out_h * attr.stride_h - attr.pad_top;
  const int64_t x = pixel % plan.out_w * attr.stride_w - attr.pad_left;
  const int64_t n = pixel / plan.out_w / plan.out_h;
  if (y < 0 || y >= plan.in_h || x < 0 || x >= plan.in_w) return nullptr;
  return op.input[0].as<int8_t>() + ((n * plan.in_h + y) * plan.in_w + x) * plan.channels_in;
}

void CopyFlat(const OpView& op, const ConvPlan& plan, bool contiguous, int64_t first,
              int64_t pixels) {
  const int32_t offset = op.attr_as<ConvAttr>().input_offset;
  const Loops& loops = *plan.loops;
  const auto count = static_cast<size_t>(plan.channels_in);
  std::byte* to = op.scratch.data();
  if (contiguous) {
    loops.widen(op.input[0].as<int8_t>() + first * plan.channels_in,
                static_cast<size_t>(pixels) * count, offset, to);
    return;
  }
  for (int64_t p = first; p < first + pixels; ++p) {
    const int8_t* from = LookAt(op, plan, p);
    const size_t bytes = count * static_cast<size_t>(loops.input_bytes());
    if (from != nullptr)
      loops.widen(from, count, offset, to);
    else
      __builtin_memset(to, OutsideByte(loops, offset), bytes);
    to += bytes;
  }
}

void RunFlat(const OpView& op, const ConvPlan& plan) {
  const auto& attr = op.attr_as<ConvAttr>();
  const bool whole = plan.in_h == plan.out_h && plan.in_w == plan.out_w;
  const bool contiguous =
      op.op == Op::kFullyConnected || (whole && attr.stride_h == 1 && attr.stride_w == 1 &&
                                       attr.pad_top == 0 && attr.pad_left == 0);
  const int64_t all = int64_t{plan.batch} * plan.out_h * plan.out_w;
  for (int64_t first = 0; first < all; first += plan.flat_pixels) {
    const int64_t rest = all - first;
    const int64_t pixels = rest < plan.flat_pixels ? rest : plan.flat_pixels;
    CopyFlat(op, plan, contiguous, first, pixels);
    for (int32_t group = 0; group < plan.conv_groups; ++group) {
      ConvJob job = JobOf(op, plan, group);
      job.rows = 1, job.columns = static_cast<int32_t>(pixels);
      job.output = op.output[0].as_mutable<int8_t>() + first * plan.channels_out +
                   int64_t{group} * plan.group_outputs();
      plan.loops->conv(job);
    }
  }
}

void Run(const OpView& op) {
  if (op.input[0].dtype == DType::kFloat32) return RunFloatProducts(op);
  const auto& plan = PlanOf<ConvPlan>(op);
  if (plan.flat_pixels != 0)
    RunFlat(op, plan);
  else
    RunPadded(op, plan);
}

}  // namespace

Need ConvNeed(const OpView& op, const Loops& loops) {
  const auto& attr = op.attr_as<ConvAttr>();
  // Weights in blocks or pairs are a board's own; hostile ones stand for 128, which no int8 holds. A
  // convolution's orders only add lists for boards: its weights lie in rows.
  const bool blocks = op.op == Op::kFullyConnected && attr.weights_order != kWeightRows;
  if (attr.weights_offset != 0 || blocks) return {};
  const ConvPlan plan(op, loops);
  if (!plan.IsCompact() || plan.scratch_bytes > kMostScratchBytes) return {};
  if (!IsWorthItsPack(op, plan.bytes)) return {};
  return {static_cast<size_t>(plan.bytes), static_cast<size_t>(plan.scratch_bytes)};
}

void PackConv(const OpView& op, const Loops& loops, std::byte* to) {
  ConvPlan plan(op, loops);
  plan.quick = MayBeQuick(op, plan.channels_out);
  __builtin_memcpy(to, &plan, sizeof(plan));
  PackSegments(op, plan, reinterpret_cast<int32_t*>(to + plan.segments_at));
  const int32_t outputs = plan.group_outputs();
  const int32_t per_weight = BiasPerWeight(loops, op.attr_as<ConvAttr>().input_offset);
  const bool narrow = op.input[1].dtype == DType::kInt4;
  for (int32_t group = 0; group < plan.conv_groups; ++group) {
    const int64_t at = group * plan.group_padded();
    PackFinish(op, group * outputs, outputs, plan.channels_out, plan.padded_channels, at,
               to + plan.finish_at);
    std::byte* blocks = to + plan.weights_at + group * plan.group_bytes();
    for (int32_t o = 0; o < outputs; ++o) {
      std::byte* const block = blocks + o / loops.lanes * plan.block_bytes();
      const int32_t row = group * outputs + o, lane = o % loops.lanes;
      int32_t sum = 0;
      if (narrow) {
        const uint8_t* const from = RowOf(op.input[1], row);
        sum = PackChannel(
            plan, [from](int32_t i) { return Nibble(from, i); }, lane, block);
      } else {
        const int8_t* const from = ChannelWeights(op, plan, row);
        sum = PackChannel(
            plan, [from](int32_t i) { return from[i]; }, lane, block);
      }
      AddToBias(to + plan.finish_at, at + o, sum * per_weight);
    }
  }
}

void RunConv2D(const OpView& op) { IsPacked(op) ? Run(op) : ref::RunConv2D(op); }
void RunFullyConnected(const OpView& op) { IsPacked(op) ? Run(op) : ref::RunFullyConnected(op); }

}  // namespace covey::kernels::x86
