#include "compiler/compile.hpp"

namespace covey::compiler {
Result<Graph> ImportOnnx(std::span<const std::byte>, Diag&) {
  return Status(Code::kUnimplemented, "onnx: not yet");
}
}  // namespace covey::compiler
