// OpCase owns the tensors of one op, for tests: build it, prepare and run it with a kernel table,
// look at the output.
//
//   OpCase op(Op::kRelu, "relu");
//   op.Input<int8_t>({1, 4}, {-2, -1, 0, 1});
//   op.Output<int8_t>({1, 4});
//   op.Set(RequantizeAttr{.multiplier = 1 << 30, .shift = 1});
//   EXPECT_EQ(op.Run(RefKernels()), OkStatus());
//
// Memory: every tensor has its own exact allocation, so that a sanitizer sees a byte too far.
#pragma once

#include <array>
#include <cstring>
#include <list>
#include <span>
#include <string>
#include <vector>

#include "core/host/diag_text.hpp"
#include "core/op_view.hpp"
#include "kernels/host/host_kernels.hpp"

namespace covey::kernels {

class OpCase {
 public:
  OpCase(Op op, std::string name) : name_(std::move(name)) {
    view_.op = op;
    view_.name = name_.c_str();
    view_.attr = attr_.data();
  }
  OpCase(const OpCase&) = delete;
  OpCase& operator=(const OpCase&) = delete;

  template <typename T>
  TensorView& Input(const std::vector<int32_t>& dims, const std::vector<T>& values) {
    TensorView& tensor = view_.input[static_cast<size_t>(view_.inputs++)];
    tensor = Own<T>(dims);
    std::memcpy(tensor.data, values.data(), tensor.bytes);
    return tensor;
  }
  // int4, from values of -8 to 7.
  TensorView& NarrowInput(const std::vector<int32_t>& dims, const std::vector<int8_t>& values);
  void AbsentInput() { ++view_.inputs; }
  template <typename T>
  TensorView& Output(const std::vector<int32_t>& dims) {
    TensorView& tensor = view_.output[static_cast<size_t>(view_.outputs++)];
    tensor = Own<T>(dims);
    std::memset(tensor.data, 0x5A, tensor.bytes);
    return tensor;
  }
  template <typename Attr>
  void Set(const Attr& attr) {
    static_assert(sizeof(Attr) <= sizeof(attr_));
    std::memcpy(attr_.data(), &attr, sizeof(attr));
  }
  void SetParams(std::vector<int32_t> params) {
    params_ = std::move(params);
    view_.params = params_;
  }

  OpView& view() { return view_; }
  // What prepare had to say.
  const DiagText& diag() const { return diag_; }

  Status Prepare(std::span<const Kernel> kernels);
  Status Run(std::span<const Kernel> kernels);
  // Packs first, as the int8 backend does.
  Status Run(const HostKernels& kernels);
  template <typename T>
  std::vector<T> Result() const {
    const T* data = view_.output[0].as<T>();
    return {data, data + view_.output[0].elements()};
  }

 private:
  template <typename T>
  static constexpr DType TypeOf() {
    if constexpr (std::is_same_v<T, int8_t>) return DType::kInt8;
    if constexpr (std::is_same_v<T, uint8_t>) return DType::kUint8;
    if constexpr (std::is_same_v<T, int16_t>) return DType::kInt16;
    if constexpr (std::is_same_v<T, int32_t>) return DType::kInt32;
    if constexpr (std::is_same_v<T, int64_t>) return DType::kInt64;
    if constexpr (std::is_same_v<T, float>) return DType::kFloat32;
  }
  template <typename T>
  TensorView Own(const std::vector<int32_t>& dims) {
    TensorView tensor;
    tensor.dtype = TypeOf<T>();
    tensor.dims = dims_.emplace_back(dims);
    tensor.bytes = static_cast<size_t>(tensor.elements()) * sizeof(T);
    tensor.data = data_.emplace_back(tensor.bytes).data();
    return tensor;
  }

  std::string name_;
  OpView view_;
  DiagText diag_;
  std::array<int32_t, kAttrWords> attr_{};
  std::vector<int32_t> params_;
  std::list<std::vector<int32_t>> dims_;
  std::list<std::vector<std::byte>> data_;
};

}  // namespace covey::kernels
