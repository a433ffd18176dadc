// Tables writes a model's constants and op records as C++ definitions.
//
//   Tables tables(image);
//   const std::string text = tables.Text();      // alignas(4) const std::uint32_t kData0[] = {...
//
// Constants are words (the source is a third of what bytes would take, and compiles as fast); the
// same dimensions, attributes and parameters are written once. Names of ops and tensors are left
// out.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "wire/image/reader.hpp"

namespace covey::compiler {

class Tables {
 public:
  explicit Tables(const wire::ImageView& image) : image_(image) {}

  // All definitions, kOp0 to kOp(n-1) last.
  std::string Text();
  uint64_t weight_bytes() const { return weight_bytes_; }
  uint64_t table_bytes() const { return table_bytes_; }

 private:
  std::string Op(uint32_t index);
  std::string Tensor(uint16_t tensor);
  std::string Data(uint16_t tensor);
  // The name of an array of int32 that holds `words`, defined when it is met first.
  std::string Words(const char* prefix, std::span<const int32_t> words, uint64_t& bytes);

  const wire::ImageView& image_;
  std::string text_;
  std::map<std::vector<int32_t>, std::string> words_;
  std::map<uint32_t, std::string> data_;  // by offset in the image
  uint64_t weight_bytes_ = 0, table_bytes_ = 0;
};

// A float as C++ writes it exactly: "0x1.8p-3F".
std::string FloatText(float value);

}  // namespace covey::compiler
