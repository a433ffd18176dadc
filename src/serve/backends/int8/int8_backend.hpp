// The int8 backend is micro::Engine, the engine that boards run, with the fastest kernels that this
// processor has (host_engine.hpp): it compiles .tflite and ONNX files when they are loaded and
// takes .covey images as they are.
//
//   std::unique_ptr<Backend> backend = MakeInt8Backend();
//   COVEY_TRY_ASSIGN(auto model, backend->Load("resnet8.tflite", diag));
//
// Memory: one arena and scratch for each Run that is going on at the same time; they are kept for
// the next. The kernels' packs of the weights (up to twice their bytes) are shared.
// Exact: outputs equal those of a board, byte for byte.
#pragma once

#include <memory>

#include "kernels/host/host_kernels.hpp"
#include "serve/backends/backend.hpp"

namespace covey::serve {

std::unique_ptr<Backend> MakeInt8Backend();

// A model from the bytes of an image, for callers that have no file.
Result<std::unique_ptr<Model>> LoadImage(
    std::span<const std::byte> image, Diag& diag,
    const kernels::HostKernels& kernels = kernels::BestHostKernels());

}  // namespace covey::serve
