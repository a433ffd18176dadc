#include "apps/covey/eval/options.hpp"

#include <CLI/CLI.hpp>

#include "apps/covey/io/numbers.hpp"

namespace covey::app {

void AddSampleOptions(CLI::App& command, SampleOptions& samples) {
  command
      .add_option("--type", samples.type,
                  "of raw files: cifar10, uint8 (RGB pixels) or tensor (the network's own input)")
      ->check(CLI::IsMember({"auto", "cifar10", "uint8", "tensor"}));
  command.add_option("--width", samples.width, "of uint8 pixels (default: square)")
      ->check(CLI::Range(1, 16384));
  command.add_option("--height", samples.height, "of uint8 pixels")->check(CLI::Range(1, 16384));
  command
      .add_option("--sample-bytes", samples.sample_bytes,
                  "of tensors: bytes of one sample (default: a file is one)")
      ->check(CLI::Range(1, 1 << 24));
  command
      .add_option("--rate", samples.rate,
                  "of WAV files among tensors: samples a second that the model takes (default "
                  "16000)")
      ->check(CLI::Range(1, 1'000'000));
  command.add_option("--labels", samples.labels,
                     "class numbers: a line each, in order, or file,class");
  command.add_option("--samples", samples.most, "most samples, spread evenly (default: all)")
      ->check(CLI::Range(1, 10000000));
}

void AddPlaceOptions(CLI::App& command, PlaceOptions& place) {
  command
      .add_option("--deadline", place.deadline_s,
                  "seconds that an agent may take; later is missed (default 10)")
      ->check(NumberFrom(0.001, 3600));
  command
      .add_option("--timeout", place.board_timeout_s,
                  "seconds that an emulation may take (default 600)")
      ->check(NumberFrom(1, 86400));
  command
      .add_option("--threads", place.threads,
                  "of ONNX Runtime on this machine; 0 (default): one a core")
      ->check(CLI::Range(0, 1024));
}

}  // namespace covey::app
