// Place is where `covey run` sends samples: this machine, an emulated board, an agent. Raw bytes of
// the model's own types in, raw bytes out.
//
//   Expected<std::unique_ptr<Place>> place = OpenPlace(target, "resnet8.tflite", {});
//   auto samples = SplitSamples(place.value()->sample_bytes(), "in.bin", bytes.size());
//   Expected<PlaceRun> run = place.value()->Run(bytes);
//
// A sample is the bytes of all inputs, one after the other in the model's order; so is an answer
// with the outputs.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apps/covey/place/target.hpp"
#include "covey/covey.hpp"

namespace covey::app {

struct PlaceOptions {
  std::string backend = "auto";  // host: "auto", "int8", "onnx"
  int threads = 0;               // onnx on this machine; 0: one a core
  bool count_instructions = true;
  bool per_layer = false;  // boards
  double deadline_s = 10;  // agent: of one call
  double board_timeout_s = 600;
};

struct PlaceRun {
  std::vector<std::byte> outputs;
  std::vector<double> latency_ns;  // one a sample; empty if the place cannot tell
  bool modelled = false;           // latency is instructions times a stated cycle model
  double cycles_per_instruction = 0, clock_hz = 0;
  std::vector<uint64_t> instructions, layer_instructions;
  std::optional<uint64_t> arena_bytes;  // int8
  std::string backend;                  // "int8", "onnx"
};

class Place {
 public:
  virtual ~Place() = default;
  virtual size_t sample_bytes() const = 0;
  // The inputs in words, for messages: "int8[1,32,32,3]".
  virtual std::string inputs() const = 0;
  // `samples` is a multiple of sample_bytes().
  virtual Expected<PlaceRun> Run(std::span<const std::byte> samples) = 0;
};

Expected<std::unique_ptr<Place>> OpenPlace(const Target& target, const std::string& model,
                                           const PlaceOptions& options);

// One function a kind of place; OpenPlace picks.
Expected<std::unique_ptr<Place>> OpenHost(const std::string& model, const PlaceOptions& options);
Expected<std::unique_ptr<Place>> OpenBoard(const std::string& board, const std::string& model,
                                           const PlaceOptions& options);
Expected<std::unique_ptr<Place>> OpenAgent(const HostPort& agent, const std::string& model,
                                           const PlaceOptions& options);

// Refuses a board that nobody knows, and names those that there are.
Expected<void> CheckBoard(const Target& target);

// A JPEG file for a model that takes a stream of bytes (uint8[1,n]) gets zeros behind it.
void FillStream(const Place& place, std::vector<std::byte>& input);

// Of a WAV file the samples are left, for a model that takes some at `rate` (int16[1,n]).
Expected<void> TakeAudio(const Place& place, const std::string& source, uint32_t rate,
                         std::vector<std::byte>& input);

// How many samples `size` bytes are; refuses a remainder, and no sample at all.
Expected<size_t> CountSamples(const std::string& source, size_t size, const Place& place);

}  // namespace covey::app
