// conform: holds the board's own kernels to those of ref/, byte for byte, on random cases, and
// prints one JSON object a line:
//
//   conform [cases=400] [seed=0]
//
// Each case runs with the least scratch that the fast loops take, with more, and with none, and
// each of these twice: with its tensors apart, and with the output over its first input, as far
// ahead of it as kernels/overlap.hpp lets it be. Output and scratch are fenced by bytes that must
// stay as they were. The process ends with 0, with 1 after a "mismatch" line, or with 70 after a
// "fault" line. Whoever parses the lines: src/serve/board/conform_test.cc.

#include "cases.hpp"
#include "common/board.hpp"
#include "common/print.hpp"
#include "common/semihosting.hpp"
#include "jpeg.hpp"
#include "kernels/listed_weights.hpp"
#include "kernels/overlap.hpp"
#include "kernels/ref/table.hpp"
#include "route.hpp"
#include "target_kernels.hpp"

namespace covey::board {
namespace {

constexpr Op kOps[] = {
    Op::kConv2D, Op::kDepthwiseConv2D, Op::kFullyConnected, Op::kAdd,       Op::kSub,
    Op::kMul,    Op::kUnary,           Op::kAveragePool2D,  Op::kMaxPool2D, Op::kMean};
constexpr std::byte kFence{0xA5};
constexpr size_t kFenceBytes = 16;

const Kernel* Find(std::span<const Kernel> kernels, Op op) {
  for (const Kernel& kernel : kernels)
    if (kernel.op == op) return &kernel;
  return nullptr;
}

uint32_t NumberOf(const char* text, uint32_t otherwise) {
  if (text == nullptr) return otherwise;
  uint32_t number = 0;
  for (; *text >= '0' && *text <= '9'; ++text)
    number = 10 * number + static_cast<uint32_t>(*text - '0');
  return number;
}

// Where a run went wrong.
struct Mismatch {
  const char* what = nullptr;
  size_t at = 0;
};

bool Fenced(const std::byte* begin) {
  for (size_t i = 0; i < kFenceBytes; ++i)
    if (begin[i] != kFence) return false;
  return true;
}

constexpr size_t UpTo(size_t bytes, size_t step) { return (bytes + step - 1) / step * step; }

// By how many bytes the output begins before input 0, at 16-byte boundaries; 0: they lie apart.
// `most`: by as much as a loop of the target's own asks for.
size_t AheadOf(const OpView& view, bool most) {
  const kernels::Sharing sharing = kernels::SharingOf(view, 0);
  if (sharing.how != kernels::Sharing::How::kAhead || sharing.lead < 0) return 0;
  size_t step = static_cast<size_t>(sharing.step);
  for (int i = 0; i < 4 && step % 16 != 0; ++i) step *= 2;
  const int64_t lead = most && MostLead(view) > sharing.lead ? MostLead(view) : sharing.lead;
  return UpTo(static_cast<size_t>(lead), step);
}

// Where the output lies: apart from input 0, or over it, as far ahead as it must be or further.
enum Where { kApart, kOver, kFarOver };

// Runs the target's kernel with so much scratch behind `room`'s copy of the output.
Mismatch Compare(OpView view, const std::byte* expected, std::span<std::byte> room, size_t scratch,
                 Where where) {
  const bool shared = where != kApart;
  const size_t bytes = view.output[0].bytes;
  const size_t ahead = shared ? AheadOf(view, where == kFarOver) : 0,
               in = shared ? view.input[0].bytes : 0;
  const size_t used = bytes > ahead + in ? bytes : ahead + in;
  std::byte* const out = room.data();
  std::byte* const begin = out + UpTo(used, 16) + kFenceBytes;
  __builtin_memset(out, static_cast<int>(kFence), UpTo(used, 16) + 2 * kFenceBytes + scratch);
  if (shared) {
    __builtin_memcpy(out + ahead, view.input[0].data, in);
    view.input[0].data = out + ahead;
  }
  view.output[0].data = out;
  view.scratch = {begin, scratch};
  Find(TargetKernels(), view.op)->run(view);
  for (size_t i = 0; i < bytes; ++i)
    if (out[i] != expected[i]) return {shared ? "output over its input" : "output", i};
  if (!Fenced(out + used)) return {"written behind the output", scratch};
  if (!Fenced(begin + scratch)) return {"written behind scratch", scratch};
  return {};
}

// Whether lists stand for the op's weights, and scratch holds what they are made in again.
bool MayLeaveWeightsOut(const OpView& view, size_t scratch) {
  if (view.op != Op::kConv2D || view.input[0].dtype != DType::kInt8) return false;
  const int32_t order = view.attr_as<ConvAttr>().weights_order;
  return kernels::HoldsLists(order) &&
         static_cast<int64_t>(scratch) >= kernels::ListedBytes(view.input[1].dims);
}

void Tell(const char* what, Op op, uint32_t seed, size_t scratch, size_t at) {
  Print("{\"mismatch\":");
  PrintQuoted(what);
  Print(",\"op\":");
  PrintQuoted(OpName(op));
  Print(",\"seed\":");
  PrintNumber(seed);
  Print(",\"scratch\":");
  PrintNumber(scratch);
  Print(",\"at\":");
  PrintNumber(at);
  Print("}\n");
}

// How the op's cases went; `ran` counts the runs.
bool RunOp(Op op, uint32_t first, uint32_t cases, uint32_t& ran) {
  NoDiag diag;
  for (uint32_t seed = first; seed < first + cases; ++seed) {
    Case one(FreeRam());
    if (!one.Draw(op, seed)) continue;
    const Kernel* const ref = Find(kernels::RefKernels(), op);
    if (!ref->prepare(one.view(), diag).ok()) continue;
    ref->run(one.view());
    const OpView& view = one.view();
    const std::byte* const expected = view.output[0].data;
    std::span<std::byte> room = one.left();
    const size_t skip = (16 - reinterpret_cast<uintptr_t>(room.data()) % 16) % 16;
    room = room.subspan(skip);
    const bool may_share = kernels::SharingOf(view, 0).how == kernels::Sharing::How::kAhead;
    for (const size_t wanted : ScratchSizes(view)) {
      for (const Where where : {kApart, kOver, kFarOver}) {
        if (where != kApart && !may_share) continue;
        if (where == kFarOver && MostLead(view) == 0) continue;
        const size_t over = AheadOf(view, where == kFarOver) + view.input[0].bytes;
        const size_t spare = view.output[0].bytes + (where == kApart ? 0 : over) + 64;
        if (room.size() < spare + wanted) continue;
        Mismatch found = Compare(view, expected, room, wanted, where);
        ++ran;
        if (found.what == nullptr && MayLeaveWeightsOut(view, wanted)) {
          OpView listed = view;
          listed.input[1].data = nullptr;
          found = Compare(listed, expected, room, wanted, where);
          ++ran;
        }
        if (found.what == nullptr) continue;
        Tell(found.what, op, seed, wanted, found.at);
        return false;
      }
    }
  }
  return true;
}

}  // namespace
}  // namespace covey::board

int main() {
  using namespace covey::board;
  Start();
  static char line[256];
  static const char* words[8];
  const std::span<const char* const> arguments(words, CommandLine(line, words));
  if (Argument(arguments, "route") != nullptr) {
    MeasureRouting();
    return 0;
  }
  if (Argument(arguments, "jpeg") != nullptr) {
    MeasureJpeg();
    return 0;
  }
  const uint32_t cases = NumberOf(Argument(arguments, "cases"), 400);
  const uint32_t first = NumberOf(Argument(arguments, "seed"), 0);
  bool equal = true;
  for (const covey::Op op : kOps) {
    uint32_t ran = 0;
    equal = RunOp(op, first, cases, ran) && equal;
    Print("{\"conform\":");
    PrintQuoted(covey::OpName(op));
    Print(",\"runs\":");
    PrintNumber(ran);
    Print("}\n");
  }
  return equal ? 0 : 1;
}
