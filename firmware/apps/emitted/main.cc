// emitted: runs a network that was generated as C++ over samples, and prints what the app `bench`
// prints. It is linked with the network when one is measured (src/serve/board/build.cc):
//
//   emitted inputs=samples outputs=results [layers=1]

#include "common/board.hpp"
#include "common/print.hpp"
#include "common/semihosting.hpp"
#include "core/text.hpp"
#include "network.hpp"

namespace covey::board {
namespace {

constexpr uint32_t kMostLayers = 256;

void Field(const char* name, uint64_t value) {
  PutChar(',');
  PrintQuoted(name);
  PutChar(':');
  PrintNumber(value);
}

// Clock at the end of each op of one run; `count` stays 0 unless the network calls the hook.
struct Layers {
  uint64_t end_ns[kMostLayers];
  uint32_t op[kMostLayers];
  uint32_t count = 0;
};
Layers layers;

std::span<std::byte> Tensor(uint32_t index) {
  return {static_cast<std::byte*>(covey_tensor(index)), covey_tensor_bytes[index]};
}

bool ReadInputs(HostFile& file) {
  for (uint32_t i = 0; i < covey_inputs; ++i)
    if (!file.Read(Tensor(i))) return false;
  return true;
}
bool WriteOutputs(HostFile& file) {
  for (uint32_t i = 0; i < covey_outputs; ++i)
    if (!file.Write(Tensor(covey_inputs + i))) return false;
  return true;
}

// What reading the clock twice costs, so that it can be left out.
uint64_t ReadingCost() {
  const uint64_t begin_ns = ClockNs();
  return InstructionsBetween(begin_ns, ClockNs());
}

void PrintLayers(uint64_t begin_ns) {
  const uint64_t cost = ReadingCost();
  for (uint32_t i = 0; i < layers.count && i < kMostLayers; ++i) {
    Print("{\"layer\":");
    PrintNumber(layers.op[i]);
    const uint64_t count = InstructionsBetween(begin_ns, layers.end_ns[i]);
    Field("instructions", count > cost ? count - cost : 0);
    Print("}\n");
    begin_ns = layers.end_ns[i];
  }
}

Status RunSamples(HostFile& inputs, HostFile& outputs, uint32_t samples, bool per_layer) {
  const uint64_t cost = ReadingCost();
  for (uint32_t sample = 0; sample < samples; ++sample) {
    if (!ReadInputs(inputs)) return Status(Code::kDataLoss, "inputs end too early");
    layers.count = 0;
    const uint64_t begin_ns = ClockNs();
    covey_run();
    const uint64_t instructions = InstructionsBetween(begin_ns, ClockNs());
    if (!WriteOutputs(outputs)) return Status(Code::kDataLoss, "outputs cannot be written");
    if (!IsCounting()) continue;
    Print("{\"sample\":");
    PrintNumber(sample);
    Field("instructions", instructions - cost);
    Print("}\n");
    if (per_layer && sample + 1 == samples) PrintLayers(begin_ns);
  }
  return OkStatus();
}

Status RunNetwork(std::span<const char* const> words) {
  const char* const input_path = Argument(words, "inputs");
  const char* const output_path = Argument(words, "outputs");
  if (input_path == nullptr || output_path == nullptr) {
    return Status(Code::kInvalidArgument, "usage: emitted inputs=F outputs=F [layers=1]");
  }
  Print("{\"model\":\"emitted\"");
  Field("arena_bytes", covey_arena_bytes);
  Print("}\n");
  HostFile inputs = HostFile::Open(input_path, HostFile::kRead);
  HostFile outputs = HostFile::Open(output_path, HostFile::kWrite);
  uint32_t sample_bytes = 0;
  for (uint32_t i = 0; i < covey_inputs; ++i) sample_bytes += covey_tensor_bytes[i];
  const int64_t size = inputs.is_open() ? inputs.Size() : -1;
  if (!outputs.is_open() || size < 0 || sample_bytes == 0 || size % sample_bytes != 0) {
    return Status(Code::kInvalidArgument, "the samples cannot be read, or do not fit the network");
  }
  const auto samples = static_cast<uint32_t>(size / sample_bytes);
  COVEY_TRY(RunSamples(inputs, outputs, samples, Argument(words, "layers") != nullptr));
  inputs.Close();
  outputs.Close();
  Print("{\"samples\":");
  PrintNumber(samples);
  Field("stack_bytes", MeasureStack().high_water);
  Field("stack_room", MeasureStack().size);
  Print("}\n");
  return OkStatus();
}

}  // namespace
}  // namespace covey::board

void covey_after_op(int op) {
  using covey::board::layers;
  const uint64_t now_ns = covey::board::ClockNs();
  if (layers.count < covey::board::kMostLayers) {
    layers.end_ns[layers.count] = now_ns;
    layers.op[layers.count] = static_cast<uint32_t>(op);
  }
  ++layers.count;
}

int main() {
  using namespace covey::board;
  Start();
  static char line[1024];
  static const char* words[16];
  const size_t count = CommandLine(line, words);
  const covey::Status status = RunNetwork(std::span(words).first(count));
  if (status.ok()) return 0;
  Print("{\"error\":");
  PrintQuoted(status.message());
  Field("code", static_cast<uint64_t>(status.code()));
  Print("}\n");
  return 1;
}
