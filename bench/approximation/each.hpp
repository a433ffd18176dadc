// What benches over the networks of sets.hpp have in common: --network, and one after the other.
//
//   struct Options { std::vector<std::string> networks; ... };
//   class Bench { ... explicit Bench(const Options&); Expected<void> Run(const Network&); Text() };
//   int main(int argc, char** argv) {
//     return EachMain<Bench, Options>(argc, argv, "What it measures", [](CLI::App& app, Options& options) {
//       app.add_option("--part", options.parts, "...");
//     });
//   }
//
// AddNetworks and RunEach are its parts, for a bench that needs more.
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

template <typename Bench, typename Options, typename AddOptions>
int EachMain(int argc, char** argv, const char* what, AddOptions&& add_options) {
  Options options;
  CLI::App app(what);
  AddNetworks(app, options.networks);
  add_options(app, options);
  CLI11_PARSE(app, argc, argv);
  Bench bench(options);
  return RunEach(options.networks, bench);
}

}  // namespace covey::bench
