#include "kernels/mve/chunks.hpp"

#include <arm_mve.h>

#include "kernels/chunk_list.hpp"
#include "kernels/mve/batches.hpp"
#include "kernels/mve/chunk_loop.hpp"
#include "kernels/ref/channel.hpp"

namespace covey::kernels::mve {
namespace {

class Chunks {
 public:
  Chunks(const OpView& op, uint32_t* codes)
      : op_(op),
        output_(op, op.input[1].dims[0]),
        attr_(op.attr_as<ConvAttr>()),
        codes_(codes),
        bias_(op.input[2].as<int32_t>()),
        multiplier_(op.params.data()),
        count_(op.input[1].dims[0]) {}

  // All channels: there is one group.
  void Run(const Batch& batch, int32_t, int32_t) const {
    for (int32_t four = 0; four < ChunkFours(count_); ++four) {
      const ChunkList list(op_, four);
      const int32_t at = ChunkFirst(four, count_);
      int32_t bias[8];
      SetBias(list.sums(), at, bias);
      ChunkLoop job = JobOf(batch, list, at);
      job.bias = bias;
      if (Fast(at)) {
        Store(batch, at, job);
      } else {
        Sums(batch, at, job);
      }
    }
  }

 private:
  // Each output's twice, with the input's offset in it: sum (x + a) w = sum x w + a * sum w, modulo
  // 2^32.
  void SetBias(const int32_t* sums, int32_t at, int32_t* to) const {
    const int32x4_t plain = bias_ == nullptr ? vdupq_n_s32(0) : vldrwq_s32(bias_ + at);
    const int32x4_t bias = vmlaq_n_s32(plain, vldrwq_s32(sums), attr_.input_offset);
    const int32x4x2_t twice = {{bias, bias}};
    vst2q_s32(to, twice);
  }

  bool Fast(int32_t at) const {
    const int32_t* shift = multiplier_ + count_ + at;
    return shift[0] < 0 && shift[1] < 0 && shift[2] < 0 && shift[3] < 0;
  }

  ChunkLoop JobOf(const Batch& batch, const ChunkList& list, int32_t at) const {
    ChunkLoop job;
    job.masks = list.masks(), job.mask_words = ChunkMaskWords(list.chunks());
    job.codes = codes_, job.chunks = list.chunks();
    job.ending = kStoreBytes;
    job.weights = list.weights();
    job.x = batch.patches;
    job.multiplier = multiplier_ + at, job.shift = multiplier_ + count_ + at;
    job.offset = attr_.output_offset;
    job.least = attr_.activation_min, job.most = attr_.activation_max;
    return job;
  }

  void Store(const Batch& batch, int32_t at, ChunkLoop& job) const {
    const int32_t pairs = batch.pixels / 2;
    job.out = batch.out + at;
    job.step = count_;
    job.x_end = job.x + static_cast<size_t>(pairs) * batch.pair_bytes;
    if (pairs > 0) covey_mve_chunks(&job);
    if (batch.pixels % 2 == 0) return;
    // The last pixel twice, at one place.
    job.x = job.x_end;
    job.x_end = job.x + batch.pair_bytes;
    job.out = batch.out + 2 * pairs * count_ + at;
    job.step = 0;
    covey_mve_chunks(&job);
  }

  void Sums(const Batch& batch, int32_t at, ChunkLoop& job) const {
    int8_t* out = batch.out + at;
    job.ending = kStoreSums;
    job.step = 0;
    for (int32_t left = batch.pixels; left > 0; left -= 2) {
      int32_t sums[8];
      job.out = sums;
      job.x_end = job.x + batch.pair_bytes;
      covey_mve_chunks(&job);
      job.x = job.x_end;
      for (int32_t p = 0; p < 2 && p < left; ++p, out += count_)
        for (int32_t i = 0; i < kChunkOutputs; ++i) {
          const int32_t bias = bias_ == nullptr ? 0 : bias_[at + i];
          // ref/ adds the bias itself.
          out[i] = output_(WrapAdd(sums[2 * i + p], WrapAdd(~bias, 1)), at + i);
        }
    }
  }

  const OpView& op_;
  ref::ChannelOutput output_;
  const ConvAttr& attr_;
  uint32_t* codes_;
  const int32_t* bias_;        // null: none
  const int32_t* multiplier_;  // and the shifts behind it
  int32_t count_;
};

}  // namespace

void RunChunks(const OpView& op) {
  const ConvLayout layout(op);
  const Room room(op, layout);
  const Chunks chunks(op, static_cast<uint32_t*>(room.first));
  RunBatches(op, layout, room, chunks);
}

}  // namespace covey::kernels::mve
