// ImageView is a model image that has been checked, read where it lies: nothing is copied, on the
// host or on a board.
//
//   COVEY_TRY_ASSIGN(wire::ImageView image, wire::ImageView::Read(bytes, diag));
//   for (uint32_t i = 0; i < image.op_count(); ++i) Print(image.op_name(i));
//
// Memory: borrows the bytes for as long as the view lives; they must start at a 16-byte boundary.
// Errors: kDataLoss with a Finding that names the field, its offset, what was found and expected;
// kInvalidArgument if misaligned; kUnimplemented for a newer version. After Read every offset,
// index and size is within bounds, tensor bytes equal dtype times dims, arena tensors and scratch
// lie within arena_bytes, strings end, and every op reads only constants, model inputs and what an
// earlier op wrote.
#pragma once

#include <cstddef>
#include <span>

#include "core/diag.hpp"
#include "core/op_view.hpp"
#include "core/status.hpp"
#include "wire/image/format.hpp"

namespace covey::wire {

enum class Digest {
  kCheck,
  kTrust
};  // kTrust: the caller has verified the bytes already (signed flash, say)

class ImageView {
 public:
  static Result<ImageView> Read(std::span<const std::byte> bytes, Diag& diag,
                                Digest digest = Digest::kCheck);

  const ImageHeader& header() const { return *header_; }
  std::span<const std::byte> bytes() const { return bytes_; }
  const char* name() const { return string(header_->name); }
  const char* labels() const {
    return header_->labels == kNone ? nullptr : string(header_->labels);
  }
  // int8[channels][256] or null; see format.hpp.
  const int8_t* pixel_table() const;

  uint32_t tensor_count() const { return header_->tensor_count; }
  const TensorRecord& tensor(uint32_t index) const { return tensors_[index]; }
  const char* tensor_name(uint32_t index) const { return string(tensors_[index].name); }

  uint32_t op_count() const { return header_->op_count; }
  const OpRecord& op(uint32_t index) const { return ops_[index]; }
  const char* op_name(uint32_t index) const { return string(ops_[index].name); }
  std::span<const uint16_t> op_inputs(uint32_t index) const;
  std::span<const uint16_t> op_outputs(uint32_t index) const;

  uint16_t input_count() const { return header_->input_count; }
  uint16_t output_count() const { return header_->output_count; }
  uint16_t input_tensor(uint16_t i) const { return indices_[header_->io_first_index + i]; }
  uint16_t output_tensor(uint16_t i) const {
    return indices_[header_->io_first_index + header_->input_count + i];
  }

  // A tensor's view: constants point into the image, others into `arena` (at least
  // header().arena_bytes, 16-byte aligned).
  TensorView View(uint32_t tensor, std::byte* arena) const;
  OpView ViewOp(uint32_t op, std::byte* arena) const;
  // The same into a view that held another op of this image before, or none: what both have not is
  // not cleared again.
  void ViewOp(uint32_t op, std::byte* arena, OpView& view) const;

 private:
  void Fill(uint32_t tensor, std::byte* arena, TensorView& view) const;
  const char* string(uint32_t offset) const;

  std::span<const std::byte> bytes_;
  const ImageHeader* header_ = nullptr;
  const TensorRecord* tensors_ = nullptr;
  const OpRecord* ops_ = nullptr;
  const uint16_t* indices_ = nullptr;
  const int32_t* params_ = nullptr;
};

}  // namespace covey::wire
