// Tables prints what the bench found, and hands each figure with a promise to Bars.
#pragma once

#include <iosfwd>
#include <nlohmann/json.hpp>

#include "bench/continuum/bars.hpp"
#include "bench/continuum/policies.hpp"

namespace covey::bench {

std::string Percent(double share, int digits = 1);

struct Printing {
  std::ostream& out;
  Bars& bars;
  int seeds = 10;        // of jitter and loss, for CompareAll
  bool regrets = false;  // where the router loses, by the reason of its choice
  int first_seed = 1;    // others than these are for choosing constants by
};

// Every policy over every link; `requests` for each seed.
nlohmann::json CompareAll(const std::string& title, const World& world,
                          const std::vector<Sla>& slas, int requests, const Printing& printing);
// One hour over links that change, `hours` times.
nlohmann::json ChangingTable(const World& world, int hours, const Printing& printing);
nlohmann::json AdversaryTable(const World& world, const Printing& printing);
// Forms chosen by the link (forms.cc), of which at least `keep` of the answers stay.
nlohmann::json FormsTable(const std::string& title, const std::vector<FormTrace>& traces,
                          double agent_ms, double keep, const Printing& printing);
// What deciding costs on the Cortex-M33 under QEMU, by the `conform` firmware.
nlohmann::json DecidingTable(const Printing& printing);

}  // namespace covey::bench
