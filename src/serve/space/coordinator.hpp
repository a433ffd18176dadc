// Coordinator turns the nodes that announce themselves into one computing space: it plans which
// node runs which ops of which pipeline, sends chunks that are not there yet, switches to the new
// plan in two phases, and plans again when a node leaves or joins. Activations never pass it.
//
//   Coordinator coordinator({.mac = mac, .boot = 1, .planner = planner, .declared = space}, port);
//   coordinator.Add(pipeline);
//   loop: coordinator.Take(now_ns, frame);  coordinator.Turn(now_ns);  // until next_ns()
//
//   a pipeline's switch:  images -> prepare -> drain -> commit -> release of what is old
//
// Pipelines that keep their way are not touched. Where old and new do not fit into a node together,
// the old one drains and goes first. A node that misses `strikes` hellos in a row has left.
// Threads: one. Errors: there are none to return; what goes wrong becomes an event.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "serve/space/newest.hpp"
#include "serve/space/orders.hpp"
#include "serve/space/ways.hpp"

namespace covey::serve {

struct CoordinatorOptions {
  wire::node::Mac mac{};
  uint32_t boot = 0;
  SpacePlanner planner{};
  std::function<bool()> better{};  // asked at each turn: has the planner found better meanwhile?
  plan::Space declared{};          // devices by name, links between them, options of the planner
  plan::Link default_link{.bit_s = 1e6, .overhead_s = 1e-3};  // of devices that are not declared
  uint32_t strikes = 4;
  uint16_t hello_ms = 250;
  size_t most_members = 256;         // whoever says hello beyond that is not taken
  uint64_t settle_ns = 400'000'000;  // after the first hello, and after joins
  // A join changes ways only if the plan gets this much better.
  double least_gain = 0.05;
  // What a move may cost is weighed against what it gains in this time.
  double expected_uptime_s = 60;
};

class Coordinator {
 public:
  Coordinator(CoordinatorOptions options, micro::FramePort& port);
  ~Coordinator();

  void Add(SpacePipeline pipeline);
  void Take(uint64_t now_ns, std::span<const std::byte> frame);
  void Turn(uint64_t now_ns);
  uint64_t next_ns() const;

  const std::vector<SpacePipeline>& pipelines() const { return pipelines_; }
  const Way& way(size_t pipeline) const { return ways_[pipeline]; }
  const std::string& refused(size_t pipeline) const { return refused_[pipeline]; }
  std::vector<SpaceMember> members() const;
  uint32_t epoch() const { return epoch_; }
  bool steady() const { return !changed_ && switches_.empty(); }
  const SpacePlan& plan() const { return plan_; }
  const Newest<SpaceEvent>& events() const { return events_; }
  const std::vector<Switchover>& switchovers() const { return switchovers_.kept(); }

  // A stage's counters, asked of its node; the answer comes by `done` (kUnavailable if it left).
  void Count(size_t pipeline, wire::node::Role role,
             std::function<void(const wire::node::Answer&)> done);
  // A change of the space's own: plan again.
  void Replan(const std::string& cause);

 private:
  struct Switch;
  struct Image {
    std::vector<std::byte> bytes;
    wire::node::ImageDigest digest{};
  };

  void TakeHello(const wire::node::FrameHead& head, const wire::node::Hello& hello);
  void SayHello();
  void FindDead();
  void Leave(const std::string& name, const char* why);
  void Note(const char* what, const std::string& words);

  // planning
  void PlanNow();
  plan::Space SpaceNow() const;
  std::vector<plan::TenantPlan> PlansNow(const plan::Space& space,
                                         const std::vector<size_t>& asked) const;
  plan::Device DeviceOf(const SpaceMember& member) const;
  plan::Link LinkBetween(const std::string& a, const std::string& b) const;
  std::vector<Way> WaysOf(const plan::Space& space, const SpacePlan& plan) const;
  bool WorthIt(const plan::Space& space, const std::vector<Way>& ways, const SpacePlan& plan) const;
  double RateNow() const;

  // switching
  void StartSwitch(size_t pipeline, const Way& next);
  void Stop(size_t pipeline);
  void SetPace(size_t pipeline, double rate_hz);
  void SendImages(Switch& change);
  void PrepareStages(Switch& change);
  void MakeRoom(Switch& change);
  void Drain(Switch& change, std::function<void(Switch&)> then);
  void Commit(Switch& change);
  void ReleaseOld(Switch& change);
  void Fail(Switch& change, const std::string& why);
  void Finish();
  wire::node::Stage StageOf(const Switch& change, size_t hop) const;
  const Image* ImageOf(size_t pipeline, const Way::Hop& hop);
  SpaceMember* Find(const std::string& name);
  const SpaceMember* Find(const std::string& name) const;
  // Calls `then` with the switch, if it is still going on.
  std::function<void(const wire::node::Answer&)> Still(
      const Switch& change, std::function<void(Switch&, const wire::node::Answer&)> then);

  CoordinatorOptions options_;
  micro::FramePort& port_;
  OrderDesk desk_;
  std::vector<SpacePipeline> pipelines_;
  std::vector<Way> ways_;             // in force
  std::vector<std::string> refused_;  // why a pipeline has none
  std::vector<bool> dirty_;  // a switch was broken off, or a node left: the way must be set again
  std::vector<bool> target_lost_;  // with what it knew of deliveries
  std::map<std::string, SpaceMember> members_;
  std::set<std::pair<std::string, uint32_t>> replaced_;  // starts of nodes that came after these
  std::set<std::string> told_twins_;
  bool told_full_ = false;
  std::vector<std::unique_ptr<Switch>> switches_;
  struct ImageKey {
    size_t pipeline;
    int first, end;
    compiler::Target target;
    auto operator<=>(const ImageKey&) const = default;
  };
  std::map<ImageKey, Image> images_;
  SpacePlan plan_;
  Newest<SpaceEvent> events_;
  Newest<Switchover> switchovers_;
  uint64_t now_ns_ = 0, hello_ns_ = 0, plan_ns_ = 0, noticed_ns_ = 0;
  uint32_t epoch_ = 0, next_switch_ = 0, plan_count_ = 0;
  uint64_t image_bytes_before_ = 0, retry_ns_ = UINT64_MAX, retry_wait_ns_ = 0;
  bool changed_ = false, urgent_ = false;
  std::string cause_;
};

}  // namespace covey::serve
