#include "apps/covey/approximate/choosing.hpp"

#include <CLI/CLI.hpp>

#include "apps/covey/bench/chips.hpp"
#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/numbers.hpp"

namespace covey::app {

void AddChoosing(CLI::App& command, ApproximateJob& job) {
  std::vector<std::string> chips;
  for (const Chip& chip : Chips()) chips.emplace_back(chip.name);
  command
      .add_option("--chip", job.chip,
                  "run each design under QEMU and model its time and energy on this chip "
                  "(docs/guide/bench.md)")
      ->check(CLI::IsMember(chips));
  command
      .add_option("--minimise", job.minimise,
                  "what designs are ordered by: latency (default with --chip), energy, or "
                  "instructions by estimate (default without)")
      ->check(CLI::IsMember({"instructions", "latency", "energy"}));
  command
      .add_option("--slower", job.slower,
                  "of a float network: per cent by which int16 activations for its most sensitive "
                  "tensors may slow it, by estimate (default 100; 0: all int8)")
      ->check(NumberFrom(0, 10000));
  command
      .add_option("--scale", job.scale,
                  "of a float network: a raw byte q stands for SCALE * (q - ZERO); default 1")
      ->check(NumberFrom(1e-30, 1e30));
  command.add_option("--zero", job.zero, "default 0")->check(NumberFrom(-1e9, 1e9));
  command
      .add_option("--unseen", job.unseen,
                  "the samples trained this network: change them until it is right on so many per "
                  "cent only, what it is known to reach on others, and choose on that")
      ->check(NumberFrom(1, 100));
}

Expected<void> CheckChoosing(ApproximateJob& job) {
  if (job.minimise.empty()) job.minimise = job.chip.empty() ? "instructions" : "latency";
  if (job.chip.empty() && job.minimise != "instructions") {
    return MakeError(Code::kInvalidArgument, "--minimise " + job.minimise +
                                                 ": time and energy are a chip's, expected --chip");
  }
  for (const Chip& chip : Chips()) {
    if (job.chip == chip.name && job.target == "any") job.target = chip.board;
    if (job.chip != chip.name || job.target == chip.board) continue;
    return MakeError(Code::kInvalidArgument, "--chip " + job.chip + ": is measured on board " +
                                                 chip.board + ", expected --target " + chip.board +
                                                 " (found " + job.target + ")");
  }
  return {};
}

}  // namespace covey::app
