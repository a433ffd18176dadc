// From a model file to a model image: Import reads .tflite or ONNX into a Graph, Compile runs the
// passes (pipeline.cc) and emits the image.
//
//   COVEY_TRY_ASSIGN(compiler::Graph graph, compiler::ImportFile("resnet8.tflite", diag));
//   COVEY_TRY_ASSIGN(std::vector<std::byte> image, compiler::Compile(graph, diag));
//
// Importing is lenient (an op that the engine lacks keeps its name, so that any network can be
// inspected), compiling is strict. A network keeps its own inputs and outputs; one with a
// model.toml that says [input] becomes a picture classifier: int8 (N, H, W, C) in, int8 scores out
// (docs/decisions/0007-onnx-rim.md).
//
// Errors: kNotFound (file), kDataLoss (damaged bytes), kUnimplemented (the Finding names op, tensor
// and what is supported), kInvalidArgument (a graph that makes no sense).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "compiler/ir/graph.hpp"
#include "core/diag.hpp"
#include "core/status.hpp"

namespace covey::compiler {

enum class Format { kUnknown, kTflite, kOnnx, kImage };

// By the first bytes, then by the file name's ending.
Format DetectFormat(std::span<const std::byte> bytes, const std::filesystem::path& path);

Result<Graph> ImportTflite(std::span<const std::byte> bytes, Diag& diag);
Result<Graph> ImportOnnx(std::span<const std::byte> bytes, Diag& diag);
// Reads the file, and a `<stem>.toml` or `model.toml` beside it, if there is one, for
// Graph::preprocess and the name.
Result<Graph> ImportFile(const std::filesystem::path& path, Diag& diag);

// Every image runs on every target with the same bytes. One that is compiled for a target also
// holds scratch for its fast kernels, in a larger arena; without it they take the reference loops.
enum class Target { kAny, kCortexM, kMve, kRv32 };

// The first stage of a network, run in bands of rows because the RAM limit asks for it.
struct PatchNotes {
  int32_t patches = 0;      // 0: the network runs as it is
  int32_t rows = 0;         // of the stage's output, in each patch
  std::string first, last;  // names of the stage's ends
  uint64_t macs_before = 0, macs_after = 0;
  // Estimates for the target, of the whole network without a limit on RAM and of this one.
  int64_t instructions_before = 0, instructions_after = 0;
};

// Weights as literals of straight code, for Cortex-M: faster than the plain loop where zeros go, at
// 12 bytes a weight. Only generated C++ (cpp/emit_cpp.hpp) does it; the image says where, and runs
// plain loops there.
enum class Unpack { kNever, kWhereFaster, kWherePossible };

// What it costs a chip to read constants from flash, so that ways to run an op are compared by time
// or energy instead of instructions; as it is here: nothing.
struct FlashWait {
  double byte = 0;          // instructions that the wait for a byte is worth
  int64_t cache_bytes = 0;  // of flash data that stay at hand
};

// Limits are kept or refused (kResourceExhausted: how many bytes are missing, and for which layer);
// within them the kernels are chosen that take the fewest instructions, waits for flash included.
struct CompileOptions {
  Target target = Target::kAny;
  std::optional<int64_t> ram_bytes{};    // of the arena
  std::optional<int64_t> flash_bytes{};  // of the image
  Unpack unpack = Unpack::kNever;
  // Layers whose weights become code whatever it costs, by the names of their nodes: refused where
  // a layer cannot (kFailedPrecondition) or the limits do not hold it.
  std::vector<std::string> unpacked{};
  // Fully connected layers, by name, that pass over inputs that are zero (dynamic/dynamic.hpp). Those
  // whose lists the limits do not hold keep their loops.
  std::vector<std::string> by_inputs{};
  FlashWait wait{};
  // Called after each pass with its name (pipeline.hpp) and the graph; may be empty.
  std::function<void(const char* pass, const Graph& graph)> after{};
  PatchNotes* patches = nullptr;  // if not null: told what was split
};

Result<std::vector<std::byte>> Compile(const Graph& graph, Diag& diag,
                                       const CompileOptions& options = {});
// The same for a graph that has been through the passes (chunk/chunk.hpp).
Result<std::vector<std::byte>> CompilePrepared(const Graph& graph, Diag& diag,
                                               const CompileOptions& options = {});

// The target of a board ("m33") or of the word itself ("any").
// Errors: kInvalidArgument, with a Finding that lists the names.
Result<Target> TargetOf(const std::string& name, Diag& diag);

// What `covey inspect` shows.
struct OpSummary {
  std::string op, name, source_op;
  std::vector<std::string> inputs, outputs;  // "int8[1,32,32,16]"
  uint64_t macs = 0, weight_bytes = 0;
};
struct Summary {
  std::string name;
  std::vector<OpSummary> ops;
  uint64_t macs = 0, weight_bytes = 0;
};
Summary Summarise(const Graph& graph);

}  // namespace covey::compiler
