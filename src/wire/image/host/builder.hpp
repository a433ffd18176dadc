// Builder puts a model image together, op by op, for the samples of this folder. Each tensor has a
// place of its own.
//
//   Builder net;
//   const auto x = net.Activation(DType::kInt8, {1, 4});
//   net.Then(Op::kRelu, {x}, net.Activation(DType::kInt8, {1, 4}), RequantizeAttr{});
//   const ImageContents& contents = net.contents();
#pragma once

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "core/op_view.hpp"
#include "wire/image/host/writer.hpp"

namespace covey::wire {

class Builder {
 public:
  uint16_t Activation(DType dtype, std::vector<int32_t> dims, Place place = Place::kArena) {
    ImageTensor& tensor = Add(dtype, std::move(dims));
    tensor.zero_point = dtype == DType::kInt8 ? -5 : 0;
    tensor.place = place;
    tensor.arena_offset = contents_.arena_bytes;
    contents_.arena_bytes += (static_cast<uint32_t>(Bytes(tensor)) + 15) / 16 * 16;
    return Last();
  }
  uint16_t State(DType dtype, std::vector<int32_t> dims) {
    return Activation(dtype, std::move(dims), Place::kState);
  }
  uint16_t Constant(DType dtype, std::vector<int32_t> dims) {
    ImageTensor& tensor = Add(dtype, std::move(dims));
    tensor.place = Place::kData;
    const size_t width = DTypeBytes(dtype);
    for (size_t i = 0; i < Bytes(tensor); ++i) {
      // Of both signs; the elements of wider types stay small.
      const size_t value = width == 1 ? i * 37 + 11 : (i % width == 0 ? i : 0);
      tensor.data.push_back(static_cast<std::byte>(value & 0xFF));
    }
    return Last();
  }
  template <typename Attr>
  void Then(Op op, std::vector<uint16_t> inputs, uint16_t output, const Attr& attr,
            std::vector<int32_t> params = {}) {
    ImageOp next{.op = op, .name = OpName(op), .inputs = std::move(inputs), .outputs = {output}};
    static_assert(sizeof(attr) <= sizeof(next.attr));
    std::memcpy(next.attr.data(), &attr, sizeof(attr));
    next.params = std::move(params);
    contents_.ops.push_back(std::move(next));
  }
  // Another output of the op that was added last.
  void Also(uint16_t output) { contents_.ops.back().outputs.push_back(output); }
  ImageContents& contents() { return contents_; }

 private:
  ImageTensor& Add(DType dtype, std::vector<int32_t> dims) {
    ImageTensor& tensor = contents_.tensors.emplace_back();
    tensor.name = "tensor " + std::to_string(contents_.tensors.size());
    tensor.dtype = dtype;
    tensor.dims = std::move(dims);
    tensor.scale = 0.25F;
    return tensor;
  }
  static size_t Bytes(const ImageTensor& tensor) { return TensorBytes(tensor.dtype, tensor.dims); }
  uint16_t Last() const { return static_cast<uint16_t>(contents_.tensors.size() - 1); }

  ImageContents contents_;
};

}  // namespace covey::wire
