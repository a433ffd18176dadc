// bench: runs a model image over samples and prints exact instruction counts, one JSON object a
// line. The emulator's command line names the files:
//
//   bench image=model.covey inputs=samples outputs=results [layers=1]
//
// Every sample is one input of the model (all its input tensors, one after the other); its outputs
// are appended to `outputs` in the same way. The process ends with 0, or with 1 after an "error"
// line, or with 70 after a "fault" line. Whoever parses the lines: src/serve/board.

#include "common/board.hpp"
#include "common/print.hpp"
#include "common/semihosting.hpp"
#include "core/text.hpp"
#include "micro/run/engine.hpp"
#include "target_kernels.hpp"

namespace covey::board {
namespace {

void Field(const char* name, uint64_t value) {
  PutChar(',');
  PrintQuoted(name);
  PutChar(':');
  PrintNumber(value);
}

// Findings as JSON lines, so that the host can report them again.
class JsonDiag final : public Diag {
 public:
  void Report(const Finding& finding) override {
    Print("{\"finding\":");
    PrintQuoted(finding.subject);
    Print(",\"problem\":");
    PrintQuoted(finding.problem);
    Print(",\"at\":");
    PrintSigned(finding.at);
    if (finding.numbers) {
      Print(",\"found\":");
      PrintSigned(finding.found);
      Print(",\"expected\":");
      PrintSigned(finding.expected);
    }
    Print("}\n");
  }
};

// Instructions of each op of one run.
class LayerCounts final : public micro::Trace {
 public:
  explicit LayerCounts(const wire::ImageView& image) : image_(image) {}
  void Begin(uint32_t) override { begin_ns_ = ClockNs(); }
  void End(uint32_t op) override {
    const uint64_t end_ns = ClockNs();
    Print("{\"layer\":");
    PrintNumber(op);
    Field("instructions", InstructionsBetween(begin_ns_, end_ns));
    Print(",\"op\":");
    PrintQuoted(OpName(static_cast<Op>(image_.op(op).op)));
    Print(",\"name\":");
    PrintQuoted(image_.op_name(op));
    Print("}\n");
  }

 private:
  const wire::ImageView& image_;
  uint64_t begin_ns_ = 0;
};

Status NoRoom(Diag& diag, const char* subject, const char* where, size_t wanted, size_t room) {
  Text<96> problem;
  problem.Add("does not fit into the board's ").Add(where).Add(": ");
  problem.AddNumber(static_cast<int64_t>(wanted - room)).Add(" bytes missing");
  diag.Report({.subject = subject,
               .problem = problem.c_str(),
               .found = static_cast<int64_t>(wanted),
               .expected = static_cast<int64_t>(room),
               .numbers = true});
  return Status(Code::kResourceExhausted, "the model is too large for this board");
}

Result<HostFile> OpenFile(Diag& diag, const char* path, HostFile::Mode mode) {
  HostFile file = HostFile::Open(path, mode);
  if (file.is_open()) return file;
  diag.Report({.subject = path, .problem = "the file cannot be opened"});
  return Status(Code::kNotFound, "a file cannot be opened");
}

// Places the image in the flash behind the program, where a board would have it.
Result<std::span<const std::byte>> LoadImage(Diag& diag, const char* path) {
  COVEY_TRY_ASSIGN(HostFile file, OpenFile(diag, path, HostFile::kRead));
  const std::span<std::byte> room = FreeFlash();
  const int64_t size = file.Size();
  if (size < 0) return Status(Code::kDataLoss, "the image's size cannot be read");
  if (static_cast<uint64_t>(size) > room.size()) {
    return NoRoom(diag, "model image", "flash", static_cast<size_t>(size), room.size());
  }
  const std::span<std::byte> bytes = room.first(static_cast<size_t>(size));
  if (!file.Read(bytes)) return Status(Code::kDataLoss, "the image cannot be read");
  file.Close();
  return std::span<const std::byte>(bytes);
}

struct Job {
  HostFile inputs, outputs;
  uint32_t samples = 0;
};

Result<Job> OpenJob(Diag& diag, std::span<const char* const> words, const micro::Engine& engine) {
  const char* const inputs = Argument(words, "inputs");
  const char* const outputs = Argument(words, "outputs");
  if (inputs == nullptr || outputs == nullptr) {
    return Status(Code::kInvalidArgument, "usage: bench image=F inputs=F outputs=F [layers=1]");
  }
  int64_t sample_bytes = 0;
  for (int i = 0; i < engine.inputs(); ++i) sample_bytes += engine.input(i).bytes;
  Job job;
  COVEY_TRY_ASSIGN(job.inputs, OpenFile(diag, inputs, HostFile::kRead));
  COVEY_TRY_ASSIGN(job.outputs, OpenFile(diag, outputs, HostFile::kWrite));
  const int64_t size = job.inputs.Size();
  if (size < 0 || sample_bytes == 0 || size % sample_bytes != 0) {
    diag.Report({.subject = inputs,
                 .problem = "size is no multiple of one sample's bytes",
                 .found = size,
                 .expected = sample_bytes,
                 .numbers = true});
    return Status(Code::kInvalidArgument, "the samples do not fit the model");
  }
  job.samples = static_cast<uint32_t>(size / sample_bytes);
  return job;
}

bool ReadInputs(HostFile& file, micro::Engine& engine) {
  for (int i = 0; i < engine.inputs(); ++i) {
    const TensorView tensor = engine.input(i);
    if (!file.Read({tensor.data, tensor.bytes})) return false;
  }
  return true;
}

bool WriteOutputs(HostFile& file, const micro::Engine& engine) {
  for (int i = 0; i < engine.outputs(); ++i) {
    const TensorView tensor = engine.output(i);
    if (!file.Write({tensor.data, tensor.bytes})) return false;
  }
  return true;
}

// What reading the clock twice costs, so that it can be left out.
uint64_t ReadingCost() {
  const uint64_t begin_ns = ClockNs();
  return InstructionsBetween(begin_ns, ClockNs());
}

Status RunSamples(Job& job, micro::Engine& engine, bool layers) {
  const uint64_t cost = ReadingCost();
  for (uint32_t sample = 0; sample < job.samples; ++sample) {
    if (!ReadInputs(job.inputs, engine)) return Status(Code::kDataLoss, "inputs end too early");
    const uint64_t begin_ns = ClockNs();
    engine.Run();
    const uint64_t instructions = InstructionsBetween(begin_ns, ClockNs());
    COVEY_TRY(engine.verdict());
    if (!WriteOutputs(job.outputs, engine)) {
      return Status(Code::kDataLoss, "outputs cannot be written");
    }
    if (!IsCounting()) continue;
    Print("{\"sample\":");
    PrintNumber(sample);
    Field("instructions", instructions - cost);
    Print("}\n");
  }
  if (!layers || !IsCounting() || job.samples == 0) return OkStatus();
  // A run of its own: the counts above hold no tracing. Inputs may share memory with later tensors.
  uint32_t sample_bytes = 0;
  for (int i = 0; i < engine.inputs(); ++i) {
    sample_bytes += static_cast<uint32_t>(engine.input(i).bytes);
  }
  if (!job.inputs.Seek((job.samples - 1) * sample_bytes) || !ReadInputs(job.inputs, engine)) {
    return Status(Code::kDataLoss, "inputs cannot be read again");
  }
  LayerCounts counts(engine.image());
  engine.Run(&counts);
  return OkStatus();
}

Status RunBench(Diag& diag, std::span<const char* const> words) {
  const char* const path = Argument(words, "image");
  if (path == nullptr) {
    return Status(Code::kInvalidArgument, "usage: bench image=F inputs=F outputs=F [layers=1]");
  }
  COVEY_TRY_ASSIGN(const std::span<const std::byte> bytes, LoadImage(diag, path));
  COVEY_TRY_ASSIGN(const wire::ImageView image, wire::ImageView::Read(bytes, diag));
  const std::span<std::byte> arena = FreeRam();
  const uint32_t arena_bytes = image.header().arena_bytes;
  if (arena_bytes > arena.size()) {
    return NoRoom(diag, "arena", "RAM", arena_bytes, arena.size());
  }
  COVEY_TRY_ASSIGN(micro::Engine engine,
                   micro::Engine::Prepare(image, TargetKernels(), arena, diag));
  Print("{\"model\":");
  PrintQuoted(image.name());
  Field("image_bytes", bytes.size());
  Field("flash_room", FreeFlash().size());
  Field("arena_bytes", arena_bytes);
  Field("arena_room", arena.size());
  Print("}\n");
  COVEY_TRY_ASSIGN(Job job, OpenJob(diag, words, engine));
  COVEY_TRY(RunSamples(job, engine, Argument(words, "layers") != nullptr));
  job.inputs.Close();
  job.outputs.Close();
  Print("{\"samples\":");
  PrintNumber(job.samples);
  Field("stack_bytes", MeasureStack().high_water);
  Field("stack_room", MeasureStack().size);
  Print("}\n");
  return OkStatus();
}

}  // namespace
}  // namespace covey::board

int main() {
  using namespace covey::board;
  Start();
  Print("{\"board\":");
  PrintQuoted(Name());
  Print(IsCounting() ? ",\"counting\":true}\n" : ",\"counting\":false}\n");
  JsonDiag diag;
  static char line[1024];
  static const char* words[16];
  const size_t count = CommandLine(line, words);
  const covey::Status status = RunBench(diag, std::span(words).first(count));
  if (status.ok()) return 0;
  Print("{\"error\":");
  PrintQuoted(status.message());
  Field("code", static_cast<uint64_t>(status.code()));
  Print("}\n");
  return 1;
}
