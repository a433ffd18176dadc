// Attributes reads the attributes of one ONNX node by name, with the defaults of the standard.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "onnx.pb.h"

namespace covey::compiler::onnx_import {

class Attributes {
 public:
  explicit Attributes(const ::onnx::NodeProto& node) : node_(node) {}

  const ::onnx::AttributeProto* Find(std::string_view name) const {
    for (const ::onnx::AttributeProto& attribute : node_.attribute()) {
      if (attribute.name() == name) return &attribute;
    }
    return nullptr;
  }
  int64_t Int(std::string_view name, int64_t otherwise) const {
    const auto* attribute = Find(name);
    return attribute != nullptr ? attribute->i() : otherwise;
  }
  float Float(std::string_view name, float otherwise) const {
    const auto* attribute = Find(name);
    return attribute != nullptr ? attribute->f() : otherwise;
  }
  std::string String(std::string_view name, const std::string& otherwise) const {
    const auto* attribute = Find(name);
    return attribute != nullptr ? attribute->s() : otherwise;
  }
  // `count` numbers, `otherwise` each if absent; another length or a number beyond 32 bits gives an
  // empty list.
  std::vector<int32_t> Ints(std::string_view name, size_t count, int32_t otherwise) const {
    const auto* attribute = Find(name);
    if (attribute == nullptr) return std::vector<int32_t>(count, otherwise);
    std::vector<int32_t> list = AllInts(name);
    if (list.size() != count) list.clear();
    return list;
  }
  std::vector<int32_t> AllInts(std::string_view name) const {
    std::vector<int32_t> list;
    const auto* attribute = Find(name);
    if (attribute == nullptr) return list;
    for (int64_t value : attribute->ints()) {
      if (value < std::numeric_limits<int32_t>::min() ||
          value > std::numeric_limits<int32_t>::max()) {
        return {};
      }
      list.push_back(static_cast<int32_t>(value));
    }
    return list;
  }

 private:
  const ::onnx::NodeProto& node_;
};

}  // namespace covey::compiler::onnx_import
