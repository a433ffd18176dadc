// ModelToml is the small file beside a network that says what its numbers mean: which picture goes
// in, which classes come out (docs/guide/models.md). The one parser, for the compiler and the
// agent.
//
//   # resnet56.toml, or model.toml, beside resnet56.onnx
//   [model]
//   name = "resnet56"                    # default: the network file's stem
//   file = "resnet56.onnx"               # in a repository folder with several files
//   backend = "onnx"                     # in a repository: "int8" or "onnx"
//   [input]
//   width = 32                           # pixels that the network takes
//   height = 32
//   color = "rgb"                        # "rgb", "bgr" or "gray"
//   layout = "nchw"                      # "nchw" or "nhwc"; default: as the tensor's shape says
//   resize = 256                         # short side before the crop; absent: stretch to size
//   crop = "center"                      # only with resize
//   mean = [0.485, 0.456, 0.406]         # x = (byte / 255 - mean[c]) / std[c], one a channel;
//   std = [0.229, 0.224, 0.225]          # both absent: the network takes bytes (int8: byte - 128)
//   [output]
//   kind = "logits"                      # "probabilities", "logits" or "tensor"
//   labels = ["airplane", "automobile"]  # or labels_file = "labels.txt", one name a line
//   [onnx]                               # for the onnx backend
//   threads = 1
//   spinning = false
//
// Errors: kDataLoss (not TOML), kInvalidArgument (an unknown key, a wrong type, a list of another
// length), kNotFound (labels_file); the Finding names file, line and key.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/ir/graph.hpp"
#include "core/diag.hpp"
#include "core/status.hpp"

namespace covey::compiler {

enum class Color { kRgb, kBgr, kGray };
enum class Layout { kByShape, kNchw, kNhwc };
enum class Crop { kNone, kCenter };

struct ModelToml {
  std::string name, file, backend;  // empty: not given
  bool has_input = false;           // [input]: the network takes a picture
  int32_t width = 0, height = 0;
  Color color = Color::kRgb;
  Layout layout = Layout::kByShape;
  int32_t resize = 0;  // short side in pixels; 0: stretch to width x height
  Crop crop = Crop::kNone;
  std::vector<float> mean, std;  // empty: no normalisation
  bool has_output = false;       // [output]
  OutputKind kind = OutputKind::kTensor;
  std::vector<std::string> labels;
  int32_t threads = 0;  // 0: the backend's choice
  bool spinning = false;

  int32_t channels() const { return color == Color::kGray ? 1 : 3; }
};

// `path` is for messages and to find labels_file.
Result<ModelToml> ParseModelToml(std::string_view text, const std::filesystem::path& path,
                                 Diag& diag);
// The `<stem>.toml` or, without one, the `model.toml` beside a network; an empty path if neither
// exists.
std::filesystem::path FindModelToml(const std::filesystem::path& model);
Result<ModelToml> ReadModelToml(const std::filesystem::path& path, Diag& diag);

}  // namespace covey::compiler
