// A convolution as a matrix product: patches of some pixels in scratch, times the weights of four
// output channels as they lie in the image.
//
//   for a batch of pixels:            patches -> scratch
//     for four output channels:       Dot4x2 over all pairs of pixels
//
// The input's offset moves into the bias: sum (x + a) w = sum x w + a * sum w, modulo 2^32.
#include "kernels/facts.hpp"
#include "kernels/listed_weights.hpp"
#include "kernels/mve/batches.hpp"
#include "kernels/mve/bytes.hpp"
#include "kernels/mve/chunks.hpp"
#include "kernels/mve/dot4x2.hpp"
#include "kernels/mve/run.hpp"
#include "kernels/mve/scratch.hpp"
#include "kernels/ref/channel.hpp"
#include "kernels/ref/run.hpp"

namespace covey::kernels::mve {
namespace {

class Channels {
 public:
  // `room`: for four rows of int4 weights.
  Channels(const OpView& op, const ConvLayout& layout, int32_t* bias, int8_t* room)
      : output_(op, op.input[1].dims[0]),
        attr_(op.attr_as<ConvAttr>()),
        weights_(op.input[1]),
        plain_(weights_.dtype == DType::kInt4 ? nullptr : weights_.as<int8_t>()),
        room_(room),
        row_(static_cast<int32_t>(layout.row_bytes)),
        bias_(bias),
        plain_bias_(op.input[2].as<int32_t>()),
        multiplier_(op.params.data()),
        count_(op.input[1].dims[0]),
        terms_(op.input[1].dims[1] * op.input[1].dims[2] * op.input[1].dims[3]) {
    for (int32_t c = 0; c < count_; ++c) {
      const int32_t offset = attr_.input_offset;
      const int32_t sum = offset == 0 ? 0 : offset * SumBytes(Row(c, 0), terms_);
      bias[c] = plain_bias_ == nullptr ? sum : WrapAdd(plain_bias_[c], sum);
    }
  }

  // The channels first..first + count - 1, one group.
  void Run(const Batch& batch, int32_t first, int32_t count) const {
    for (int32_t c = 0; c < count; c += 4) {
      // The last four may overlap those before them; their results are the same.
      const int32_t at = first + (c + 4 <= count ? c : count < 4 ? 0 : count - 4);
      const int32_t lanes = count < 4 ? count : 4;
      Dot4x2 job = JobOf(batch, at, lanes);
      if (lanes == 4 && Fast(at)) {
        Store(batch, at, job);
      } else {
        Sums(batch, at, lanes, job);
      }
    }
  }

 private:
  // A channel's weights, unpacked to row `i` of the room if they must be.
  const int8_t* Row(int32_t channel, int32_t i) const {
    if (!kSomeNarrow || plain_ != nullptr) return plain_ + channel * terms_;
    int8_t* const to = room_ + i * row_;
    UnpackNarrow(RowOf(weights_, channel), terms_, to);
    return to;
  }

  // Apart: what unpacks keeps the compiler from holding addresses in registers.
  [[gnu::noinline]] void SetNarrow(Dot4x2& job, int32_t at, int32_t lanes) const {
    for (int32_t i = 0; i < 4; ++i) job.weights[i] = Row(at + (i < lanes ? i : lanes - 1), i);
  }

  bool Fast(int32_t at) const {
    const int32_t* shift = multiplier_ + count_ + at;
    return shift[0] < 0 && shift[1] < 0 && shift[2] < 0 && shift[3] < 0;
  }

  Dot4x2 JobOf(const Batch& batch, int32_t at, int32_t lanes) const {
    Dot4x2 job;
    if (kSomeNarrow && plain_ == nullptr) {
      SetNarrow(job, at, lanes);
    } else {
      for (int32_t i = 0; i < 4; ++i)
        job.weights[i] = plain_ + (at + (i < lanes ? i : lanes - 1)) * terms_;
    }
    job.chunks = terms_ / 16, job.tail = terms_ % 16;
    job.offset = attr_.output_offset;
    job.least = attr_.activation_min, job.most = attr_.activation_max;
    job.bias = bias_ + at;
    job.multiplier = multiplier_ + at, job.shift = multiplier_ + count_ + at;
    job.x = batch.patches;
    return job;
  }

  void Store(const Batch& batch, int32_t at, Dot4x2& job) const {
    job.out = batch.out + at;
    job.step = count_;
    const int32_t pairs = batch.pixels / 2;
    job.x_end = job.x + static_cast<size_t>(pairs) * batch.pair_bytes;
    if (pairs > 0) covey_mve_dot4x2_store(&job);
    if (batch.pixels % 2 == 0) return;
    // The last pixel twice, at one place.
    job.x = job.x_end;
    job.x_end = job.x + batch.pair_bytes;
    job.out = batch.out + 2 * pairs * count_ + at;
    job.step = 0;
    covey_mve_dot4x2_store(&job);
  }

  void Sums(const Batch& batch, int32_t at, int32_t lanes, Dot4x2& job) const {
    int8_t* out = batch.out + at;
    for (int32_t left = batch.pixels; left > 0; left -= 2, job.x += batch.pair_bytes) {
      int32_t sums[8];
      job.out = sums;
      job.x_end = job.x + batch.pair_bytes;
      covey_mve_dot4x2_sums(&job);
      for (int32_t p = 0; p < 2 && p < left; ++p, out += count_)
        for (int32_t i = 0; i < lanes; ++i) {
          const int32_t bias = plain_bias_ == nullptr ? 0 : plain_bias_[at + i];
          // ref/ adds the bias itself.
          out[i] =
              output_(WrapAdd(WrapAdd(sums[2 * i + p], bias_[at + i]), WrapAdd(~bias, 1)), at + i);
        }
    }
  }

  ref::ChannelOutput output_;
  const ConvAttr& attr_;
  const TensorView& weights_;
  const int8_t* plain_;  // the weights; null: of int4
  int8_t* room_;
  int32_t row_;
  const int32_t* bias_;
  const int32_t* plain_bias_;  // null: none
  const int32_t* multiplier_;  // and the shifts behind it
  int32_t count_, terms_;
};

}  // namespace

void RunConv2D(const OpView& op) {
  if (op.output[0].dtype != DType::kInt8) return ref::RunConv2D(op);
  const bool holds = !kSomeReference || ScratchHolds(op, MveScratchOf(op).least);
  if (kSomeChunks && holds && GoesByChunks(op)) return RunChunks(op);
  if ((kSomeListed && HasListsOnly(op)) || !holds) return ref::RunConv2D(op);
  if (!kSomePlain) return;
  const ConvLayout layout(op);
  const Room room(op, layout);
  const Channels weights(op, layout, static_cast<int32_t*>(room.first), room.rows);
  RunBatches(op, layout, room, weights);
}

}  // namespace covey::kernels::mve
