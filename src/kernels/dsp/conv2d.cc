// A convolution as a matrix product: the windows of some pixels, widened and interleaved by four in
// scratch, times the weights of two output channels, widened once for all these pixels.
//
//   for a batch of pixels:            windows -> scratch
//     for two output channels:        weights -> scratch, then Dot2x4 for all quads of the batch
#include "kernels/dsp/dot2x4.hpp"
#include "kernels/dsp/finish.hpp"
#include "kernels/dsp/patches.hpp"
#include "kernels/dsp/run.hpp"
#include "kernels/dsp/scratch.hpp"
#include "kernels/dsp/winograd.hpp"
#include "kernels/facts.hpp"
#include "kernels/ref/run.hpp"

namespace covey::kernels::dsp {
namespace {

// A batch of pixels in scratch, ready for every output channel of a group.
struct Batch {
  const uint32_t* windows;
  uint32_t* weights;  // room for two channels
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

class Product {
 public:
  Product(const OpView& op, const Steps& steps)
      : finish_(op, op.input[1].dims[0]),
        weights_(op.input[1].as<int8_t>()),
        window_(steps.rows * steps.row_bytes),
        steps_(steps) {}

  // `first`: the group's first output channel, `channels` of them.
  void Run(const Batch& batch, int32_t first, int32_t channels) const {
    for (int32_t o = 0; o < channels; o += 2) {
      // The last two may overlap those before them, with the same results.
      const int32_t at = o + 2 <= channels || channels == 1 ? o : channels - 2;
      const int32_t next = channels == 1 ? at : at + 1;
      Lane a{{}, first + at, batch.out + at}, b{{}, first + next, batch.out + next};
      WidenTwo(weights_ + a.number * window_, weights_ + b.number * window_, steps_, batch.weights);
      const bool fast_a = finish_.Set(a.number, a.channel);
      const bool fast_b = finish_.Set(b.number, b.channel);
      const bool fast =
          !kSomeSlow || (fast_a && fast_b && finish_.ending() != Ending::kOther && next != at);
      TwoByFour job{};
      job.w = batch.weights, job.x = batch.windows;
      job.SetSteps(steps_.count());
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
  void Fast(const Batch& batch, int8_t* out, TwoByFour& job) const {
    const int32_t quad = 4 * steps_.count(), quads = batch.pixels / 4, rest = batch.pixels % 4;
    if (quads > 0) {
      job.x_end = job.x + quad * quads;
      job.out = out, job.step = batch.step;
      covey_dsp_dot2x4(&job);
      job.x = job.x_end, out += 4 * quads * batch.step;
    }
    if (rest == 0) return;
    int8_t last[8];  // four pixels, of which some count
    job.x_end = job.x + quad;
    job.out = last, job.step = 2;
    covey_dsp_dot2x4(&job);
    for (int32_t i = 0; i < rest; ++i, out += batch.step)
      out[0] = last[2 * i], out[1] = last[2 * i + 1];
  }

  void Slow(const Batch& batch, Lane a, Lane b, TwoByFour job) const {
    int32_t sums[8];
    job.sums = sums;
    for (int32_t left = batch.pixels; left > 0; left -= 4, job.x += 4 * steps_.count()) {
      covey_dsp_dot2x4(&job);
      for (int32_t i = 0; i < 4 && i < left; ++i) {
        *a.out = finish_(sums[i], a.channel, a.number);
        *b.out = finish_(sums[4 + i], b.channel, b.number);
        a.out += batch.step, b.out += batch.step;
      }
    }
  }

  Finish finish_;
  const int8_t* weights_;
  int32_t window_;  // bytes of a channel's weights
  const Steps& steps_;
};

}  // namespace

void RunConv2D(const OpView& op) {
  if (op.output[0].dtype != DType::kInt8) return ref::RunConv2D(op);
  if (RunWinograd(op) || !kSomeDirect) return;
  const ConvLayout layout(op);
  const DspScratch need = DspScratchOf(op);
  if (kSomeReference && !ScratchHolds(op, need.least)) return ref::RunConv2D(op);
  const auto filter = op.input[1].dims;
  const int32_t groups = op.attr_as<ConvAttr>().groups, channels = filter[0] / groups;
  const size_t fixed = layout.weight_bytes + layout.gather_bytes;
  const size_t room = op.scratch.size() < need.best ? op.scratch.size() : need.best;
  const auto quads = static_cast<int32_t>((room - fixed) / layout.quad_bytes);
  std::byte* scratch = op.scratch.data();
  auto* const weights = reinterpret_cast<uint32_t*>(scratch);
  auto* const windows = reinterpret_cast<uint32_t*>(scratch + layout.weight_bytes);
  auto* const gather = reinterpret_cast<int8_t*>(windows) + layout.quad_bytes * quads;

  const Product product(op, layout.steps);
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

}  // namespace covey::kernels::dsp
