// Float forms of the ops that only move elements, and of bilinear resizing.
#include <algorithm>

#include "compiler/quantize/float_op.hpp"

namespace covey::compiler {
namespace {

// output[i] = input[from[i]]
FloatRun TakeAt(std::vector<size_t> from) {
  return [from = std::move(from)](std::span<const float* const> in, std::span<float* const> out) {
    for (size_t i = 0; i < from.size(); ++i) out[0][i] = in[0][from[i]];
  };
}

// The index of the input, dimension by dimension, for an index of the output.
size_t SourceOf(const FloatNodeView& view, size_t d, size_t at) {
  const auto i = static_cast<int64_t>(at);
  switch (view.node.op) {
    case Op::kSlice: {
      const auto attr = view.lowered.As<SliceAttr>();
      return static_cast<size_t>(attr.begin[d] + i * attr.stride[d]);
    }
    case Op::kMirrorPad: {
      const auto attr = view.lowered.As<MirrorPadAttr>();
      const int64_t size = view.in(0).dims[d];
      int64_t from = i - attr.before[d];
      if (from < 0) from = -from - attr.offset;
      if (from >= size) from = 2 * (size - 1) - from + attr.offset;
      return static_cast<size_t>(from);
    }
    case Op::kGather: {
      const bool along = static_cast<size_t>(view.lowered.As<GatherAttr>().axis) == d;
      return along ? static_cast<size_t>(view.lowered.params[at]) : at;
    }
    case Op::kResizeNearest: {
      const auto rows = static_cast<size_t>(view.out().dims[1]);
      if (d == 1) return static_cast<size_t>(view.lowered.params[at]);
      return d == 2 ? static_cast<size_t>(view.lowered.params[rows + at]) : at;
    }
    default:
      return at;
  }
}

}  // namespace

FloatRun MakeFloatTake(const FloatNodeView& view) {
  const std::vector<size_t> steps = StepsOf(view.in(0).dims);
  std::vector<size_t> from(static_cast<size_t>(view.out().elements()));
  ForIndices(view.out().dims, [&](size_t flat, const std::vector<size_t>& index) {
    size_t at = 0;
    for (size_t d = 0; d < index.size(); ++d) at += SourceOf(view, d, index[d]) * steps[d];
    from[flat] = at;
  });
  return TakeAt(std::move(from));
}

FloatRun MakeFloatConcat(const FloatNodeView& view) {
  const auto axis = static_cast<size_t>(view.lowered.As<ConcatAttr>().axis);
  size_t outer = 1, inner = 1;
  const std::vector<int32_t>& dims = view.out().dims;
  for (size_t d = 0; d < dims.size(); ++d) {
    (d < axis ? outer : inner) *= static_cast<size_t>(d == axis ? 1 : dims[d]);
  }
  std::vector<size_t> widths;
  for (size_t i = 0; i < view.node.inputs.size(); ++i) {
    widths.push_back(inner * static_cast<size_t>(view.in(i).dims[axis]));
  }
  return [=](std::span<const float* const> in, std::span<float* const> out) {
    float* to = out[0];
    for (size_t o = 0; o < outer; ++o) {
      for (size_t i = 0; i < widths.size(); ++i) {
        to = std::copy(in[i] + o * widths[i], in[i] + (o + 1) * widths[i], to);
      }
    }
  };
}

// With the places and weights (in 1/1024) of the int8 kernel.
FloatRun MakeFloatBilinear(const FloatNodeView& view) {
  const std::vector<int32_t> in = view.in(0).dims, out = view.out().dims;
  const auto channels = static_cast<size_t>(out[3]);
  return [=, params = view.lowered.params](std::span<const float* const> inputs,
                                           std::span<float* const> outputs) {
    constexpr float kOne = 1024;
    const auto pixel = [&](int b, int32_t y, int32_t x) {
      return inputs[0] + static_cast<size_t>((b * in[1] + y) * in[2] + x) * channels;
    };
    float* to = outputs[0];
    const int32_t* columns = params.data() + 3 * out[1];
    for (int b = 0; b < out[0]; ++b) {
      for (const int32_t* r = params.data(); r < columns; r += 3) {
        for (const int32_t* c = columns; c < columns + 3 * out[2]; c += 3) {
          const float down = static_cast<float>(r[2]) / kOne;
          const float right = static_cast<float>(c[2]) / kOne;
          for (size_t k = 0; k < channels; ++k) {
            const float top =
                pixel(b, r[0], c[0])[k] * (1 - right) + pixel(b, r[0], c[1])[k] * right;
            const float bottom =
                pixel(b, r[1], c[0])[k] * (1 - right) + pixel(b, r[1], c[1])[k] * right;
            *to++ = top * (1 - down) + bottom * down;
          }
        }
      }
    }
  };
}

}  // namespace covey::compiler
