#include "plan/cost/part.hpp"

#include <algorithm>

#include "plan/cost/resident_array.hpp"

namespace covey::plan {
namespace {

constexpr int64_t kKiB = 1024;
// Measured on a MAX78002 by its maker: 0.27 to 0.29 us a word in, weights and activations alike;
// taken for the MAX78000 and for the way out, too.
constexpr double kLoadSecondsPerWord = 0.28e-6;

Part Max78000() {
  Part part{.kind = "max78000", .family = Family::kResidentArray, .clock_hz = 50e6};
  part.load_s_per_word = part.weight_load_s_per_word = kLoadSecondsPerWord;
  part.capacity = {.weight_bytes = 442'368,
                   .bias_bytes = 2'048,
                   .layers = 32,
                   .columns = 768,
                   .processors = kArrayProcessors,
                   .bias_bins = 4,
                   .activation = 16 * 32 * kKiB,
                   .channel = 32 * kKiB,
                   .host_sram = 128 * kKiB,
                   .flash = 512 * kKiB};
  // The MAX78002's, for want of the MAX78000's own; running: the middle of what its networks draw.
  part.power = {.idle_mw = 9.4, .load_mw = 43, .run_mw = 240, .radio_mw = 300};
  return part;
}

Part Max78002() {
  Part part = Max78000();
  part.kind = "max78002";
  part.clock_hz = 200e6;
  // No estimate exists: the maker's measured times are 1.17 to 1.44 (mean 1.31) of the MAX78000's
  // cycles at 200 MHz.
  part.cycle_scale = 1.31;
  part.rules = {.depthwise = true, .channels = 2'048, .pixels = 2'047, .dilation = 16};
  part.capacity = {.weight_bytes = 2'396'160,
                   .bias_bytes = 8'192,
                   .layers = 128,
                   .columns = 4'096,
                   .processors = kArrayProcessors,
                   .bias_bins = 4,
                   .activation = 16 * 80 * kKiB,
                   .channel = 80 * kKiB,
                   .host_sram = 384 * kKiB,
                   .flash = 2'560 * kKiB};
  return part;
}

struct Board {
  const char* kind;
  double clock_hz, cycles_per_instruction;
  double conv, point, depthwise, linear, transposed;  // instructions a multiply-accumulate
  double through;                                     // instructions an output byte
  int64_t flash, ram;
};

// Instructions: counted under QEMU, layer by layer, on the MLPerf Tiny networks (docs/guide/
// engine.md, engine-m55-rv32.md; medians). Clock and cycles per instruction: decision 0006.
constexpr Board kBoards[] = {
    {"m4", 120e6, 1.6, 0.75, 1.05, 2.75, 1.17, 1.6, 8, 1024 * kKiB, 256 * kKiB},
    {"m33", 128e6, 1.3, 0.75, 1.05, 2.75, 1.17, 1.6, 8, 1024 * kKiB, 512 * kKiB},
    {"m55", 160e6, 2.0, 0.18, 0.32, 1.1, 0.30, 6, 1, 1024 * kKiB, 512 * kKiB},
    {"rv32", 160e6, 1.5, 2.1, 2.3, 4.3, 3.5, 6, 12, 2048 * kKiB, 400 * kKiB},
};

Part BoardPart(const Board& board) {
  Part part{.kind = board.kind, .family = Family::kCpu, .clock_hz = board.clock_hz};
  const double cpi = board.cycles_per_instruction;
  const auto set = [&part, cpi](LayerOp op, double instructions) {
    part.cycles_each[static_cast<size_t>(op)] = cpi * instructions;
  };
  set(LayerOp::kConv2d, board.conv);
  set(LayerOp::kConv1d, board.point);
  set(LayerOp::kConvTranspose2d, board.transposed);
  set(LayerOp::kLinear, board.linear);
  set(LayerOp::kDepthwise, board.depthwise);
  set(LayerOp::kPassthrough, board.through);
  part.pointwise_cycles = cpi * board.point;
  part.live_activation = true;
  part.capacity.weight_bytes = part.capacity.flash = board.flash;
  part.capacity.activation = part.capacity.host_sram = board.ram;
  // Data sheets of such chips: about 100 uA a MHz at 1.8 to 3.3 V.
  part.power = {.idle_mw = 3, .load_mw = 20, .run_mw = board.clock_hz * 0.25e-6, .radio_mw = 300};
  return part;
}

const CountedCycles* Counted(const Layer& layer, std::string_view kind) {
  for (const CountedCycles& counted : layer.counted) {
    if (counted.kind == kind) return &counted;
  }
  return nullptr;
}

double PerMac(const Part& part, const Layer& layer) {
  const bool point = layer.op == LayerOp::kConv2d && layer.shape.kernel_h == 1 &&
                     layer.shape.kernel_w == 1 && part.pointwise_cycles > 0;
  return point ? part.pointwise_cycles : part.cycles_each[static_cast<size_t>(layer.op)];
}

}  // namespace

const char* FamilyName(Family family) {
  switch (family) {
    case Family::kResidentArray:
      return "resident-array";
    case Family::kStreamed:
      return "streamed";
    case Family::kCpu:
      break;
  }
  return "cpu";
}

const std::vector<Part>& BuiltInParts() {
  static const std::vector<Part> parts = [] {
    std::vector<Part> all = {Max78000(), Max78002()};
    for (const Board& board : kBoards) all.push_back(BoardPart(board));
    return all;
  }();
  return parts;
}

const Part* BuiltInPart(std::string_view kind) {
  for (const Part& part : BuiltInParts()) {
    if (part.kind == kind) return &part;
  }
  return nullptr;
}

std::string WhyNot(const Part& part, const Layer& layer) {
  if (Counted(layer, part.kind) != nullptr) return {};
  if (part.family == Family::kResidentArray) {
    return BeyondArray(part.rules, layer);
  }
  if (PerMac(part, layer) > 0) return {};
  return std::string(LayerOpName(layer.op)) + " layers";
}

std::optional<double> LayerSeconds(const Part& part, const Layer& layer) {
  if (const CountedCycles* counted = Counted(layer, part.kind)) {
    return counted->cycles / part.clock_hz;
  }
  if (!WhyNot(part, layer).empty()) return std::nullopt;
  if (part.family == Family::kResidentArray) {
    const CountedCycles* base = Counted(layer, "max78000");
    const double cycles = base != nullptr ? base->cycles : static_cast<double>(ArrayCycles(layer));
    return cycles * part.cycle_scale / part.clock_hz;
  }
  const auto work =
      static_cast<double>(layer.op == LayerOp::kPassthrough ? layer.out_bytes : layer.macs);
  const double seconds = work * PerMac(part, layer) / part.clock_hz;
  if (part.family == Family::kCpu || part.weight_bytes_per_s <= 0) return seconds;
  return std::max(seconds, static_cast<double>(layer.weight_bytes) / part.weight_bytes_per_s);
}

}  // namespace covey::plan
