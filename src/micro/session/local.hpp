// The local place: the device's own engine behind covey_classify and covey_infer.
//
//   COVEY_TRY(ClassifyLocally(engine, clock, diag, image, top_k, result));
//
// Raw pixels go through the image's pixel table; where it has none, an int8 input takes byte - 128
// and a uint8 input the byte itself. Nothing is resized.
// Memory: pixels are read straight into the engine's input and converted there.
// Errors: kInvalidArgument (the input does not fit the model; a Finding has the numbers),
// kCancelled (`watch` broke it off), kUnimplemented (JPEG, PNG, a type that raw pixels do not fit), kFailedPrecondition (the model
// does not classify), kResourceExhausted (room for the output).
#pragma once

#include "core/clock.hpp"
#include "core/diag.hpp"
#include "core/status.hpp"
#include "covey/micro.h"
#include "micro/run/engine.hpp"

namespace covey::micro {

// Writes classes, class_count and compute_ns of the result.
Status ClassifyLocally(Engine& engine, Clock& clock, Diag& diag, const covey_input& image,
                       uint32_t top_k, covey_result& result, Watch* watch = nullptr);

// Writes the output's bytes and its size, and compute_ns of the result.
Status InferLocally(Engine& engine, Clock& clock, Diag& diag, const covey_input& input,
                    std::span<std::byte> output, size_t& output_bytes, covey_result& result,
                    Watch* watch = nullptr);

}  // namespace covey::micro
