#include "kernels/host/op_case.hpp"

namespace covey::kernels {

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

}  // namespace covey::kernels
