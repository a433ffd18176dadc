#include "bench/continuum/tape.hpp"

#include <algorithm>

#include "serve/measure/energy.hpp"

namespace covey::bench {
namespace {

using plan::RouteResult;

constexpr double kPeriodS = 0.5;
constexpr int kWarm = 200;  // requests left out of every row

double EnergyOf(const RouteResult& result, double local_s) {
  const double waiting_ms = std::max(0.0, result.latency_s - local_s) * 1e3;
  return serve::EnergyUj({}, {.computing_ms = local_s * 1e3,
                              .waiting_ms = waiting_ms,
                              .sent_bytes = static_cast<double>(result.bytes_sent),
                              .received_bytes = result.bytes_sent > 0 ? double{kReplyBytes} : 0});
}

double Score(const Sla& sla, const Row& row, double in_time_right) {
  if (sla.score == "correct/ms") return row.correct_per_ms;
  if (sla.score == "correct/mJ") return row.energy_uj > 0 ? row.accuracy / row.energy_uj * 1e3 : 0;
  return in_time_right;
}

}  // namespace

Tape Play(const World& world, const plan::LinkShape& shape, const micro::Request& request,
          const Run& run) {
  const auto rows = world.rows();
  const LinkProfile link = ProfileOf(shape);
  micro::Router router(rows, std::span(&link, 1));
  std::vector<plan::TruePlace> places = world.places;
  for (plan::TruePlace& place : places) place.look_us = world.look_us;
  micro::Request asked = request;
  asked.hedge = run.hedge, asked.look_us = world.look_us / 2;
  plan::RouteSim sim(std::move(places), {plan::LinkModel(shape, run.seed)},
                     {.seed = run.seed, .paired = true});
  Tape tape;
  for (int i = 0; i < run.requests; ++i) {
    sim.Wait(1 + i * kPeriodS);
    const double before = sim.local_s();
    const RouteResult result =
        sim.Run(router, asked, static_cast<size_t>(i) % world.samples, &world.calibration);
    if (i < kWarm) continue;
    const double local_s = sim.local_s() - before;
    const bool in_vain = result.served.hedged && result.served.place == result.served.choice.place;
    tape.push_back({.seconds = result.latency_s,
                    .energy_uj = EnergyOf(result, local_s),
                    .right = result.right,
                    .bytes = result.bytes_sent,
                    .place = result.served.place,
                    .chosen = result.served.choice.place,
                    .reason = result.served.choice.reason,
                    .hedged = result.served.hedged,
                    .in_vain_s = in_vain ? local_s : 0});
  }
  return tape;
}

Row Sum(const std::string& name, const Tape& tape, const std::vector<Sla>& slas, size_t places) {
  Row row{.name = name};
  row.used.resize(places);
  const double n = static_cast<double>(tape.size());
  double seconds = 0, right = 0;
  std::vector<double> sorted;
  for (const Asked& one : tape) {
    seconds += one.seconds;
    right += one.right;
    row.hedged += one.hedged / n;
    row.in_vain_ms += one.in_vain_s * 1e3 / n;
    row.bytes += static_cast<double>(one.bytes) / n;
    row.energy_uj += one.energy_uj / n;
    if (one.place < places) ++row.used[one.place];
    sorted.push_back(one.seconds);
  }
  row.accuracy = right / n;
  row.mean_ms = seconds / n * 1e3;
  row.correct_per_ms = right / (seconds * 1e3);
  std::sort(sorted.begin(), sorted.end());
  row.p99_ms = sorted[static_cast<size_t>(n * 0.99)] * 1e3;
  for (const Sla& sla : slas) {
    double in_time = 0;
    const double limit_s = sla.request.max_latency_us / 1e6;
    for (const Asked& one : tape) in_time += one.right && (limit_s == 0 || one.seconds <= limit_s);
    row.scores.push_back(Score(sla, row, in_time / n));
  }
  return row;
}

}  // namespace covey::bench
