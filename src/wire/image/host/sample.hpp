// SampleImage is a small, valid model image for tests and fuzz seeds: relu(a + b) with a constant b
// and per-channel scales, labels and a pixel table, so that every kind of field is in use.
#pragma once

#include "wire/image/host/writer.hpp"

namespace covey::wire {

ImageContents SampleContents();

}  // namespace covey::wire
