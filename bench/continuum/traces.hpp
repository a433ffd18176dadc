// Traces: what each network says of each picture, run once, with its time where it was run. The
// simulated requests replay them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "covey/covey.hpp"

namespace covey::bench {

struct Trace {
  std::string name;
  std::vector<uint16_t> right, confidence;  // for each picture; confidence in 1/10,000
  std::vector<uint32_t> classes;
  std::vector<uint32_t> compute_us;  // measured on this machine, one a picture
  std::vector<uint32_t> busy_us;     // ... of that its thread had a core
  size_t up_bytes = 0;               // of a request
  double accuracy() const;
};

struct Cifar {
  Trace exact, fast, agent;  // ResNet-8 int8, a variant of it, ResNet-56 at full precision
  uint64_t exact_instructions = 0, fast_instructions = 0;  // Cortex-M4 under QEMU, exact counts
};

// `pictures` records of the data set's binary format from `first` on. The variant is approximated
// with `fast_image`, made by MakeFast.
Expected<Cifar> TraceCifar(const std::string& file, size_t first, size_t pictures,
                           const std::string& fast_image);
// Instructions of one inference on the emulated Cortex-M4.
Expected<void> CountInstructions(const std::string& fast_image, Cifar& cifar);
// Approximates ResNet-8 to at most three points of loss on training pictures; kept in `path`.
Expected<void> MakeFast(const std::string& path);

// MobileNetV1-0.75 at full precision on ImageNet samples sent as raw pixels of `side` x `side`, one
// trace a side; each picture is asked in every size before the next.
Expected<std::vector<Trace>> TraceImagenet(const std::vector<uint32_t>& sides, size_t pictures);

// What a network says of pictures sent in one form (serve/preprocess/form.hpp).
struct FormTrace {
  std::string form;
  std::vector<uint32_t> classes{};
  std::vector<uint16_t> right{};
  std::vector<size_t> bytes{};  // of a request
  size_t pixels = 0;            // of a picture, for whoever encodes it
};
// ResNet-56 on CIFAR-10 test pictures; MobileNetV1-0.75 on ImageNet samples of 224 x 224 pixels.
// The first form is raw pixels.
Expected<std::vector<FormTrace>> TraceCifarForms(const std::vector<std::string>& forms,
                                                 size_t pictures);
Expected<std::vector<FormTrace>> TraceImagenetForms(const std::vector<std::string>& forms,
                                                    size_t pictures);

// Of the pictures 0, 2, 4 ... or 1, 3, 5 ... alone.
Trace EverySecond(const Trace& trace, size_t first);

}  // namespace covey::bench
