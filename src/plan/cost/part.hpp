// Part describes one kind of device to the planner: how fast it runs a layer, what it can hold,
// what its links and its power cost. Built-in kinds: "max78000", "max78002" and our boards "m4",
// "m33", "m55", "rv32"; a descriptor file makes any other (docs/guide/composition.md).
//
//   const Part* part = BuiltInPart("max78000");
//   std::optional<double> seconds = LayerSeconds(*part, layer);   // nothing: it cannot run it
//
// Units: as the names say; powers above idle but for idle_mw itself.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plan/cost/array_rules.hpp"
#include "plan/cost/layer.hpp"

namespace covey::plan {

inline constexpr int64_t kUnlimited = std::numeric_limits<int64_t>::max() / 4;
inline constexpr int kLayerOps = static_cast<int>(LayerOp::kPassthrough) + 1;

enum class Family : uint8_t {
  kResidentArray,  // weights loaded once into columns of many small memories (MAX7800x)
  kStreamed,       // weights come from a slow memory at each run (Ethos-U, K210)
  kCpu,            // a core runs the layers itself
};
const char* FamilyName(Family family);

// What a device of this kind can hold. In bytes unless named otherwise.
struct Capacity {
  int64_t weight_bytes = kUnlimited;
  int64_t bias_bytes = kUnlimited;
  int64_t layers = kUnlimited;
  // The 2-D memory of a resident array; no columns: bytes only.
  int32_t columns = 0;
  int32_t processors = 0;
  int32_t bias_bins = 1;            // a layer's biases lie whole in one of them
  int64_t activation = kUnlimited;  // all data memories together
  int64_t channel = kUnlimited;     // one channel of one tensor: one data memory
  int64_t host_sram = kUnlimited;   // a cut tensor passes through it
  int64_t flash = kUnlimited;       // where chunks are kept
};

struct Power {
  double idle_mw = 0, load_mw = 0, run_mw = 0, radio_mw = 0;
};

struct Part {
  std::string kind{};
  Family family = Family::kCpu;
  double clock_hz = 1;
  // Resident array: cycles of plan/cost/resident_array.hpp times this.
  double cycle_scale = 1;
  // Streamed and CPU: cycles for each multiply-accumulate by LayerOp; of a passthrough for each
  // output byte. 0: it cannot run such a layer.
  std::array<double, kLayerOps> cycles_each{};
  double pointwise_cycles = 0;        // a 1x1 convolution, if it differs; 0: as conv2d
  double weight_bytes_per_s = 0;      // streamed: of the slow memory
  double load_s_per_word = 0;         // 32-bit words of activations, in and out
  double weight_load_s_per_word = 0;  // when a chunk becomes resident
  double switch_s = 0;                // between chunks; a space may ask for it
  // Peak of all that is alive at once must fit (a CPU's arena), not only each tensor by itself.
  bool live_activation = false;
  ArrayRules rules{};  // resident array: which layers it runs
  Capacity capacity{};
  Power power{};
};

const std::vector<Part>& BuiltInParts();
const Part* BuiltInPart(std::string_view kind);

// Nothing if the part cannot run the layer.
std::optional<double> LayerSeconds(const Part& part, const Layer& layer);
// Why not, in a few words ("depthwise layers"); empty if it can.
std::string WhyNot(const Part& part, const Layer& layer);

}  // namespace covey::plan
