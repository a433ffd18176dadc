// Blocks of pixels that become channels, or pictures of a batch, and back.
#include <optional>

#include "compiler/import/tflite/moves.hpp"
#include "compiler/import/tflite/read.hpp"

namespace covey::compiler::tflite {
namespace {

using Dims = std::vector<int32_t>;

// Blocks of a picture become pictures of the batch, and back: a pad or a slice, and a transpose.
// (N,H,W,C) or (N,H,C); block and margins for each dimension between the first and the last.
struct BatchBlocks {
  Dims block, margins;  // margins: two a dimension
};
std::optional<BatchBlocks> BlocksOf(const Moves& moves) {
  const auto block = Numbers(moves.in(1)), margins = Numbers(moves.in(2));
  if (moves.in(0) == nullptr || !block || !margins || margins->size() != 2 * block->size()) {
    return std::nullopt;
  }
  const size_t rank = moves.in(0)->dims.size();
  if (block->empty() || block->size() > 2 || block->size() + 2 != rank ||
      moves.out().dims.size() != rank) {
    return std::nullopt;
  }
  constexpr int32_t kMost = 1 << 15;
  for (int32_t size : *block) {
    if (size < 1 || size > kMost) return std::nullopt;
  }
  for (int32_t margin : *margins) {
    if (margin < 0 || margin > kMost) return std::nullopt;
  }
  return BatchBlocks{*block, *margins};
}

}  // namespace

// (N,H,W,b*b*C) -> (N,H*b,W*b,C), and back
bool AddBlocks(Moves& moves, int32_t block, bool to_space) {
  if (moves.in(0) == nullptr || block < 1) return false;
  const Dims in = moves.in(0)->dims, out = moves.out().dims;
  if (in.size() != 4 || out.size() != 4) return false;
  const Dims& small = to_space ? in : out;  // of few pixels and many channels
  const Dims& large = to_space ? out : in;
  if (int64_t{small[1]} * block != large[1] || int64_t{small[2]} * block != large[2] ||
      int64_t{large[3]} * block * block != small[3] || in[0] != out[0]) {
    return false;
  }
  const Dims deep{small[0], small[1], small[2], block, block, large[3]};
  const Dims wide{small[0], small[1], block, small[2], block, large[3]};
  const int input = moves.Reshape(moves.from().inputs[0], to_space ? deep : wide);
  const int turned =
      moves.Transpose(input, to_space ? Dims{0, 1, 3, 2, 4, 5} : Dims{0, 1, 3, 2, 4, 5});
  moves.ReshapeTo(turned, moves.from().outputs[0]);
  return true;
}

bool AddSpaceToBatch(Moves& moves) {
  const auto blocks = BlocksOf(moves);
  if (!blocks) return false;
  const Dims in = moves.in(0)->dims;
  Dims padded = in, split{in[0]}, perm, spatial{0};
  Pads pads{.before = Dims(in.size(), 0), .after = Dims(in.size(), 0)};
  for (size_t i = 0; i < blocks->block.size(); ++i) {
    pads.before[i + 1] = blocks->margins[2 * i];
    pads.after[i + 1] = blocks->margins[2 * i + 1];
    padded[i + 1] += pads.before[i + 1] + pads.after[i + 1];
    if (padded[i + 1] % blocks->block[i] != 0) return false;
    split.insert(split.end(), {padded[i + 1] / blocks->block[i], blocks->block[i]});
    spatial.push_back(static_cast<int32_t>(2 * i + 1));
    perm.push_back(static_cast<int32_t>(2 * i + 2));
  }
  perm.insert(perm.end(), spatial.begin(), spatial.end());
  perm.push_back(static_cast<int32_t>(split.size()));
  split.push_back(in.back());
  const int wide = moves.Temporary(moves.from().inputs[0], padded);
  moves.Add(Op::kPad, {moves.from().inputs[0]}, wide, pads);
  moves.ReshapeTo(moves.Transpose(moves.Reshape(wide, split), perm), moves.from().outputs[0]);
  return true;
}

bool AddBatchToSpace(Moves& moves) {
  const auto blocks = BlocksOf(moves);
  if (!blocks) return false;
  const Dims in = moves.in(0)->dims, out = moves.out().dims;
  Dims split = blocks->block, whole = in, begin(in.size(), 0), perm;
  int64_t batches = in[0];
  for (int32_t size : blocks->block) batches = batches % size == 0 ? batches / size : -1;
  if (batches < 1) return false;
  const auto count = static_cast<int32_t>(blocks->block.size());
  whole[0] = static_cast<int32_t>(batches);
  split.push_back(whole[0]);
  perm.push_back(count);
  for (int32_t i = 0; i < count; ++i) {
    const auto at = static_cast<size_t>(i);
    const int64_t joined = int64_t{in[at + 1]} * blocks->block[at];
    begin[at + 1] = blocks->margins[2 * at];
    if (joined - blocks->margins[2 * at] - blocks->margins[2 * at + 1] != out[at + 1]) return false;
    whole[at + 1] = static_cast<int32_t>(joined);
    split.push_back(in[at + 1]);
    perm.insert(perm.end(), {count + 1 + i, i});
  }
  perm.push_back(static_cast<int32_t>(split.size()));
  split.push_back(in.back());
  if (out[0] != whole[0] || out.back() != in.back()) return false;
  const int turned = moves.Transpose(moves.Reshape(moves.from().inputs[0], split), perm);
  moves.Slice(moves.Reshape(turned, whole), begin, Dims(in.size(), 1), out,
              moves.from().outputs[0]);
  return true;
}

}  // namespace covey::compiler::tflite
