// Tables writes a model's constants and op records as C++ definitions.
//
//   Tables tables(image, {.unread = facts.unread, .scales = false});
//   const std::string text = tables.Text();      // alignas(4) const std::uint32_t kData0[] = {...
//   // then Call<RunConv2D>(view, kOps[0]) makes the first op's view and runs it
//
// Constants are words (the source is a third of what bytes would take, and compiles as fast); the
// same dimensions, attributes and parameters are written once. Names of ops and tensors are left
// out.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "wire/image/reader.hpp"

namespace covey::compiler {

struct TableOptions {
  std::set<uint16_t> unread;  // tensors whose bytes nobody reads
  bool packs = false;         // Call takes what becomes OpView::pack
  bool scales = true;         // some kernel reads the tensors' scales
};

class Tables {
 public:
  Tables(const wire::ImageView& image, TableOptions options)
      : image_(image), options_(std::move(options)) {}

  // All definitions, kOps last.
  std::string Text();
  uint64_t weight_bytes() const { return weight_bytes_; }
  uint64_t table_bytes() const { return table_bytes_; }

 private:
  std::string Rows();
  std::string Op(uint32_t index);
  std::string Tensor(uint16_t tensor);
  std::string Data(uint16_t tensor);
  // The name of an array of int32 that holds `words`, defined when it is met first.
  std::string Words(const char* prefix, std::span<const int32_t> words, uint64_t& bytes);

  const wire::ImageView& image_;
  const TableOptions options_;
  std::string text_;
  std::map<std::vector<int32_t>, std::string> words_;
  std::map<uint32_t, std::string> data_;  // by offset in the image
  uint64_t weight_bytes_ = 0, table_bytes_ = 0;
};

// A float as C++ writes it exactly: "0x1.8p-3F".
std::string FloatText(float value);

}  // namespace covey::compiler
