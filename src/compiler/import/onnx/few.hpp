// Few is a small constant as numbers: what an exporter leaves to be computed of shapes, or states
// of a layer, is read, reckoned with and written back as one.
//
//   const auto axes = FewOf(importer, importer.In(node, 1));   // nothing if it is computed
//   return Give(importer, node, Few{DType::kInt64, {2}, {1, -1}});
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "compiler/import/onnx/importer.hpp"

namespace covey::compiler::onnx_import {

struct Few {
  DType dtype = DType::kInt64;
  std::vector<int32_t> dims;
  std::vector<double> values;  // whole numbers are exact up to 2^53

  size_t rank() const { return dims.size(); }
  bool integers() const { return dtype != DType::kFloat32; }
};

inline constexpr int64_t kFewAtMost = 1 << 16;

// A constant's numbers, dequantised if it stands for real ones; nothing if it is computed, has more
// than `most` elements or is of another type.
std::optional<Few> FewOf(const Importer& importer, const Value* value, int64_t most = kFewAtMost);

// The numbers as a constant of the graph: by a name, or as the node's first output.
Result<Value> AddFew(Importer& importer, const std::string& name, const Few& few);
Result<bool> Give(Importer& importer, const ::onnx::NodeProto& node, const Few& few);

// New numbers of other dimensions, each taken from the place that `source` says.
using Place = std::vector<int32_t>;
Few Picked(const Few& from, const std::vector<int32_t>& dims,
           const std::function<Place(const Place&)>& source);

}  // namespace covey::compiler::onnx_import
