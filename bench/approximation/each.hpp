// What benches over the networks of sets.hpp have in common: --network, and one after the other.
//
//   AddNetworks(app, options.networks);
//   Bench bench(options);                          // Run(network), Text()
//   return RunEach(options.networks, bench);
#pragma once

#include <CLI/CLI.hpp>
#include <iostream>
#include <string>
#include <vector>

#include "bench/approximation/sets.hpp"
#include "core/host/data_dir.hpp"

namespace covey::bench {

inline void AddNetworks(CLI::App& app, std::vector<std::string>& names) {
  std::vector<std::string> known;
  for (const Network& network : Networks({})) known.push_back(network.name);
  app.add_option("--network", names, "one of these alone; default all")
      ->check(CLI::IsMember(known));
}

// Ends with the first that fails. The exit code: 1 then, 2 without COVEY_DATA.
template <typename Bench>
int RunEach(const std::vector<std::string>& names, Bench& bench) {
  if (!DataDir()) {
    std::cerr << "COVEY_DATA: the folder of real data is absent\n";
    return 2;
  }
  for (const Network& network : Networks(names)) {
    const Expected<void> run = bench.Run(network);
    if (run) continue;
    std::cerr << network.name << ": " << run.error().message << '\n';
    return 1;
  }
  std::cout << bench.Text();
  return 0;
}

}  // namespace covey::bench
