// A convolution as a matrix product: patches of some pixels in scratch, two to a word, times the
// weights of two output channels as they lie in the image.
//
//   for a batch of pixels:            patches -> scratch
//     for two output channels:        their turns -> scratch
//       for six pixels:               Dot2x6, Finish
//
// The input's offset moves into the bias: sum (x + a) w = sum x w + a * sum w, modulo 2^32.
#include "kernels/facts.hpp"
#include "kernels/listed_weights.hpp"
#include "kernels/nibbles.hpp"
#include "kernels/ref/run.hpp"
#include "kernels/rv32/dot2x6.hpp"
#include "kernels/rv32/finish.hpp"
#include "kernels/rv32/patches.hpp"
#include "kernels/rv32/run.hpp"
#include "kernels/rv32/scratch.hpp"
#include "kernels/rv32/winograd.hpp"

namespace covey::kernels::rv32 {
namespace {

// A batch of pixels in scratch, ready for every output channel of a group.
struct Batch {
  const uint32_t* patches;
  int32_t pixels;
  int8_t* out;  // of the first pixel, at the whole output's first channel
};

class Channels {
 public:
  Channels(const OpView& op, const ConvLayout& layout, std::byte* scratch)
      : finish_(op, op.input[1].dims[0], layout.terms),
        layout_(layout),
        weights_(op.input[1]),
        count_(op.input[1].dims[0]),
        bias_(reinterpret_cast<int32_t*>(scratch)),
        marks_(reinterpret_cast<uint32_t*>(scratch + layout.bias_bytes)),
        turns_(reinterpret_cast<int32_t*>(scratch + layout.bias_bytes + layout.mark_bytes)),
        room_(reinterpret_cast<int8_t*>(turns_) + layout.turn_bytes) {
    const auto* const bias = op.input[2].as<int32_t>();
    const int32_t offset = op.attr_as<ConvAttr>().input_offset;
    for (int32_t c = 0; c < count_; ++c) {
      const int32_t sum = Mark(Row(c, 0), MarksOf(c));
      bias_[c] = WrapAdd(bias == nullptr ? 0 : bias[c], offset * sum);
    }
  }

  // The channels first..end - 1, one group.
  void Run(const Batch& batch, int32_t first, int32_t end) const {
    for (int32_t c = first; c < end; c += 2) RunTwo(batch, c, c + 1 < end ? c + 1 : c);
  }

 private:
  // A channel's weights, unpacked to row `i` of the room if they must be.
  const int8_t* Row(int32_t channel, size_t i) const {
    if (!kSomeNarrow || weights_.dtype != DType::kInt4)
      return weights_.as<int8_t>() + channel * layout_.terms;
    int8_t* const to = room_ + i * layout_.row_bytes;
    UnpackRow(RowOf(weights_, channel), layout_.terms, to);
    return to;
  }

  uint32_t* MarksOf(int32_t channel) const {
    return marks_ + static_cast<size_t>(channel) * layout_.mark_words;
  }

  // Marks each four weights that are too large for one turn; returns the sum of all weights.
  int32_t Mark(const int8_t* w, uint32_t* marks) const {
    int32_t sum = 0;
    for (size_t i = 0; i < layout_.mark_words; ++i) marks[i] = 0;
    for (int32_t chunk = 0; chunk < layout_.chunks; ++chunk, w += 4) {
      int32_t size = 0;
      for (int i = 0; i < 4; ++i) {
        const int32_t sign = w[i] >> 31;
        sum += w[i];
        size += (w[i] ^ sign) - sign;
      }
      if (size > 255) marks[chunk / 32] |= uint32_t{1} << chunk % 32;
    }
    for (int32_t i = layout_.terms % 4; i > 0; --i) sum += *w++;
    return sum;
  }

  // Writes the two channels' turns and returns their number.
  int32_t WriteTurns(int32_t a, int32_t b) const {
    const uint32_t *const marks_a = MarksOf(a), *const marks_b = MarksOf(b);
    int32_t* to = turns_;
    int32_t number = layout_.chunks;
    for (size_t i = 0; i < layout_.mark_words; ++i) {
      const auto first = static_cast<int32_t>(32 * i);
      uint32_t marks = marks_a[i] | marks_b[i];
      for (int32_t chunk = first; marks != 0; ++chunk, marks >>= 1) {
        if ((marks & 1) == 0) continue;
        const bool by_twos = !HoldsLeast(a, chunk) && !HoldsLeast(b, chunk);
        *to++ = chunk * 48;
        *to++ = by_twos ? -2 : 4;
        number += by_twos ? 1 : 3;
      }
    }
    *to++ = layout_.chunks * 48;
    *to++ = layout_.terms % 4;
    *to = -1;
    return number + layout_.terms % 4;
  }

  // Two weights of -128 are too large even for a turn of two.
  bool HoldsLeast(int32_t channel, int32_t chunk) const {
    // Of int8: four weights of int4 are never marked.
    const int8_t* const w = weights_.as<int8_t>() + channel * layout_.terms + 4 * chunk;
    return w[0] == -128 || w[1] == -128 || w[2] == -128 || w[3] == -128;
  }

  void RunTwo(const Batch& batch, int32_t a, int32_t b) const {
    const int32_t turns = WriteTurns(a, b);
    Dot2x6 job;
    job.weights[0] = Row(a, 0), job.weights[1] = Row(b, 1);
    job.turns = turns_;
    job.first[0] = bias_[a], job.first[1] = bias_[b];
    job.all[0] = AllOf(bias_[a], turns), job.all[1] = AllOf(bias_[b], turns);
    const Finish::Channel of_a = finish_.Of(a), of_b = finish_.Of(b);
    int8_t* out_a = batch.out + a;
    const int32_t to_b = b - a;
    int32_t sums[12 * kMostSixes];
    job.sums = sums;
    job.x = batch.patches;
    job.x_end = job.x + (batch.pixels + 5) / 6 * 3 * layout_.terms;
    covey_rv32_dot2x6(&job);
    const int32_t* from = sums;
    for (int32_t left = batch.pixels; left > 0; left -= 6, from += 12) {
      const int32_t pixels = left < 6 ? left : 6;
      if (of_a.fast() && of_b.fast()) {
        StoreFast(from, pixels, of_a, out_a, count_);
        StoreFast(from + 6, pixels, of_b, out_a + to_b, count_);
      } else {
        for (int32_t p = 0; p < pixels; ++p) {
          out_a[p * count_] = finish_(from[p], of_a);
          out_a[p * count_ + to_b] = finish_(from[6 + p], of_b);
        }
      }
      out_a += 6 * count_;
    }
  }
  static void StoreFast(const int32_t* sums, int32_t pixels, Finish::Channel channel, int8_t* out,
                        int32_t step) {
    for (; pixels > 0; --pixels, ++sums, out += step) *out = channel(*sums);
  }
  static int32_t AllOf(int32_t bias, int32_t turns) {
    const auto first = static_cast<uint32_t>(bias);
    return static_cast<int32_t>(first + (first << 16) - (static_cast<uint32_t>(turns) << 15));
  }

  Finish finish_;
  const ConvLayout& layout_;
  const TensorView& weights_;
  int32_t count_;
  int32_t* bias_;
  uint32_t* marks_;
  int32_t* turns_;
  int8_t* room_;  // for two rows
};

}  // namespace

void RunConv2D(const OpView& op) {
  if (op.output[0].dtype != DType::kInt8 || (kSomeListed && HasListsOnly(op)))
    return ref::RunConv2D(op);
  if (WinogradRuns(op)) return RunWinograd(op);
  const ConvLayout layout(op);
  const Rv32Scratch need = Rv32ScratchOf(op);
  if (kSomeReference && !ScratchHolds(op, need.least)) return ref::RunConv2D(op);
  const auto filter = op.input[1].dims;
  const int32_t groups = op.attr_as<ConvAttr>().groups, channels = filter[0] / groups;
  const size_t room = op.scratch.size() < need.best ? op.scratch.size() : need.best;
  const auto most = 6 * static_cast<int32_t>((room - layout.fixed()) / layout.six_bytes);
  auto* const patches = reinterpret_cast<uint32_t*>(op.scratch.data() + layout.fixed());

  const Channels weights(op, layout, op.scratch.data());
  Patches source(op);
  int8_t* out = op.output[0].as_mutable<int8_t>();
  for (int32_t done = 0; done < layout.pixels; done += most) {
    const int32_t left = layout.pixels - done;
    const int32_t pixels = left < most ? left : most;
    const Patches::Position begin = source.position();
    for (int32_t group = 0; group < groups; ++group) {
      if (group > 0) source.Seek(begin);
      source.Fill(group, patches, pixels);
      weights.Run({patches, pixels, out}, group * channels, (group + 1) * channels);
    }
    out += pixels * filter[0];
  }
}

}  // namespace covey::kernels::rv32
