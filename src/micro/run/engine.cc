#include "micro/run/engine.hpp"

#include "core/text.hpp"
#include "kernels/jpeg_fault.hpp"
#include "kernels/overlap.hpp"

namespace covey::micro {
namespace {

// Most tables have most ops in the order of their numbers, from 1 on.
const Kernel* Find(std::span<const Kernel> kernels, Op op) {
  const size_t likely = static_cast<size_t>(op) - 1;
  if (likely < kernels.size() && kernels[likely].op == op) return &kernels[likely];
  for (const Kernel& kernel : kernels)
    if (kernel.op == op) return &kernel;
  return nullptr;
}

Status RefuseUnknown(const OpView& op, const wire::ImageView& image, uint32_t index,
                     std::span<const Kernel> kernels, Diag& diag) {
  Text<128> subject;
  subject.Add(OpName(op.op)).Add(" '").Add(op.name).Add("' -> tensor '");
  subject.Add(image.tensor_name(image.op_outputs(index)[0])).Add("'");
  Text<384> problem;
  problem.Add("no kernel for this op; supported are");
  for (const Kernel& kernel : kernels) problem.Add(" ").Add(OpName(kernel.op));
  diag.Report({.subject = subject.c_str(), .problem = problem.c_str()});
  return Status(Code::kUnimplemented, "engine: no kernel for an op");
}

// A constant without bytes (wire/image/format.hpp) lies nowhere.
bool Overlap(const std::byte* a, size_t a_bytes, const std::byte* b, size_t b_bytes) {
  if (a == nullptr || b == nullptr) return false;
  return a < b + b_bytes && b < a + a_bytes && a_bytes != 0 && b_bytes != 0;
}

Status RefuseOverlap(const OpView& op, const char* what, Diag& diag) {
  Text<128> subject;
  subject.Add(OpName(op.op)).Add(" '").Add(op.name).Add("'");
  Text<64> problem;
  problem.Add(what).Add(" overlap in the arena");
  diag.Report({.subject = subject.c_str(), .problem = problem.c_str()});
  return Status(Code::kInvalidArgument, "engine: an op's tensors overlap in the arena");
}

// Kernels may take their tensors as apart, but for what kernels/overlap.hpp allows.
Status CheckInput(const OpView& op, int input, Diag& diag) {
  const TensorView& in = op.input[input];
  for (int o = 0; o < op.outputs; ++o) {
    const TensorView& out = op.output[o];
    if (!Overlap(in.data, in.bytes, out.data, out.bytes)) continue;
    if (op.outputs == 1 && kernels::MayShare(kernels::SharingOf(op, input), op, input,
                                             static_cast<int64_t>(in.data - out.data)))
      continue;
    return RefuseOverlap(op, "output and an input", diag);
  }
  if (Overlap(in.data, in.bytes, op.scratch.data(), op.scratch.size()))
    return RefuseOverlap(op, "an input and scratch", diag);
  return OkStatus();
}

// After the kernel's own prepare: what overlaps is a question of checked shapes.
Status CheckApart(const OpView& op, Diag& diag) {
  for (int i = 0; i < op.inputs; ++i) COVEY_TRY(CheckInput(op, i, diag));
  for (int o = 0; o < op.outputs; ++o) {
    const TensorView& out = op.output[o];
    for (int other = 0; other < o; ++other)
      if (Overlap(op.output[other].data, op.output[other].bytes, out.data, out.bytes))
        return RefuseOverlap(op, "two outputs", diag);
    if (Overlap(out.data, out.bytes, op.scratch.data(), op.scratch.size()))
      return RefuseOverlap(op, "output and scratch", diag);
  }
  return OkStatus();
}

Status CheckArena(const wire::ImageView& image, std::span<std::byte> arena, Diag& diag) {
  if (reinterpret_cast<uintptr_t>(arena.data()) % wire::kImageAlign != 0) {
    diag.Report({.subject = "arena",
                 .problem = "must start at a 16-byte boundary; address modulo 16",
                 .found = static_cast<int64_t>(reinterpret_cast<uintptr_t>(arena.data()) % 16),
                 .expected = 0,
                 .numbers = true});
    return Status(Code::kInvalidArgument, "engine: arena is not 16-byte aligned");
  }
  const uint32_t needed = image.header().arena_bytes;
  if (arena.size() >= needed) return OkStatus();
  Text<96> problem;
  problem.Add("is ").AddNumber(static_cast<int64_t>(needed - arena.size()));
  problem.Add(" bytes too small for model '").Add(image.name()).Add("'");
  diag.Report({.subject = "arena",
               .problem = problem.c_str(),
               .found = static_cast<int64_t>(arena.size()),
               .expected = needed,
               .numbers = true});
  return Status(Code::kResourceExhausted, "engine: arena is too small");
}

// An exit leaves at least one op to run behind what it passes over.
Status CheckExit(const OpView& op, uint32_t behind, Diag& diag) {
  const int32_t skipped = op.attr_as<ExitAttr>().skipped;
  if (skipped == 0 || (skipped > 0 && static_cast<uint32_t>(skipped) < behind)) return OkStatus();
  Text<128> subject;
  subject.Add(OpName(op.op)).Add(" '").Add(op.name).Add("'");
  diag.Report({.subject = subject.c_str(),
               .problem = "must leave an op behind those it passes over; at most",
               .found = skipped,
               .expected = behind == 0 ? 0 : static_cast<int64_t>(behind) - 1,
               .numbers = true});
  return Status(Code::kInvalidArgument, "engine: an exit passes over too many ops");
}

}  // namespace

Result<Engine> Engine::Prepare(const wire::ImageView& image, std::span<const Kernel> kernels,
                               std::span<std::byte> arena, Diag& diag) {
  COVEY_TRY(CheckArena(image, arena, diag));
  for (uint32_t i = 0; i < image.op_count(); ++i) {
    const OpView op = image.ViewOp(i, arena.data());
    const Kernel* kernel = Find(kernels, op.op);
    if (kernel == nullptr) return RefuseUnknown(op, image, i, kernels, diag);
    COVEY_TRY(kernel->prepare(op, diag));
    COVEY_TRY(CheckApart(op, diag));
    if (op.op == Op::kExit) COVEY_TRY(CheckExit(op, image.op_count() - 1 - i, diag));
  }
  Engine engine(image, kernels, arena.data());
  engine.FindStream();
  engine.Reset();
  return engine;
}

Status Engine::verdict() const {
  return verdict_ == nullptr ? OkStatus() : kernels::JpegStatus(*verdict_);
}

// An image that leaves the verdict out, or elsewhere, has none.
void Engine::FindStream() {
  const int last = image_.output_count() - 1;
  for (uint32_t i = 0; i < image_.op_count(); ++i) {
    const OpView op = image_.ViewOp(i, arena_);
    if (op.op != Op::kJpeg) continue;
    stream_ = stream_ || (inputs() > 0 && image_.op_inputs(i)[0] == image_.input_tensor(0));
    if (last > 0 && image_.op_outputs(i)[2] == image_.output_tensor(static_cast<uint16_t>(last)))
      verdict_ = op.output[2].as<int32_t>();
  }
}

void Engine::Reset() {
  for (uint32_t i = 0; i < image_.tensor_count(); ++i) {
    const TensorView tensor = image_.View(i, arena_);
    if (!tensor.state) continue;
    const bool bytes = tensor.dtype == DType::kInt8;
    __builtin_memset(tensor.data, bytes ? tensor.zero_point : 0, tensor.bytes);
  }
}

bool Engine::Run(Trace* trace, Watch* watch) {
  OpView op;
  for (uint32_t i = 0; i < image_.op_count(); ++i) {
    if (watch != nullptr && !watch->GoOn()) return false;
    image_.ViewOp(i, arena_, op);
    if (trace != nullptr) trace->Begin(i);
    Find(kernels_, op.op)->run(op);
    if (trace != nullptr) trace->End(i);
    i += PassedOver(op);
  }
  return true;
}

}  // namespace covey::micro
