#include "compiler/memory/bounds.hpp"

#include <algorithm>
#include <memory>
#include <numeric>
#include <vector>

#include "compiler/memory/blocks.hpp"
#include "compiler/memory/gradual.hpp"
#include "core/diag.hpp"
#include "kernels/overlap.hpp"
#include "kernels/ref/table.hpp"

namespace covey::compiler {
namespace {

bool InArena(const wire::ImageView& image, uint16_t tensor) {
  return tensor != wire::kNoTensor &&
         image.tensor(tensor).place != static_cast<uint8_t>(wire::Place::kData);
}

bool Prepares(const OpView& view) {
  NoDiag diag;
  for (const Kernel& kernel : kernels::RefKernels())
    if (kernel.op == view.op) return kernel.prepare(view, diag).ok();
  return false;
}

// The blocks of an image's tensors; those that lie in one another at their place are one.
class ImageBlocks {
 public:
  // `arena` is never touched: views need an address to count from.
  ImageBlocks(const wire::ImageView& image, std::byte* arena)
      : image_(image), parent_(image.tensor_count()), block_of_(image.tensor_count(), -1) {
    std::iota(parent_.begin(), parent_.end(), 0);
    for (uint32_t op = 0; op < image.op_count(); ++op) views_.push_back(image.ViewOp(op, arena));
    for (uint32_t op = 0; op < image.op_count(); ++op) sound_.push_back(Prepares(views_[op]));
    for (uint32_t op = 0; op < image.op_count(); ++op) JoinParts(op);
    for (uint16_t i = 0; i < image.input_count(); ++i) Touch(image.input_tensor(i), -1);
    const int end = static_cast<int>(image.op_count());
    for (uint32_t t = 0; t < image.tensor_count(); ++t) {
      if (image.tensor(t).place != static_cast<uint8_t>(wire::Place::kState)) continue;
      for (const int moment : {-1, end}) Touch(static_cast<uint16_t>(t), moment);
    }
    for (int op = 0; op < end; ++op) {
      for (const uint16_t input : image.op_inputs(static_cast<uint32_t>(op))) Touch(input, op);
      for (const uint16_t output : image.op_outputs(static_cast<uint32_t>(op))) Touch(output, op);
    }
    for (uint16_t i = 0; i < image.output_count(); ++i) Touch(image.output_tensor(i), end);
  }

  void AddShares() {
    for (uint32_t op = 0; op < image_.op_count(); ++op) {
      const OpView& view = views_[op];
      const auto inputs = image_.op_inputs(op), outputs = image_.op_outputs(op);
      if (outputs.size() != 1 || !InArena(image_, outputs[0]) || !sound_[op]) continue;
      for (int i = 0; i < view.inputs; ++i) {
        const uint16_t input = inputs[static_cast<size_t>(i)];
        if (!InArena(image_, input)) continue;
        const int out = BlockOf(outputs[0]), in = BlockOf(input);
        const kernels::Sharing sharing = kernels::SharingOf(view, i);
        if (in == out || sharing.how != kernels::Sharing::How::kAhead) continue;
        const Block& dying = problem_.blocks[static_cast<size_t>(in)];
        if (dying.last != static_cast<int>(op)) continue;
        const int64_t within = image_.tensor(input).offset - begin_[static_cast<size_t>(in)];
        problem_.shares.push_back({out, in, sharing.lead - within, sharing.step});
      }
    }
  }
  void AddGradual() {
    Parts parts(problem_.blocks.size());
    const auto block = [this](uint16_t tensor) {
      return InArena(image_, tensor) ? BlockOf(tensor) : -1;
    };
    const auto put = [&](std::vector<std::vector<Part>>& to, uint16_t tensor, int moment) {
      if (block(tensor) < 0) return;
      const auto number = static_cast<size_t>(block(tensor));
      const int64_t begin = int64_t{image_.tensor(tensor).offset} - begin_[number];
      to[number].push_back({moment, begin, begin + image_.tensor(tensor).bytes});
    };
    const int end = static_cast<int>(image_.op_count());
    for (int i = 0; i < end; ++i) {
      const auto op = static_cast<uint32_t>(i);
      const auto inputs = image_.op_inputs(op), outputs = image_.op_outputs(op);
      const Op kind = views_[op].op;
      const bool moves = kind == Op::kSlice || kind == Op::kReshape || kind == Op::kConcat;
      if (moves && std::all_of(inputs.begin(), inputs.end(),
                               [&](uint16_t input) { return block(input) == block(outputs[0]); })) {
        continue;
      }
      for (const uint16_t input : inputs) put(parts.reads, input, i);
      for (const uint16_t output : outputs) put(parts.writes, output, i);
    }
    for (uint16_t i = 0; i < image_.input_count(); ++i)
      put(parts.writes, image_.input_tensor(i), -1);
    for (uint16_t i = 0; i < image_.output_count(); ++i)
      put(parts.reads, image_.output_tensor(i), end);
    for (uint32_t t = 0; t < image_.tensor_count(); ++t)
      if (image_.tensor(t).place == static_cast<uint8_t>(wire::Place::kState))
        put(parts.reads, static_cast<uint16_t>(t), end);
    AddGradualShares(problem_, parts);
  }
  void AddScratch() {
    for (uint32_t op = 0; op < image_.op_count(); ++op)
      if (const uint32_t bytes = image_.op(op).scratch_bytes; bytes > 0)
        problem_.blocks.push_back(
            {.bytes = bytes, .first = static_cast<int>(op), .last = static_cast<int>(op)});
  }
  const Problem& problem() const { return problem_; }

 private:
  size_t Root(size_t tensor) const {
    while (parent_[tensor] != static_cast<int>(tensor))
      tensor = static_cast<size_t>(parent_[tensor]);
    return tensor;
  }
  int BlockOf(uint16_t tensor) const { return block_of_[Root(tensor)]; }

  void JoinParts(uint32_t op) {
    const auto inputs = image_.op_inputs(op), outputs = image_.op_outputs(op);
    if (outputs.size() != 1 || !InArena(image_, outputs[0]) || !sound_[op]) return;
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (!InArena(image_, inputs[i])) continue;
      const kernels::Sharing sharing = kernels::SharingOf(views_[op], static_cast<int>(i));
      const int64_t distance =
          int64_t{image_.tensor(inputs[i]).offset} - int64_t{image_.tensor(outputs[0]).offset};
      if (sharing.how == kernels::Sharing::How::kAtPlace && distance == sharing.lead)
        parent_[Root(inputs[i])] = static_cast<int>(Root(outputs[0]));
    }
  }

  void Touch(uint16_t tensor, int moment) {
    if (!InArena(image_, tensor)) return;
    const wire::TensorRecord& record = image_.tensor(tensor);
    const int64_t begin = record.offset, end = begin + record.bytes;
    int& number = block_of_[Root(tensor)];
    if (number < 0) {
      number = static_cast<int>(problem_.blocks.size());
      problem_.blocks.push_back({.bytes = record.bytes, .first = moment, .last = moment});
      begin_.push_back(begin);
      return;
    }
    Block& block = problem_.blocks[static_cast<size_t>(number)];
    int64_t& start = begin_[static_cast<size_t>(number)];
    const int64_t reach = std::max(start + block.bytes, end);
    start = std::min(start, begin);
    block.bytes = reach - start;
    block.last = std::max(block.last, moment);
  }

  const wire::ImageView& image_;
  std::vector<int> parent_;    // of a tensor in the same block
  std::vector<int> block_of_;  // of those that are their own parents
  std::vector<OpView> views_;
  std::vector<bool> sound_;     // ops that a kernel accepts
  std::vector<int64_t> begin_;  // of each block, where the image has it
  Problem problem_;
};

}  // namespace

ArenaBounds BoundsOf(const wire::ImageView& image) {
  const std::unique_ptr<std::byte[]> arena(new std::byte[image.header().arena_bytes + 1]);
  ImageBlocks blocks(image, arena.get());
  ArenaBounds bounds;
  bounds.apart = LowerBound(blocks.problem());
  blocks.AddShares();
  blocks.AddGradual();
  blocks.AddScratch();
  bounds.shared = LowerBound(blocks.problem());
  return bounds;
}

}  // namespace covey::compiler
