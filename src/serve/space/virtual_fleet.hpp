// VirtualFleet is a computing space under a clock of its own: the shipping nodes, switch and
// coordinator, one event after another, so that an hour of comings and goings takes seconds and
// gives the same each time.
//
//   VirtualFleet fleet(7, {.kbit_s = 1000, .overhead_us = 1000}, {.planner = planner});
//   fleet.Start({.name = "watch", .kind = "max78000"});
//   fleet.coordinator().Add(pipeline);
//   fleet.RunFor(10s);
//   fleet.Kill("watch");
//   fleet.told(0).answered;        // what the pipeline's source was told
//
// Real: every byte, every frame, every result. Modelled: time (each radio's by SwitchCore, each
// accelerator's by the stages' own figures; handling a frame takes none).
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/diag.hpp"
#include "micro/node/node.hpp"
#include "serve/backends/int8/aligned_bytes.hpp"
#include "serve/space/coordinator.hpp"
#include "serve/space/sample.hpp"
#include "serve/space/switch_core.hpp"

namespace covey::serve {

struct FleetNode {
  std::string name{}, kind{};
  size_t flash_bytes = 1U << 20, ram_bytes = 256U << 10;
};

// What one pipeline's source and target saw, whatever nodes they were.
struct Told {
  // How often each request was delivered, answered, failed; requests by number and start of source.
  struct Request {
    int delivered = 0, answered = 0, failed = 0;
    std::vector<std::byte> output;
  };
  std::map<std::pair<uint32_t, uint32_t>, Request> requests;  // (source's start, number)
  uint64_t delivered = 0, answered = 0, failed = 0;
  std::vector<uint64_t> answered_ns;
};

class VirtualFleet {
 public:
  VirtualFleet(uint64_t seed, const LinkShape& shape, CoordinatorOptions options);
  ~VirtualFleet();

  void Start(const FleetNode& node);
  // At once, with all it holds.
  void Kill(const std::string& name);
  // The coordinator: gone at once with all it knew; another start of it, which has to be told its
  // pipelines.
  void KillCoordinator();
  void StartCoordinator();
  // Is it there, but unheard?
  void Cut(const std::string& name, bool cut) { net_.Cut(MacOf(name), cut); }

  void RunFor(std::chrono::nanoseconds time);
  // True if `done` held before the time was up.
  bool RunUntil(const std::function<bool()>& done, std::chrono::nanoseconds most);

  uint64_t now_ns() const { return clock_.now_ns; }
  Coordinator& coordinator() { return *coordinator_; }
  SwitchCore& net() { return net_; }
  const micro::Node* node(const std::string& name) const;
  const Told& told(size_t pipeline) { return told_[pipeline]; }
  std::vector<std::string> alive() const;
  uint32_t boot(const std::string& name) const;  // 0: it is not there

 private:
  struct VirtualClock final : Clock {
    uint64_t NowNs() override { return now_ns; }
    uint64_t now_ns = 1'000'000'000;
  };
  struct Port final : micro::FramePort {
    explicit Port(VirtualFleet& of) : fleet(of) {}
    bool Send(std::span<const std::byte> frame) override;
    VirtualFleet& fleet;
  };
  struct Member;
  void Step(uint64_t until_ns);

  VirtualClock clock_;
  SwitchCore net_;
  Port port_{*this};
  CoordinatorOptions options_;
  std::unique_ptr<Coordinator> coordinator_;  // null: it died
  wire::node::Mac coordinator_mac_{};
  std::map<wire::node::Mac, std::unique_ptr<Member>> members_;
  std::map<size_t, Told> told_;
  uint32_t boots_ = 100, coordinators_ = 0;
};

}  // namespace covey::serve
