// Small, valid model images for tests and fuzz seeds.
//
//   std::vector<std::byte> bytes = WriteImage(SampleContents());
#pragma once

#include "wire/image/host/writer.hpp"

namespace covey::wire {

// relu(a + b) with a constant b and per-channel scales, labels and a pixel table: every kind of
// field is in use.
ImageContents SampleContents();

// A chain of every op of core/op.hpp but those of the next three, floats in, class probabilities as
// floats out.
ImageContents EveryOpContents();

// A chain of int16 layers, products, and ops that keep state from run to run.
ImageContents WideOpsContents();

// Signal processing: int16 samples (1, 60) in, cepstra int8 and lines float32 out.
ImageContents SignalOpsContents();

// An exit that passes over one op: int8 (1, 4) in, and out, as it is where the largest is ahead by
// 10, else no element below the zero point.
ImageContents ExitContents();

}  // namespace covey::wire
