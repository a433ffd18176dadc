// Any bytes into the ONNX importer, and what passes into the compiler.
#include <cstddef>
#include <cstdint>

#include "compiler/compile.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  covey::NoDiag diag;
  const auto graph =
      covey::compiler::ImportOnnx({reinterpret_cast<const std::byte*>(data), size}, diag);
  if (!graph.ok()) return 0;
  (void)covey::compiler::Summarise(*graph);
  (void)covey::compiler::Compile(*graph, diag);
  return 0;
}
