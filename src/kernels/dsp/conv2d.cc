// A convolution as a matrix product: patches of some pixels, widened and interleaved by four in
// scratch, times the weights of two output channels, widened once for all these pixels.
//
//   for a batch of pixels:            patches -> scratch
//     for two output channels:        weights -> scratch
//       for four pixels:              Dot2x4, Finish
#include "kernels/dsp/dot2x4.hpp"
#include "kernels/dsp/finish.hpp"
#include "kernels/dsp/run.hpp"
#include "kernels/dsp/scratch.hpp"
#include "kernels/dsp/widen.hpp"
#include "kernels/ref/run.hpp"
#include "kernels/window.hpp"

namespace covey::kernels::dsp {
namespace {

constexpr int kStep = 8;  // words from group to group: four pixels lie side by side

int8_t* CopyBytes(const int8_t* from, int8_t* to, int32_t count) {
  for (; count >= 4; count -= 4, from += 4, to += 4) __builtin_memcpy(to, from, 4);
  for (; count > 0; --count) *to++ = *from++;
  return to;
}
int8_t* FillBytes(int8_t* to, int8_t value, int32_t count) {
  for (; count > 0; --count) *to++ = value;
  return to;
}

// Writes the patch of one output pixel into one of a quad's four columns.
// in (N,H,W,C)  filter (O,KH,KW,I), I = C / groups
class Patches {
 public:
  Patches(const OpView& op, const ConvLayout& layout, int8_t* gather)
      : attr_(op.attr_as<ConvAttr>()),
        in_(op.input[0].dims),
        filter_(op.input[1].dims),
        out_(op.output[0].dims),
        picture_(op.input[0].as<int8_t>()),
        gather_(gather),
        offset_(Pair(attr_.input_offset)),
        by_fours_(layout.by_fours) {
    joined_ = attr_.dilation_w == 1 && filter_[3] == in_[3];
    rows_ = Clip(-attr_.pad_top, filter_[1], attr_.dilation_h, in_[1]);
  }

  // Patches are asked for in the order of the output's pixels.
  void Next(int32_t group, uint32_t* to) {
    const Taps columns =
        Clip(x_ * attr_.stride_w - attr_.pad_left, filter_[2], attr_.dilation_w, in_[2]);
    const int8_t* base = picture_ + group * filter_[3];
    if (by_fours_) {
      WriteFours(base, columns, to);
    } else {
      WriteGathered(base, columns, to);
    }
    Advance();
  }

  struct Position {
    int32_t n, y, x;
  };
  Position position() const { return {n_, y_, x_}; }
  void Seek(Position to) {
    picture_ += (to.n - n_) * in_[1] * in_[2] * in_[3];
    n_ = to.n, y_ = to.y, x_ = to.x;
    rows_ = Clip(y_ * attr_.stride_h - attr_.pad_top, filter_[1], attr_.dilation_h, in_[1]);
  }

 private:
  void Advance() {
    if (++x_ < out_[2]) return;
    x_ = 0;
    if (++y_ == out_[1]) {
      y_ = 0;
      ++n_;
      picture_ += in_[1] * in_[2] * in_[3];
    }
    rows_ = Clip(y_ * attr_.stride_h - attr_.pad_top, filter_[1], attr_.dilation_h, in_[1]);
  }

  const int8_t* At(const int8_t* base, int32_t ky, const Taps& columns) const {
    const int32_t y = rows_.origin + ky * attr_.dilation_h;
    const int32_t x = columns.origin + columns.begin * attr_.dilation_w;
    return base + (y * in_[2] + x) * in_[3];
  }

  void WriteFours(const int8_t* base, const Taps& columns, uint32_t* to) const {
    const int32_t tap = filter_[3] / 4, row = filter_[2] * tap;
    if (joined_ && columns.count() == filter_[2] && rows_.count() == filter_[1]) {
      const int8_t* from = At(base, 0, columns);  // all inside
      const int32_t step = filter_[1] > 1 ? attr_.dilation_h * in_[2] * in_[3] : 0;
      for (int32_t ky = filter_[1]; ky > 0; --ky, from += ky > 0 ? step : 0)
        to = WidenGroups<kStep>(from, to, row, offset_);
      return;
    }
    const bool empty = columns.count() == 0 || rows_.count() == 0;
    for (int32_t ky = 0; ky < filter_[1]; ++ky) {
      if (empty || ky < rows_.begin || ky >= rows_.end) {
        to = ZeroGroups<kStep>(to, row);
        continue;
      }
      to = ZeroGroups<kStep>(to, columns.begin * tap);
      const int8_t* from = At(base, ky, columns);
      if (joined_) {
        to = WidenGroups<kStep>(from, to, columns.count() * tap, offset_);
      } else {
        for (int32_t kx = columns.count(); kx > 0; --kx) {
          to = WidenGroups<kStep>(from, to, tap, offset_);
          if (kx > 1) from += attr_.dilation_w * in_[3];
        }
      }
      to = ZeroGroups<kStep>(to, (filter_[2] - columns.end) * tap);
    }
  }

  // Runs of any length: side by side as bytes first.
  void WriteGathered(const int8_t* base, const Taps& columns, uint32_t* to) const {
    const auto zero = static_cast<int8_t>(-attr_.input_offset);
    const int32_t tap = filter_[3], row = filter_[2] * tap;
    const bool empty = columns.count() == 0 || rows_.count() == 0;
    int8_t* bytes = gather_;
    for (int32_t ky = 0; ky < filter_[1]; ++ky) {
      if (empty || ky < rows_.begin || ky >= rows_.end) {
        bytes = FillBytes(bytes, zero, row);
        continue;
      }
      bytes = FillBytes(bytes, zero, columns.begin * tap);
      const int8_t* from = At(base, ky, columns);
      if (joined_) {
        bytes = CopyBytes(from, bytes, columns.count() * tap);
      } else {
        for (int32_t kx = columns.count(); kx > 0; --kx) {
          bytes = CopyBytes(from, bytes, tap);
          if (kx > 1) from += attr_.dilation_w * in_[3];
        }
      }
      bytes = FillBytes(bytes, zero, (filter_[2] - columns.end) * tap);
    }
    const int32_t terms = filter_[1] * row;
    FillBytes(bytes, zero, 4 * GroupsOf(terms) - terms);
    WidenGroups<kStep>(gather_, to, GroupsOf(terms), offset_);
  }

  const ConvAttr& attr_;
  std::span<const int32_t> in_, filter_, out_;
  const int8_t* picture_;
  int8_t* gather_;
  uint32_t offset_;
  bool by_fours_, joined_ = false;
  int32_t n_ = 0, y_ = 0, x_ = 0;
  Taps rows_;
};

// A batch of pixels in scratch, ready for every output channel of a group.
struct Batch {
  const uint32_t* patches;
  uint32_t* weights;  // room for two channels
  int32_t pixels, terms;
  int8_t* out;   // of the first pixel, at the group's first channel
  int32_t step;  // bytes from pixel to pixel
};

// One output channel: where its bytes go and how they are finished.
struct Lane {
  Channel channel;
  int32_t number;
  int8_t* out;
};

void StoreQuad(const Finish& finish, const int32_t* sums, const Lane& lane, int32_t step,
               int32_t pixels) {
  const Lane to = lane;  // no byte stored below can change it
  const int32_t count = pixels < 4 ? pixels : 4;
  for (int32_t i = 0; i < count; ++i) to.out[i * step] = finish(sums[i], to.channel, to.number);
}

// Two channels of the group; they may be the same.
void TwoChannels(const Batch& batch, const Finish& finish, Lane& a, Lane& b) {
  const int32_t groups = GroupsOf(batch.terms), step = batch.step;
  const uint32_t* x = batch.patches;
  int32_t left = batch.pixels;
  if (finish.whole_range() && a.channel.fast() && b.channel.fast() && b.out != a.out) {
    TwoByFour to{&a.channel, &b.channel, a.out, step};
    for (; left >= 4; left -= 4, x += kStep * groups, to.out += 4 * step)
      covey_dsp_dot2x4_store(x, batch.weights, groups, &to);
    b.out += to.out - a.out;
    a.out = to.out;
  }
  int32_t sums[8];
  for (; left > 0; left -= 4, x += kStep * groups) {
    covey_dsp_dot2x4(x, batch.weights, groups, sums);
    StoreQuad(finish, sums, a, step, left);
    StoreQuad(finish, sums + 4, b, step, left);
    a.out += 4 * step, b.out += 4 * step;
  }
}

// weights: of the group's first output channel, `first` in the whole output.
void AllChannels(const Batch& batch, const Finish& finish, const int8_t* weights, int32_t first,
                 int32_t channels) {
  for (int32_t o = 0; o < channels; o += 2) {
    const int32_t other = o + 1 < channels ? o + 1 : o;
    WidenTwo(weights + o * batch.terms, weights + other * batch.terms, batch.weights, batch.terms);
    Lane a{{}, first + o, batch.out + o}, b{{}, first + other, batch.out + other};
    finish.Set(a.number, a.channel);
    finish.Set(b.number, b.channel);
    TwoChannels(batch, finish, a, b);
  }
}

}  // namespace

void RunConv2D(const OpView& op) {
  const ConvLayout layout(op);
  const DspScratch need = DspScratchOf(op);
  if (!ScratchHolds(op, need.least)) return ref::RunConv2D(op);
  const auto filter = op.input[1].dims;
  const int32_t groups = op.attr_as<ConvAttr>().groups, channels = filter[0] / groups;
  const int32_t terms = filter[1] * filter[2] * filter[3];
  const size_t fixed = layout.weight_bytes + layout.gather_bytes;
  const size_t room = op.scratch.size() < need.best ? op.scratch.size() : need.best;
  const auto quads = static_cast<int32_t>((room - fixed) / layout.quad_bytes);
  std::byte* scratch = op.scratch.data();
  auto* const weights = reinterpret_cast<uint32_t*>(scratch);
  auto* const patches = reinterpret_cast<uint32_t*>(scratch + layout.weight_bytes);
  auto* const gather = reinterpret_cast<int8_t*>(patches) + layout.quad_bytes * quads;

  const Finish finish(op, filter[0], terms);
  Patches source(op, layout, gather);
  int8_t* out = op.output[0].as_mutable<int8_t>();
  for (int32_t done = 0; done < layout.pixels; done += 4 * quads) {
    const int32_t left = layout.pixels - done;
    const int32_t pixels = left < 4 * quads ? left : 4 * quads;
    const Patches::Position begin = source.position();
    for (int32_t group = 0; group < groups; ++group) {
      if (group > 0) source.Seek(begin);
      for (int32_t i = 0; i < pixels; ++i)
        source.Next(group, patches + i / 4 * kStep * GroupsOf(terms) + i % 4);
      const int32_t first = group * channels;
      AllChannels({patches, weights, pixels, terms, out + first, filter[0]}, finish,
                  op.input[1].as<int8_t>() + first * terms, first, channels);
    }
    out += pixels * filter[0];
  }
}

}  // namespace covey::kernels::dsp
