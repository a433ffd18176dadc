// A model file as the commands see it: which format, and for int8 networks the model image that the
// engine runs.
//
//   DiagText diag;
//   Expected<ModelFile> model = LoadModelFile("resnet8.tflite");
//   if (model.value().image.size() > 0) Use(model.value().View());
//
// A .tflite or ONNX file that is int8 is compiled; a float ONNX network keeps an empty image and
// its graph: ONNX Runtime runs it. Errors: each names the file, the thing, what was found and what
// was expected.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "compiler/compile.hpp"
#include "covey/covey.hpp"
#include "wire/image/reader.hpp"

namespace covey::app {

// Bytes that start at a 16-byte boundary, as ImageView wants them.
class ImageBytes {
 public:
  ImageBytes() = default;
  explicit ImageBytes(std::span<const std::byte> bytes);
  std::span<const std::byte> span() const;
  bool empty() const { return size_ == 0; }

 private:
  struct alignas(16) Block {
    std::byte bytes[16];
  };
  std::vector<Block> blocks_;
  size_t size_ = 0;
};

struct ModelFile {
  std::string path;
  compiler::Format format = compiler::Format::kUnknown;
  size_t file_bytes = 0;
  std::optional<compiler::Graph> graph;  // .tflite, ONNX
  ImageBytes image;                      // int8 networks
  std::string no_image;                  // why there is no image, if there is none
  Code no_image_code = Code::kUnimplemented;
  compiler::PatchNotes patches;  // how the RAM limit was kept, if it took patches
};

// Reads and checks; compiles what is int8. A float network is no error here (no_image says why).
// "net.covey#2" is variant 2 of an image file, by itself (wire/image/host/join.hpp).
// `target` is "any" or a board's name; an image that is compiled already stays as it is.
// Of `limits` only RAM and flash are used.
Expected<ModelFile> LoadModelFile(const std::string& path, const std::string& target = "any",
                                  const compiler::CompileOptions& limits = {});

// The same of a graph that is at hand; `path` is where it came from.
Expected<ModelFile> CompileGraph(const std::string& path, const compiler::Graph& graph,
                                 const std::string& target,
                                 const compiler::CompileOptions& limits = {});

// Ops from floats to floats: right everywhere, and slow on a board.
size_t FloatOps(std::span<const std::byte> image);

// "tflite", "onnx", "covey"
const char* FormatName(compiler::Format format);

}  // namespace covey::app
