// Any bytes as a JPEG stream, for a picture of the size that the first three bytes say: the op
// stays within its tensors, and gives the same bytes twice.
#include <cstring>
#include <vector>

#include "core/op_view.hpp"
#include "kernels/prepare.hpp"
#include "kernels/ref/jpeg_state.hpp"
#include "kernels/ref/run.hpp"

namespace {

using covey::DType;
using covey::TensorView;

// Each tensor in an allocation of its own, so that a sanitizer sees a byte too far.
struct Owned {
  Owned(DType dtype, std::vector<int32_t> of, uint8_t fill)
      : dims(std::move(of)),
        bytes(
            [&] {
              size_t size = covey::DTypeBytes(dtype);
              for (const int32_t dim : dims) size *= static_cast<size_t>(dim);
              return size;
            }(),
            static_cast<std::byte>(fill)) {
    view.dtype = dtype, view.dims = dims, view.data = bytes.data(), view.bytes = bytes.size();
  }
  std::vector<int32_t> dims;
  std::vector<std::byte> bytes;
  TensorView view;
};

std::vector<std::byte> Decode(const uint8_t* data, size_t size, uint8_t fill) {
  const int32_t height = 1 + data[0] % 48, width = 1 + data[1] % 48;
  const int32_t channels = data[2] % 2 == 0 ? 3 : 1;
  Owned stream(DType::kUint8, {1, static_cast<int32_t>(size - 3)}, 0);
  std::memcpy(stream.bytes.data(), data + 3, size - 3);
  Owned pixels(DType::kInt8, {1, height, width, channels}, fill);
  const auto words = covey::kernels::ref::JpegWorkWords(width, channels);
  Owned work(DType::kInt32, {static_cast<int32_t>(words)}, fill);
  Owned verdict(DType::kInt32, {1}, fill);
  constexpr int32_t kNoWords[covey::kAttrWords] = {};
  covey::OpView op;
  op.op = covey::Op::kJpeg, op.attr = kNoWords;
  op.inputs = 1, op.outputs = 3;
  op.input[0] = stream.view;
  op.output[0] = pixels.view, op.output[1] = work.view, op.output[2] = verdict.view;
  covey::NoDiag diag;
  if (!covey::kernels::PrepareJpeg(op, diag).ok()) __builtin_trap();
  covey::kernels::ref::RunJpeg(op);
  pixels.bytes.insert(pixels.bytes.end(), verdict.bytes.begin(), verdict.bytes.end());
  return pixels.bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 7) return 0;
  if (Decode(data, size, 0x5A) != Decode(data, size, 0xA5)) __builtin_trap();
  return 0;
}
