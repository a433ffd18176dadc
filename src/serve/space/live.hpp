// LiveSpace runs a Coordinator in real time over a switch, and shows what it knows to other
// threads.
//
//   COVEY_TRY_ASSIGN(auto space, LiveSpace::Open(options, switch_address));
//   space->Add(pipeline);
//   std::thread thread([&] { space->Run(); });
//   SpaceView view = space->View();
//
// Threads: Run in one; Add, View and Stop from any.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "serve/space/coordinator.hpp"
#include "serve/space/udp.hpp"

namespace covey::serve {

// Counters of a pipeline, as its nodes last told them.
struct PipelineView {
  std::string name{};
  Way way{};
  std::string refused{};
  uint32_t accepted = 0, answered = 0, failed = 0, in_flight = 0;  // at the source
  uint32_t delivered = 0, repeated = 0, checksum = 0;              // at the target
  uint64_t asked_ns = 0;  // when the source's counters came
  double rate_hz = 0;     // answered, over the last few seconds
};

struct SpaceView {
  uint64_t now_ns = 0;
  uint32_t epoch = 0;
  bool steady = false;
  double objective_s = 0, bound_hz = 0;
  bool optimal = false;
  std::vector<SpaceMember> members{};
  std::vector<PipelineView> pipelines{};
  Newest<SpaceEvent> events{};
  std::vector<Switchover> switchovers{};
};

class LiveSpace {
 public:
  // options.mac and boot are chosen here.
  static Result<std::unique_ptr<LiveSpace>> Open(CoordinatorOptions options,
                                                 const UdpAddress& join);
  void Add(SpacePipeline pipeline);
  void Run();
  void Stop();
  SpaceView View();

 private:
  LiveSpace(CoordinatorOptions options, UdpSocket socket, const UdpAddress& join);
  void AskCounters(uint64_t now_ns);
  void TakeCounters(size_t pipeline, wire::node::Role role, const wire::node::Answer& answer);

  UdpSocket socket_;
  UdpPort port_;
  std::mutex mutex_;  // all below
  Coordinator coordinator_;
  std::vector<PipelineView> pipelines_;
  // Answered so far, at moments of the last seconds.
  std::vector<std::vector<std::pair<uint64_t, uint32_t>>> history_;
  uint64_t count_ns_ = 0;
  std::atomic<bool> stop_{false};
};

}  // namespace covey::serve
