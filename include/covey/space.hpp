// The virtual computing space: an application registers what it wants to run, from which source to
// which target, and never names an accelerator; the space decides which device runs which layers,
// and goes on when devices come and go.
//
//   covey::Space space = covey::Space::Join({.join = "127.0.0.1:7801"}).value();
//   space.Register({.name = "keywords", .model = "kws.tflite", .source = "watch",
//                   .target = "glasses", .weight = 2, .rate_floor_hz = 1});
//   for (const covey::PipelineState& p : space.Pipelines()) std::cout << p.name << p.rate_hz;
//
// Devices are nodes that announce themselves at the switch (`covey node --join`). Whoever holds the
// Space coordinates it: one at a time for each switch; when it goes, nodes go on with the plan in
// force. Threads: any. Errors: as in covey.hpp; no exception leaves these calls.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "covey/covey.hpp"

namespace covey {

struct Pipeline {
  std::string name{};
  std::string model{};                 // a quantised .tflite or .onnx file
  std::string source{}, target{};      // a device's name, or a kind of device ("max78000")
  double weight = 1;                   // its share: rates are in the ratio of the weights
  double rate_floor_hz = 0;            // 0: none
  std::chrono::nanoseconds latency{};  // longest from sensing to interaction; 0: no bound
  std::chrono::nanoseconds deadline = std::chrono::seconds(10);  // when a request is given up
  uint32_t requests = 0;                                         // 0: without end
};

struct ChunkState {
  std::string device;
  int first = 0, last = 0;  // layers
};

struct PipelineState {
  std::string name, source, target;  // devices
  std::vector<ChunkState> chunks;    // in order; none: see refused
  double planned_hz = 0, rate_hz = 0;
  uint64_t answered = 0, failed = 0;
  std::string refused;  // why it does not run
};

struct DeviceState {
  std::string name, kind;
  uint64_t flash_bytes = 0, flash_free = 0, ram_bytes = 0, ram_free = 0;
  uint32_t chunks = 0, runs = 0;  // that it holds, that it has computed
};

struct SpaceOptions {
  std::string join = "127.0.0.1:7801";                 // HOST:PORT of the switch
  double link_kbit_s = 1000, link_overhead_us = 1000;  // what the planner takes links for
};

class Space {
 public:
  static Expected<Space> Join(const SpaceOptions& options);
  Space(Space&&) noexcept;
  Space& operator=(Space&&) noexcept;
  ~Space();

  // Reads the model and plans; what does not fit now is refused in its state, and tried again when
  // the space changes.
  Expected<void> Register(const Pipeline& pipeline);
  std::vector<PipelineState> Pipelines() const;
  std::vector<DeviceState> Devices() const;
  uint32_t Epoch() const;  // of the plan in force

 private:
  struct State;
  explicit Space(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace covey
