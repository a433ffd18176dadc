#include "apps/covey/bench/host.hpp"

#include <iostream>

#include "apps/covey/command.hpp"
#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/json.hpp"
#include "apps/covey/io/quantiles.hpp"
#include "apps/covey/io/table.hpp"
#include "apps/covey/model/report.hpp"
#include "apps/covey/place/place.hpp"

namespace covey::app {
namespace {

constexpr size_t kSamples = 50;

}  // namespace

int BenchHost(const std::string& model, bool json) {
  PlaceOptions options;
  options.backend = "int8";
  const Expected<std::unique_ptr<Place>> place = OpenPlace({}, model, options);
  if (!place) return Fail(place.error(), json);
  std::vector<std::byte> samples(place.value()->sample_bytes() * kSamples);
  uint32_t state = 0x9E3779B9;
  for (std::byte& byte : samples) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<std::byte>(state >> 24);
  }
  const Expected<PlaceRun> run = place.value()->Run(samples);
  if (!run) return Fail(run.error(), json);
  const Expected<ModelFile> file = LoadModelFile(model);
  if (!file) return Fail(file.error(), json);
  const Report report = MakeReport(file.value());
  const Quantiles ns = QuantilesOf(run.value().latency_ns);
  const double per_mac = report.macs == 0 ? 0 : ns.median / static_cast<double>(report.macs);
  if (json) {
    PrintJson(std::cout, {{"model", model},
                          {"board", "host"},
                          {"macs", report.macs},
                          {"samples", kSamples},
                          {"latency_ns", ToJson(ns)},
                          {"latency_kind", "measured"},
                          {"ns_per_mac", per_mac}});
  } else {
    std::cout << model << " on this machine, int8 engine, one thread: median "
              << Fixed(ns.median / 1e6, 3) << " ms, least " << Fixed(ns.min / 1e6, 3) << " ms of "
              << kSamples << " samples; " << Thousands(report.macs) << " MACs, "
              << Fixed(per_mac, 3) << " ns per MAC\n";
  }
  return kDone;
}

}  // namespace covey::app
