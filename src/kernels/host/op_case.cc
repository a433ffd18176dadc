#include "kernels/host/op_case.hpp"

#include <memory>

#include "kernels/host/nibble_rows.hpp"

namespace covey::kernels {

TensorView& OpCase::NarrowInput(const std::vector<int32_t>& dims,
                                const std::vector<int8_t>& values) {
  TensorView& tensor = view_.input[static_cast<size_t>(view_.inputs++)];
  tensor.dtype = DType::kInt4;
  tensor.dims = dims_.emplace_back(dims);
  tensor.data = data_.emplace_back(ToNibbles(values, dims[0])).data();
  tensor.bytes = data_.back().size();
  return tensor;
}

Status OpCase::Prepare(std::span<const Kernel> kernels) {
  for (const Kernel& kernel : kernels)
    if (kernel.op == view_.op) return kernel.prepare(view_, diag_);
  return Status(Code::kUnimplemented, "the table has no such op");
}

Status OpCase::Run(std::span<const Kernel> kernels) {
  COVEY_TRY(Prepare(kernels));
  for (const Kernel& kernel : kernels)
    if (kernel.op == view_.op) kernel.run(view_);
  return OkStatus();
}

Status OpCase::Run(const HostKernels& kernels) {
  COVEY_TRY(Prepare(kernels.table));
  const HostNeed need = kernels.NeedOf(view_);
  const auto Aligned = [&](size_t bytes) {
    void* at = data_.emplace_back(bytes + kHostAlign).data();
    size_t space = bytes + kHostAlign;
    return static_cast<std::byte*>(std::align(kHostAlign, bytes, at, space));
  };
  if (need.pack_bytes != 0) {
    std::byte* pack = Aligned(need.pack_bytes);
    kernels.Pack(view_, {pack, need.pack_bytes});
    view_.pack = pack;
    view_.scratch = {Aligned(need.scratch_bytes), need.scratch_bytes};
  }
  return Run(kernels.table);
}

}  // namespace covey::kernels
