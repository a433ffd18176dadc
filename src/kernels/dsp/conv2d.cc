// A convolution as a matrix product: the windows of some pixels, widened and interleaved by four in
// scratch, times the weights of two output channels, widened once for all these pixels.
//
//   for a batch of pixels:            windows -> scratch
//     for two output channels:        weights -> scratch, then Dot2x4 for all quads of the batch
#include "kernels/dsp/choice.hpp"
#include "kernels/dsp/dot2x4.hpp"
#include "kernels/dsp/finish.hpp"
#include "kernels/dsp/patches.hpp"
#include "kernels/dsp/run.hpp"
#include "kernels/dsp/scratch.hpp"
#include "kernels/dsp/skip_loops.hpp"
#include "kernels/dsp/unpacked_loop.hpp"
#include "kernels/dsp/wide.hpp"
#include "kernels/dsp/winograd.hpp"
#include "kernels/facts.hpp"
#include "kernels/nibbles.hpp"
#include "kernels/ref/run.hpp"
#include "kernels/skip_list.hpp"

namespace covey::kernels::dsp {
namespace {

// A batch of pixels in scratch, ready for every output channel of a group.
struct Batch {
  const uint32_t* windows;
  uint32_t* weights;  // room for two channels; null for lists that stay in the image
  int32_t pixels;
  int8_t* out;   // of the first pixel, at the group's first channel
  int32_t step;  // bytes from pixel to pixel
};

// One output channel of the group.
struct Lane {
  Channel channel;
  int32_t number;  // in the whole output
  int8_t* out;
};

// Where a pair's weights are: in scratch, widened; in a skip list, the image's or made here; in
// generated code.
enum class Form { kPlain, kSkips, kUnpacked };

template <Form kForm>
class Product {
 public:
  Product(const OpView& op, const Steps& steps)
      : finish_(op, op.input[1].dims[0]),
        weights_(op.input[1]),
        window_(steps.rows * steps.row_bytes),
        steps_(steps) {
    if (kForm == Form::kUnpacked) pieces_ = reinterpret_cast<const uint32_t* const*>(op.pack);
    if (kForm == Form::kSkips && HoldsDirectLists(op.attr_as<ConvAttr>().weights_order))
      lists_ = SkipListsOf(op), pairs_ = WinogradPairs(op.input[1].dims[0]);
  }

  // `first`: the group's first output channel, `channels` of them.
  void Run(const Batch& batch, int32_t first, int32_t channels) const {
    for (int32_t o = 0; o < channels; o += 2) {
      // The last two may overlap those before them, with the same results.
      const int32_t at = o + 2 <= channels || channels == 1 ? o : channels - 2;
      const int32_t next = channels == 1 ? at : at + 1;
      Lane a{{}, first + at, batch.out + at}, b{{}, first + next, batch.out + next};
      const uint32_t* const weights = Weights(a.number, b.number, batch);
      const bool fast_a = finish_.Set(a.number, a.channel);
      const bool fast_b = finish_.Set(b.number, b.channel);
      const bool fast =
          !kSomeSlow || (fast_a && fast_b && finish_.ending() != Ending::kOther && next != at);
      TwoByFour job{};
      job.w = weights, job.x = batch.windows;
      if constexpr (kForm == Form::kSkips) SetOvershoot(job, steps_.count());
      if constexpr (kForm == Form::kPlain) job.SetSteps(steps_.count());
      job.Set(a.channel, b.channel);
      job.offset = finish_.offset();
      job.ending = static_cast<int32_t>(fast ? finish_.ending() : Ending::kOther);
      if (fast) {
        Fast(batch, a.out, job);
      } else {
        Slow(batch, a, b, job);
      }
    }
  }

 private:
  // Two outputs' weights, from the image or in the batch's room.
  const uint32_t* Weights(int32_t a, int32_t b, const Batch& batch) const {
    uint32_t* const room = batch.weights;
    // There is one group: the pairs are those of the lists or pieces.
    if constexpr (kForm == Form::kUnpacked) return pieces_[(a + 1) / 2];
    if (kForm == Form::kSkips && !lists_.empty()) return Listed((a + 1) / 2, batch);
    // A search takes int8 alone (kernels/conv_checks.cc).
    if (kSomeNarrow && kForm == Form::kPlain && weights_.dtype == DType::kInt4) {
      WidenTwoNarrow(RowOf(weights_, a), RowOf(weights_, b), steps_, room);
      return room;
    }
    const auto* const plain = weights_.as<int8_t>();
    const int8_t *const first = plain + a * window_, *const second = plain + b * window_;
    if constexpr (kForm == Form::kSkips) {
      ListTwo(first, second, steps_, room);
    } else {
      WidenTwo(first, second, steps_, room);
    }
    return room;
  }

  const uint32_t* Listed(int32_t pair, const Batch& batch) const {
    const auto at = static_cast<size_t>(pair);
    const auto size = static_cast<int32_t>(lists_.size());
    const int32_t begin = lists_[at];
    const auto* const list = reinterpret_cast<const uint32_t*>(lists_.data()) + begin;
    if (batch.weights == nullptr || batch.pixels < kListCopiedFrom) return list;
    const int32_t words = (pair + 1 < pairs_ ? lists_[at + 1] : size) - begin;
    const int32_t eights = (words + 7) & -8;  // some of the next list, if there is one
    covey_dsp_copy_words(list, batch.weights, begin + eights <= size ? eights : words);
    return batch.weights;
  }

  static void Multiply(const TwoByFour& job) {
    if constexpr (kForm == Form::kSkips) {
      covey_dsp_skip_quads(&job);
    } else if constexpr (kForm == Form::kUnpacked) {
      covey_dsp_unpacked_quads(&job);
    } else {
      covey_dsp_dot2x4(&job);
    }
  }

  void Fast(const Batch& batch, int8_t* out, TwoByFour& job) const {
    const int32_t quad = 4 * steps_.count(), quads = batch.pixels / 4, rest = batch.pixels % 4;
    if (quads > 0) {
      job.x_end = job.x + quad * quads;
      job.out = out, job.step = batch.step;
      Multiply(job);
      job.x = job.x_end, out += 4 * quads * batch.step;
    }
    if (rest == 0) return;
    int8_t last[8];  // four pixels, of which some count
    job.x_end = job.x + quad;
    job.out = last, job.step = 2;
    Multiply(job);
    for (int32_t i = 0; i < rest; ++i, out += batch.step)
      out[0] = last[2 * i], out[1] = last[2 * i + 1];
  }

  void Slow(const Batch& batch, Lane a, Lane b, TwoByFour job) const {
    int32_t sums[8];
    job.sums = sums;
    for (int32_t left = batch.pixels; left > 0; left -= 4, job.x += 4 * steps_.count()) {
      Multiply(job);
      for (int32_t i = 0; i < 4 && i < left; ++i) {
        *a.out = finish_(sums[i], a.channel, a.number);
        *b.out = finish_(sums[4 + i], b.channel, b.number);
        a.out += batch.step, b.out += batch.step;
      }
    }
  }

  Finish finish_;
  const TensorView& weights_;
  int32_t window_;  // bytes of a channel's weights
  const Steps& steps_;
  std::span<const int32_t> lists_;           // in the image
  int32_t pairs_ = 0;                        // of them
  const uint32_t* const* pieces_ = nullptr;  // of generated code
};

template <Form kForm>
void RunBatches(const OpView& op) {
  const ConvLayout layout(op);
  const DspScratch need = DspScratchOf(op);
  const auto filter = op.input[1].dims;
  const int32_t groups = op.attr_as<ConvAttr>().groups, channels = filter[0] / groups;
  const size_t room = op.scratch.size() < need.best ? op.scratch.size() : need.best;
  const size_t before = layout.weight_bytes, fixed = before + layout.gather_bytes;
  const auto quads = static_cast<int32_t>((room - fixed) / layout.quad_bytes);
  std::byte* scratch = op.scratch.data();
  auto* const weights = before > 0 ? reinterpret_cast<uint32_t*>(scratch) : nullptr;
  auto* const windows = reinterpret_cast<uint32_t*>(scratch + before);
  auto* const gather = reinterpret_cast<int8_t*>(windows) + layout.quad_bytes * quads;

  const Product<kForm> product(op, layout.steps);
  Patches source(op, layout, gather);
  int8_t* out = op.output[0].as_mutable<int8_t>();
  for (int32_t done = 0; done < layout.pixels; done += 4 * quads) {
    const int32_t left = layout.pixels - done;
    const int32_t pixels = left < 4 * quads ? left : 4 * quads;
    const Patches::Position begin = source.position();
    for (int32_t group = 0; group < groups; ++group) {
      if (group > 0) source.Seek(begin);
      source.Fill(group, pixels, windows);
      const int32_t first = group * channels;
      product.Run({windows, weights, pixels, out + first, filter[0]}, first, channels);
    }
    out += pixels * filter[0];
  }
}

}  // namespace

void RunConv2D(const OpView& op) {
  if (op.output[0].dtype == DType::kInt16) return RunWideConv2D(op);
  if (op.output[0].dtype != DType::kInt8) return ref::RunConv2D(op);
  if (RunWinograd(op) || !kSomeDirect) return;
  if (kSomeReference && TakesReference(op)) return ref::RunConv2D(op);
  if (kSomeUnpacked && op.pack != nullptr) return RunBatches<Form::kUnpacked>(op);
  if (kSomeSkips && TakesSkips(op)) return RunBatches<Form::kSkips>(op);
  if (kSomePlain) RunBatches<Form::kPlain>(op);
}

}  // namespace covey::kernels::dsp
