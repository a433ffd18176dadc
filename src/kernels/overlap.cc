#include "kernels/overlap.hpp"

namespace covey::kernels {
namespace {

constexpr Sharing kNever{};

constexpr Sharing AtPlace(int64_t lead) { return {Sharing::How::kAtPlace, lead, 1}; }

int64_t Within(int64_t value, int64_t least, int64_t most) {
  return value < least ? least : value > most ? most : value;
}

int64_t PixelBytes(const TensorView& picture) {
  return picture.dims[3] * static_cast<int64_t>(DTypeBytes(picture.dtype));
}

struct Sliding {
  int32_t stride_h, stride_w, pad_top, pad_left;
};

// in (N,H,W,C)  out (N,OH,OW,O)
class Walk {
 public:
  Walk(const TensorView& in, const TensorView& out, const Sliding& sliding)
      : in_(in.dims), out_(out.dims), slide_(sliding) {
    pixel_ = PixelBytes(in);
    result_ = PixelBytes(out);
  }

  int64_t Lead() const {
    int64_t lead = result_ - in_[0] * Picture();
    for (int64_t n = 0; n < out_[0]; ++n)
      for (int64_t y = 0; y < out_[1]; ++y) {
        const int64_t of_row = LeadOfRow(n, y);
        if (of_row > lead) lead = of_row;
      }
    return lead;
  }

 private:
  int64_t Picture() const { return in_[1] * in_[2] * pixel_; }

  // The lowest byte that the row's pixels look at, by row alone.
  int64_t RowStart(int64_t n, int64_t y) const {
    return n * Picture() +
           Within(y * slide_.stride_h - slide_.pad_top, 0, in_[1]) * in_[2] * pixel_;
  }

  // Along a row the distance is a broken line that bends where the window leaves the left edge:
  // three pixels stand for all.
  int64_t LeadOfRow(int64_t n, int64_t y) const {
    const int64_t last = out_[2] - 1, bend = slide_.pad_left / slide_.stride_w;
    const int64_t first = (n * out_[1] + y) * out_[2];
    int64_t later = in_[0] * Picture();  // what the rows after this one need
    if (y + 1 < out_[1]) {
      later = RowStart(n, y + 1);
    } else if (n + 1 < out_[0]) {
      later = (n + 1) * Picture();
    }
    int64_t lead = (first + last + 1) * result_ - later;
    for (const int64_t x : {Within(bend, 0, last), Within(bend + 1, 0, last), last}) {
      const int64_t column = Within(x * slide_.stride_w - slide_.pad_left, 0, in_[2]);
      const int64_t own = (first + x + 1) * result_ - RowStart(n, y) - column * pixel_;
      if (own > lead) lead = own;
    }
    return lead;
  }

  std::span<const int32_t> in_, out_;
  Sliding slide_;
  int64_t pixel_ = 0, result_ = 0;  // bytes
};

Sharing Ahead(int64_t lead, int64_t step) {
  return {Sharing::How::kAhead, (lead < 0 ? lead / step : (lead + step - 1) / step) * step, step};
}

Sharing ConvSharing(const OpView& op, int input) {
  const auto& attr = op.attr_as<ConvAttr>();
  const bool depthwise = op.op == Op::kDepthwiseConv2D;
  if (op.input[0].dtype != op.output[0].dtype) return kNever;
  if (input != 0 || (!depthwise && attr.groups != 1)) return kNever;
  const Walk walk(op.input[0], op.output[0],
                  {attr.stride_h, attr.stride_w, attr.pad_top, attr.pad_left});
  const bool own_channel = depthwise && attr.depth_multiplier == 1;
  return Ahead(walk.Lead(), own_channel ? PixelBytes(op.output[0]) : 1);
}

Sharing PoolSharing(const OpView& op) {
  const auto& attr = op.attr_as<PoolAttr>();
  const Walk walk(op.input[0], op.output[0],
                  {attr.stride_h, attr.stride_w, attr.pad_top, attr.pad_left});
  return Ahead(walk.Lead(), PixelBytes(op.output[0]));
}

// An input that repeats (broadcast) is read again and again.
Sharing ElementWise(const OpView& op, int input) {
  const TensorView& in = op.input[static_cast<size_t>(input)];
  const int64_t count = op.output[0].elements();
  if (in.elements() != count) return kNever;
  const auto from = static_cast<int64_t>(DTypeBytes(in.dtype));
  const auto to = static_cast<int64_t>(DTypeBytes(op.output[0].dtype));
  return Ahead(to > from ? (to - from) * count : 0, 1);
}

// Bytes of one entry of dimension `axis`, if all dimensions before it are 1; else 0.
int64_t EntryBytes(const TensorView& tensor, int axis) {
  auto bytes = static_cast<int64_t>(DTypeBytes(tensor.dtype));
  for (int d = 0; d < tensor.rank(); ++d) {
    if (d < axis && tensor.dims[static_cast<size_t>(d)] != 1) return 0;
    if (d > axis) bytes *= tensor.dims[static_cast<size_t>(d)];
  }
  return bytes;
}

Sharing ConcatSharing(const OpView& op, int input) {
  const int32_t axis = op.attr_as<ConcatAttr>().axis;
  const int64_t entry = EntryBytes(op.output[0], axis);
  if (entry == 0) return kNever;
  int64_t before = 0;
  for (int i = 0; i < input; ++i)
    before += entry * op.input[static_cast<size_t>(i)].dims[static_cast<size_t>(axis)];
  return AtPlace(before);
}

// Whole entries of the outermost dimension that is not 1, one after the other.
Sharing SliceSharing(const OpView& op) {
  const auto& attr = op.attr_as<SliceAttr>();
  const auto in = op.input[0].dims, out = op.output[0].dims;
  int axis = 0;
  while (axis < op.input[0].rank() - 1 && in[static_cast<size_t>(axis)] == 1) ++axis;
  for (int d = 0; d < op.input[0].rank(); ++d) {
    const auto at = static_cast<size_t>(d);
    if (d > axis && out[at] != in[at]) return kNever;
    if (out[at] > 1 && attr.stride[at] != 1) return kNever;
  }
  if (op.input[0].rank() == 0) return AtPlace(0);
  return AtPlace(-EntryBytes(op.input[0], axis) * attr.begin[axis]);
}

}  // namespace

Sharing SharingOf(const OpView& op, int input) {
  switch (op.op) {
    case Op::kConv2D:
    case Op::kDepthwiseConv2D:
      return ConvSharing(op, input);
    case Op::kAveragePool2D:
    case Op::kMaxPool2D:
      return PoolSharing(op);
    case Op::kAdd:
    case Op::kSub:
    case Op::kSquaredDifference:
    case Op::kMul:
    case Op::kDiv:
    case Op::kPrelu:
    case Op::kMaximum:
    case Op::kMinimum:
    case Op::kUnary:
    case Op::kRelu:
    case Op::kQuantize:
    case Op::kDequantize:
      return ElementWise(op, input);
    case Op::kConcat:
      return ConcatSharing(op, input);
    case Op::kSlice:
      return input == 0 ? SliceSharing(op) : kNever;
    case Op::kReshape:
      return input == 0 ? AtPlace(0) : kNever;
    default:
      return kNever;
  }
}

bool MayShare(const Sharing& sharing, const OpView& op, int input, int64_t distance) {
  const auto in_bytes = static_cast<int64_t>(op.input[static_cast<size_t>(input)].bytes);
  const auto out_bytes = static_cast<int64_t>(op.output[0].bytes);
  if (distance >= out_bytes || -distance >= in_bytes) return true;  // apart
  switch (sharing.how) {
    case Sharing::How::kAtPlace:
      return distance == sharing.lead;
    case Sharing::How::kAhead:
      return distance >= sharing.lead && distance % sharing.step == 0;
    case Sharing::How::kNever:
      break;
  }
  return false;
}

}  // namespace covey::kernels
