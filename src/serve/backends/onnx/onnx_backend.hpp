// The onnx backend runs .onnx files at full precision with ONNX Runtime, whose library is opened
// when the backend is made: from `library`, else $COVEY_ONNXRUNTIME, else where the build found it.
//
//   COVEY_TRY_ASSIGN(std::unique_ptr<Backend> backend, MakeOnnxBackend({.threads = 2}, diag));
//
// Errors: kUnavailable (no library, or one too old), kUnimplemented (built without the header); the
// Finding says what to do.
#pragma once

#include <filesystem>
#include <memory>

#include "serve/backends/backend.hpp"

namespace covey::serve {

struct OnnxSettings {
  int threads = 0;        // for one inference; 0: one a core. 1 gives the most answers a second
  bool spinning = false;  // threads wait busily: faster on an idle machine, slower on a busy one
  std::filesystem::path library = {};
};

Result<std::unique_ptr<Backend>> MakeOnnxBackend(const OnnxSettings& settings, Diag& diag);

}  // namespace covey::serve
