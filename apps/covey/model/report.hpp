// What `covey inspect` tells about a model: ops, shapes, quantisation, multiply-accumulates,
// weights, arena. Of a .tflite or ONNX file the ops are those of the file; the arena is that of the
// compiled image.
//
//   Report report = MakeReport(LoadModelFile("resnet8.tflite").value());
//   std::cout << ReportText(report);
//
// Shapes: as in compiler/ir: pictures (N, H, W, C), weights OHWI, 1HWC, OI.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apps/covey/io/json.hpp"
#include "apps/covey/model/file.hpp"
#include "core/tensor.hpp"

namespace covey::app {

struct ReportTensor {
  std::string name;
  DType dtype = DType::kNone;
  std::vector<int32_t> dims;
  std::vector<float> scales;  // none: not quantised; several: one a channel
  std::vector<int32_t> zero_points;
  bool constant = false;
};

struct ReportOp {
  std::string op, name, source_op;  // op is "none" if the engine lacks it
  std::vector<ReportTensor> inputs, outputs;
  uint64_t macs = 0, weight_bytes = 0;
  std::string weights{};  // of an image: in which form its loop reads them, if not in rows
};

struct Report {
  std::string path, name, format;
  size_t file_bytes = 0;
  std::vector<ReportTensor> inputs, outputs;
  std::vector<ReportOp> ops;
  uint64_t macs = 0, weight_bytes = 0;
  std::vector<std::string> labels;
  // Of the image; nothing if there is none, and no_image says why.
  std::optional<uint64_t> image_bytes, arena_bytes;
  // No plan can do with less than the first; tensors that shared no bytes at all needed the second.
  std::optional<uint64_t> arena_lower_bound, arena_apart;
  std::string no_image;
};

Report MakeReport(const ModelFile& model);
// Name, tensors, ops, labels, multiply-accumulates and weights; not the sizes.
void DescribeGraph(const compiler::Graph& graph, Report& report);

std::string ShapeText(const ReportTensor& tensor);  // "int8[1,32,32,3]"
std::string QuantisationText(
    const ReportTensor& tensor);  // "scale 0.0039 zero -128", "per channel (16)"
std::string ReportText(const Report& report);
Json ToJson(const ReportTensor& tensor);
Json ToJson(const Report& report);

}  // namespace covey::app
