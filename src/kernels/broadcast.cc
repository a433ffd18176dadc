#include "kernels/broadcast.hpp"

namespace covey::kernels {

Status CheckBroadcast(const Check& check, const TensorView& in, const TensorView& out) {
  COVEY_TRY(check.Is("input", in, out.dtype));
  COVEY_TRY(check.Between("input's number of dimensions", in.rank(), 0, out.rank()));
  const int skip = out.rank() - in.rank();
  for (int i = 0; i < in.rank(); ++i)
    if (in.dims[i] != 1 && in.dims[i] != out.dims[skip + i])
      return check.Refuse("input", "does not broadcast to the output; dimension", in.dims[i],
                          out.dims[skip + i]);
  return OkStatus();
}

}  // namespace covey::kernels
