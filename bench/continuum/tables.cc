#include "bench/continuum/tables.hpp"

#include <algorithm>
#include <chrono>
#include <ostream>
#include <sstream>

#include "apps/covey/io/table.hpp"
#include "bench/continuum/adversaries.hpp"
#include "core/host/diag_text.hpp"
#include "plan/route/changing_links.hpp"
#include "serve/board/board.hpp"
#include "serve/board/child.hpp"

namespace covey::bench {
namespace {

using app::Fixed;
using app::Table;
using Json = nlohmann::json;

plan::ChangeReport SumOf(const plan::ChangingLinks& links, const micro::Request& request,
                         int hours) {
  plan::ChangeReport sum;
  for (int seed = 1; seed <= hours; ++seed) {
    const plan::ChangeReport one =
        plan::RunChangingLinks(links, request, static_cast<uint64_t>(seed));
    sum.requests += one.requests, sum.possible += one.possible, sum.missed += one.missed;
    sum.by_agent += one.by_agent, sum.recovered += one.recovered;
    sum.late_recoveries += one.late_recoveries;
    sum.worst_recovery = std::max(sum.worst_recovery, one.worst_recovery);
  }
  return sum;
}

double MissedOf(const plan::ChangeReport& report) {
  return report.possible > 0 ? 1.0 * report.missed / report.possible : 0;
}

}  // namespace

std::string Percent(double share, int digits) { return Fixed(share * 100, digits) + " %"; }

Json ChangingTable(const World& world, int hours, const Printing& printing) {
  printing.out << "links that change: outages, recoveries and slow times of 5 to 60 s at random, "
                  "one in 5 minutes; 1 hour simulated, "
               << hours << " seeds, two requests a second\n";
  Table table({"link", ">deadline ms", "prefer", ">could be met", ">missed", ">share", ">by agent",
               ">returns", ">worst requests", ">over 3", ">hedging: missed", ">by agent",
               ">over 3"});
  Json json = Json::array();
  double worst = 0, worst_hedged = 0;
  std::string where, where_hedged;
  int returns = 0, late = 0, hedged_returns = 0, hedged_late = 0;
  for (const char* name : {"wifi", "wifi-crowded", "ble", "lte"}) {
    for (const auto& [deadline_us, prefer] : {std::pair{300'000U, micro::Prefer::kAccuracy},
                                              std::pair{150'000U, micro::Prefer::kLatency},
                                              std::pair{120'000U, micro::Prefer::kLatency},
                                              std::pair{50'000U, micro::Prefer::kAccuracy}}) {
      const plan::ChangingLinks links{.local_us = world.places[0].compute_us,
                                      .agent_us = world.places[2].compute_us,
                                      .shape = *plan::FindLinkShape(name),
                                      .up_bytes = world.places[2].up_bytes};
      const micro::Request request{.deadline_us = deadline_us, .prefer = prefer};
      micro::Request allowed = request;
      allowed.hedge = true;
      const plan::ChangeReport sum = SumOf(links, request, hours),
                               hedged = SumOf(links, allowed, hours);
      const double share = MissedOf(sum), hedged_share = MissedOf(hedged);
      const std::string row = std::string(name) + " " + Fixed(deadline_us / 1e3, 0) + " ms";
      if (share > worst) worst = share, where = row;
      if (hedged_share > worst_hedged) worst_hedged = hedged_share, where_hedged = row;
      if (deadline_us == 300'000) {
        returns += sum.recovered, late += sum.late_recoveries;
        hedged_returns += hedged.recovered, hedged_late += hedged.late_recoveries;
      }
      table.Add({name, Fixed(deadline_us / 1e3, 0),
                 prefer == micro::Prefer::kAccuracy ? "accuracy" : "latency",
                 std::to_string(sum.possible), std::to_string(sum.missed), Percent(share, 3),
                 Percent(1.0 * sum.by_agent / sum.requests), std::to_string(sum.recovered),
                 std::to_string(sum.worst_recovery), std::to_string(sum.late_recoveries),
                 Percent(hedged_share, 3), Percent(1.0 * hedged.by_agent / hedged.requests),
                 std::to_string(hedged.late_recoveries)});
      json.push_back({{"link", name},
                      {"deadline_us", deadline_us},
                      {"possible", sum.possible},
                      {"missed", sum.missed},
                      {"recovered", sum.recovered},
                      {"worst_recovery", sum.worst_recovery},
                      {"late_recoveries", sum.late_recoveries},
                      {"hedging_missed", hedged.missed},
                      {"hedging_late_recoveries", hedged.late_recoveries}});
    }
  }
  printing.out << table.Text()
               << "returns: outages after which the agent answered again; worst requests: from the "
                  "link's return to that answer\n\n";
  printing.bars.AtMost("changing links: deadlines missed that a place could meet", 0.01, worst,
                       "worst of 16 rows: " + where);
  printing.bars.AtLeast("... back within 3 requests of the link's return (300 ms)", 1,
                        returns > 0 ? 1 - 1.0 * late / returns : 0,
                        std::to_string(returns - late) + " of " + std::to_string(returns));
  printing.bars.AtMost("... hedging allowed: missed", 0.01, worst_hedged,
                       "worst of 16 rows: " + where_hedged);
  printing.bars.AtLeast(
      "... hedging allowed: back within 3 requests", 1,
      hedged_returns > 0 ? 1 - 1.0 * hedged_late / hedged_returns : 0,
      std::to_string(hedged_returns - hedged_late) + " of " + std::to_string(hedged_returns));
  return json;
}

Json AdversaryTable(const World& world, const Printing& printing) {
  printing.out << "wrong profiles, lying agents, jumping clocks: right answers within 300 ms\n";
  Table table({"what is wrong", ">router", ">board alone", ">difference", "distrusts", "is to"});
  Json json = Json::array();
  double worst = 1;
  int named = 0, cases = 0;
  std::string where, unnamed;
  for (const AdversaryRow& row : RunAdversaries(world, *plan::FindLinkShape("wifi"))) {
    const double more = row.right_in_time - row.fixed_local;
    if (more < worst) worst = more, where = row.name;
    ++cases;
    const bool said = row.is_to.empty() ? row.distrusts == "nothing"
                                        : row.distrusts.find(row.is_to) != std::string::npos;
    named += said;
    if (!said) unnamed += (unnamed.empty() ? "not: " : "; ") + row.name;
    table.Add({row.name, Percent(row.right_in_time), Percent(row.fixed_local), Fixed(more * 100, 1),
               row.distrusts, row.is_to.empty() ? "nothing" : row.is_to});
    json.push_back({{"case", row.name},
                    {"router", row.right_in_time},
                    {"fixed_local", row.fixed_local},
                    {"distrusts", row.distrusts}});
  }
  printing.out << table.Text() << "\n";
  printing.bars.AtLeast("adversaries: right in time, above the board alone (points)", -1,
                        worst * 100, "worst: " + where);
  printing.bars.AtLeast("... named for what they are", 1, 1.0 * named / cases,
                        std::to_string(named) + " of " + std::to_string(cases) +
                            (unnamed.empty() ? "" : ", " + unnamed));
  return json;
}

Json DecidingTable(const Printing& printing) {
  DiagText diag;
  const auto firmware = serve::FindFirmware("m33", "conform", diag);
  const std::vector<std::string> arguments = {"route=1"};
  const auto command = firmware.ok()
                           ? serve::QemuCommand("m33", *firmware, arguments, false, true, diag)
                           : Result<std::vector<std::string>>(firmware.status());
  if (!command.ok()) {
    printing.out << "what deciding costs was not measured: " << diag.Text() << "\n\n";
    return {};
  }
  auto child = serve::Child::Start(*command, {}, diag);
  if (!child.ok()) return {};
  (*child)->CloseInput();
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(240);
  std::string said;
  while ((*child)->Read(said, patience).ok()) continue;
  std::istringstream lines(said);
  Json json = Json::array();
  Table table({">places", ">most, instructions", ">mean", ">learning, most", ">bytes"});
  for (std::string line; std::getline(lines, line);) {
    const Json one = Json::parse(line, nullptr, false);
    if (!one.is_object() || !one.contains("decide")) continue;
    json.push_back(one);
    table.Add({one["places"].dump(), one["decide"].dump(), one["mean"].dump(), one["learn"].dump(),
               one["state"].dump()});
    if (one["places"] != 3) continue;
    printing.bars.AtMost("deciding on the Cortex-M33, instructions", 2'000, one["decide"],
                         "three places; under QEMU, exact counts");
    printing.bars.AtMost("... bytes of state", 1'024, one["state"], "any number of places");
  }
  printing.out << "deciding, Cortex-M33 under QEMU\n" << table.Text() << "\n";
  return json;
}

}  // namespace covey::bench
