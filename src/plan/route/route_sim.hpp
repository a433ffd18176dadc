// RouteSim answers requests in simulated time with the router that ships (micro/route/serve.hpp):
// places whose time and correctness are given by measured traces, links by LinkModel.
//
//   RouteSim sim(places, {{*FindLinkShape("wifi"), 1}}, {.seed = 1});
//   RouteResult result = sim.Run(router, request, sample, calibration);
//
// A place may lie: say another load than it has, claim times it did not take. The clock that the
// router sees may jump. What is simulated is time; which answer is right is the trace's.
// Deterministic from the seed. No clock, no I/O.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "micro/route/serve.hpp"
#include "plan/link/link_model.hpp"

namespace covey::plan {

// What a place truly does.
struct TruePlace {
  int link = -1;                       // -1: here
  std::vector<uint32_t> compute_us{};  // one of these, at random
  std::vector<uint16_t> right{};       // for each sample: 1 right, 0 wrong
  std::vector<uint16_t> confidence{};  // for each sample, 1/10,000; may be empty
  std::vector<uint32_t> classes{};     // for each sample: the class it answers; may be empty
  size_t up_bytes = 0, down_bytes = 0;
  uint32_t queue_us = 0;  // waiting there, truly
  // Here: how often a run beside an agent looks for its answer; 0: at once, something else computes.
  uint32_t look_us = 0;
  // Lies.
  bool hints = true;            // says its load
  uint32_t claims_load_us = 0;  // ... this instead, if not 0
  double claims_work = 1;       // its work, times this
};

struct ClockJump {
  double at_s = 0, by_s = 0;
};

struct RouteSimOptions {
  uint64_t seed = 1;
  // Request n meets the same jitter, loss and computing times whatever was done before it, so that
  // policies can be compared request by request.
  bool paired = false;
  std::vector<ClockJump> jumps{};
};

struct RouteResult {
  micro::Served served{};
  double latency_s = 0;  // true time
  bool right = false;
  size_t bytes_sent = 0;
};

class RouteSim final : public micro::Places {
 public:
  RouteSim(std::vector<TruePlace> places, std::vector<LinkModel> links, RouteSimOptions options);

  RouteResult Run(micro::Router& router, const micro::Request& request, size_t sample,
                  const Calibration* calibration = nullptr);
  double now_s() const { return now_s_; }
  double local_s() const { return local_s_; }  // spent computing here, in all
  void Wait(double until_s) { now_s_ = std::max(now_s_, until_s); }
  TruePlace& place(size_t i) { return places_[i]; }
  LinkModel& link(size_t i) { return links_[i]; }

  // How long `place` would take for a request now, alone and without falling back; infinite during
  // an outage. For oracles; changes nothing.
  double WouldTakeS(size_t place, double give_up_s) const;

  uint64_t NowNs() override;
  void StartProbe(uint8_t place) override;
  bool ProbeAnswered(uint8_t& place, uint32_t& rtt_us) override;
  micro::Ran Run(uint8_t place, uint64_t until_ns, micro::Outcome& outcome) override;
  bool RunBoth(uint8_t agent, uint8_t local, const micro::Beside& when, micro::Race& race,
               micro::Outcome& outcome) override;
  uint16_t Confidence() override;
  bool Agrees(uint8_t local, bool& agreed) override;

 private:
  double Skew() const;
  double ToTrue(uint64_t ns) const;
  // When the reply to a request that is sent now arrives.
  double Reply(const TruePlace& place, double work_s);
  // Advances to the moment it does; a connection whose reply is not taken is closed.
  void Advance(const TruePlace& place, double to_s, bool taken);
  double Work(const TruePlace& place);
  void Says(const TruePlace& place, double work_s, micro::Outcome& outcome) const;

  std::vector<TruePlace> places_;
  std::vector<LinkModel> links_;
  RouteSimOptions options_;
  std::mt19937_64 random_;
  std::vector<bool> connected_;
  double now_s_ = 1, local_s_ = 0;
  size_t sample_ = 0, sent_ = 0;
  uint64_t request_ = 0;
  int answered_by_ = -1;
  uint8_t probed_ = micro::kNoPlace;
  double probed_s_ = 0, sign_s_ = 0;  // asked, answered
};

}  // namespace covey::plan
