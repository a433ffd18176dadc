#include "compiler/memory/bounds.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include "compiler/memory/blocks.hpp"
#include "core/diag.hpp"
#include "kernels/overlap.hpp"
#include "kernels/ref/table.hpp"

namespace covey::compiler {
namespace {

bool InArena(const wire::ImageView& image, uint16_t tensor) {
  return tensor != wire::kNoTensor &&
         image.tensor(tensor).place == static_cast<uint8_t>(wire::Place::kArena);
}

bool Prepares(const OpView& view) {
  NoDiag diag;
  for (const Kernel& kernel : kernels::RefKernels())
    if (kernel.op == view.op) return kernel.prepare(view, diag).ok();
  return false;
}

// The blocks of an image's tensors; a tensor that only renames another's bytes lies in its block.
class ImageBlocks {
 public:
  explicit ImageBlocks(const wire::ImageView& image)
      : image_(image), block_of_(image.tensor_count(), -1) {
    for (uint16_t i = 0; i < image.input_count(); ++i) Touch(image.input_tensor(i), -1);
    const int end = static_cast<int>(image.op_count());
    for (int op = 0; op < end; ++op) AddOp(static_cast<uint32_t>(op));
    for (uint16_t i = 0; i < image.output_count(); ++i) Touch(image.output_tensor(i), end);
  }

  // Which outputs may run ahead; `arena` is never touched.
  void AddShares(std::byte* arena) {
    for (uint32_t op = 0; op < image_.op_count(); ++op) {
      const OpView view = image_.ViewOp(op, arena);
      const auto inputs = image_.op_inputs(op), outputs = image_.op_outputs(op);
      if (outputs.size() != 1 || !InArena(image_, outputs[0]) || !Prepares(view)) continue;
      for (int i = 0; i < view.inputs; ++i) {
        const uint16_t input = inputs[static_cast<size_t>(i)];
        if (!InArena(image_, input)) continue;
        const int out = block_of_[outputs[0]], in = block_of_[input];
        const kernels::Sharing sharing = kernels::SharingOf(view, i);
        if (in == out || sharing.how != kernels::Sharing::How::kAhead) continue;
        if (problem_.blocks[static_cast<size_t>(in)].last != static_cast<int>(op)) continue;
        problem_.shares.push_back({out, in, sharing.lead, sharing.step});
      }
    }
  }
  void AddScratch() {
    for (uint32_t op = 0; op < image_.op_count(); ++op)
      if (const uint32_t bytes = image_.op(op).scratch_bytes; bytes > 0)
        problem_.blocks.push_back(
            {.bytes = bytes, .first = static_cast<int>(op), .last = static_cast<int>(op)});
  }
  const Problem& problem() const { return problem_; }

 private:
  void AddOp(uint32_t op) {
    const auto inputs = image_.op_inputs(op), outputs = image_.op_outputs(op);
    for (const uint16_t input : inputs) Touch(input, static_cast<int>(op));
    if (static_cast<Op>(image_.op(op).op) == Op::kReshape && !inputs.empty() &&
        InArena(image_, inputs[0]) && InArena(image_, outputs[0]) &&
        image_.tensor(inputs[0]).offset == image_.tensor(outputs[0]).offset) {
      block_of_[outputs[0]] = block_of_[inputs[0]];
    }
    for (const uint16_t output : outputs) Touch(output, static_cast<int>(op));
  }
  void Touch(uint16_t tensor, int moment) {
    if (!InArena(image_, tensor)) return;
    int& block = block_of_[tensor];
    if (block < 0) {
      block = static_cast<int>(problem_.blocks.size());
      problem_.blocks.push_back(
          {.bytes = image_.tensor(tensor).bytes, .first = moment, .last = moment});
    }
    int& last = problem_.blocks[static_cast<size_t>(block)].last;
    last = std::max(last, moment);
  }

  const wire::ImageView& image_;
  std::vector<int> block_of_;
  Problem problem_;
};

}  // namespace

ArenaBounds BoundsOf(const wire::ImageView& image) {
  ImageBlocks blocks(image);
  ArenaBounds bounds;
  bounds.apart = LowerBound(blocks.problem());
  // Views need an address to count from.
  const std::unique_ptr<std::byte[]> arena(new std::byte[image.header().arena_bytes + 1]);
  blocks.AddShares(arena.get());
  blocks.AddScratch();
  bounds.shared = LowerBound(blocks.problem());
  return bounds;
}

}  // namespace covey::compiler
