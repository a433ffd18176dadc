#include "bench/continuum/adversaries.hpp"

#include <functional>

namespace covey::bench {
namespace {

constexpr int kRequests = 2'000;
constexpr double kPeriodS = 0.5;
constexpr micro::Request kRequest{.deadline_us = 300'000, .prefer = micro::Prefer::kAccuracy};
constexpr size_t kAgent = 2;

struct Played {
  double right_in_time = 0;
  uint8_t distrust = 0;
};

Played Play(const World& world, const plan::LinkShape& shape, const micro::Request& request,
            const std::vector<plan::ClockJump>& jumps) {
  const auto rows = world.rows();
  const LinkProfile link = ProfileOf(shape);
  micro::Router router(rows, std::span(&link, 1));
  plan::RouteSim sim(world.places, {plan::LinkModel(shape, 1)}, {.seed = 1, .jumps = jumps});
  Played played;
  for (int i = 0; i < kRequests; ++i) {
    sim.Wait(1 + i * kPeriodS);
    const plan::RouteResult result =
        sim.Run(router, request, static_cast<size_t>(i) % world.samples, &world.calibration);
    const bool in_time = result.latency_s <= request.deadline_us / 1e6;
    played.right_in_time += result.right && in_time;
    for (uint8_t p = 0; p < router.places(); ++p) played.distrust |= router.distrust(p);
  }
  played.right_in_time /= kRequests;
  return played;
}

std::string Words(uint8_t distrust) {
  std::string words;
  for (const auto& [bit, text] :
       {std::pair{micro::kLatencyProfile, "latency profile"},
        std::pair{micro::kAccuracyProfile, "accuracy profile"},
        std::pair{micro::kLoadHints, "load hints"}, std::pair{micro::kClock, "clock"}}) {
    if ((distrust & bit) != 0) words += (words.empty() ? "" : ", ") + std::string(text);
  }
  return words.empty() ? "nothing" : words;
}

std::vector<plan::ClockJump> Jumps() {
  std::vector<plan::ClockJump> jumps;
  for (int i = 0; i < 30; ++i)
    jumps.push_back({20.004 + i * 30, (i % 3 == 0 ? 3'600.0 : i % 3 == 1 ? -3'600.0 : 0.4)});
  return jumps;
}

}  // namespace

std::vector<AdversaryRow> RunAdversaries(const World& world, const plan::LinkShape& shape) {
  using Change = std::function<void(World&)>;
  const auto never_right = [](World& w) {
    for (uint16_t& right : w.places[kAgent].right) right = 0;
    for (uint32_t& answer : w.places[kAgent].classes) answer = 99;
  };
  const auto far_too_slow = [](World& w) { w.places[kAgent].compute_us = {900'000}; };
  const auto pessimist = [](World& w) {
    w.profiles[kAgent].compute = {2'000'000, 3'000'000, 4'000'000};
  };
  const auto busy = [](World& w) { w.places[kAgent].claims_load_us = 60'000'000; };
  const auto idle = [](World& w) {
    w.places[kAgent].queue_us = 500'000;
    w.places[kAgent].claims_load_us = 1;
  };
  const auto boaster = [](World& w) { w.places[kAgent].claims_work = 1e4; };
  const auto local_wrong = [](World& w) { w.profiles[0].compute = {1'000, 1'000, 1'000}; };
  const std::vector<std::tuple<std::string, Change, bool, std::string>> cases = {
      {"honest", [](World&) {}, false, ""},
      {"agent is never right, its profile says it is", never_right, false, "accuracy profile"},
      {"agent takes 900 ms, its profile says what ResNet-56 takes", far_too_slow, false,
       "latency profile"},
      {"agent is fast, its profile says 2 s", pessimist, false, "latency profile"},
      {"board takes what it takes, its profile says 1 ms", local_wrong, false, "latency profile"},
      {"agent always says that it is busy", busy, false, "load hints"},
      // It never answers in time, so its words are never heard.
      {"agent has a queue of 500 ms and says that it has none", idle, false, "latency profile"},
      {"agent claims 10,000 times the work it did", boaster, false, "load hints"},
      {"clock jumps by an hour and by 0.4 s, 30 times", [](World&) {}, true, "clock"},
      {"never right, lies about load, and the clock jumps",
       [&](World& w) { never_right(w), busy(w), boaster(w); }, true, "clock"},
  };
  std::vector<AdversaryRow> rows;
  for (const auto& [name, change, jumps, is_to] : cases) {
    World other = world;
    change(other);
    const auto clock = jumps ? Jumps() : std::vector<plan::ClockJump>{};
    micro::Request local = kRequest;
    local.pinned = 0;
    local.fallback = false;
    const Played routed = Play(other, shape, kRequest, clock);
    rows.push_back({name, routed.right_in_time, Play(other, shape, local, clock).right_in_time,
                    Words(routed.distrust), is_to});
  }
  return rows;
}

}  // namespace covey::bench
