#include "apps/covey/place/tensors.hpp"

#include <limits>

#include "apps/covey/io/fail.hpp"
#include "core/tensor.hpp"

namespace covey::app {

std::string Describe(const serve::TensorInfo& info) {
  std::string text = std::string(DTypeName(static_cast<DType>(info.type))) + "[";
  for (size_t i = 0; i < info.dims.size(); ++i) {
    text += (i > 0 ? "," : "") + (info.dims[i] < 0 ? "?" : std::to_string(info.dims[i]));
  }
  return text + "]";
}

namespace {

// The dimensions of one sample: an open first dimension is a batch of one.
std::vector<int32_t> SampleDims(const serve::TensorInfo& info) {
  std::vector<int32_t> dims = info.dims;
  if (!dims.empty() && dims[0] < 0) dims[0] = 1;
  return dims;
}

// Bytes of one tensor, or 0 if they cannot be told (an open dimension, an unknown type, too large).
size_t TensorBytes(const serve::TensorInfo& info) {
  uint64_t bytes = DTypeBytes(static_cast<DType>(info.type));
  for (int32_t dim : SampleDims(info)) {
    if (dim <= 0 || bytes > std::numeric_limits<uint32_t>::max()) return 0;
    bytes *= static_cast<uint64_t>(dim);
  }
  return bytes;
}

}  // namespace

Expected<size_t> SampleBytes(const std::vector<serve::TensorInfo>& inputs) {
  size_t total = 0;
  for (const serve::TensorInfo& input : inputs) {
    const size_t bytes = TensorBytes(input);
    if (bytes == 0) {
      return MakeError(Code::kUnimplemented, "input '" + input.name + "' is " + Describe(input) +
                                                 ", expected a fixed size (only the first "
                                                 "dimension, the batch, may be open)");
    }
    total += bytes;
  }
  if (total == 0) return MakeError(Code::kInvalidArgument, "the model has no inputs");
  return total;
}

std::vector<HostTensor> CutSample(const std::vector<serve::TensorInfo>& inputs,
                                  std::span<const std::byte> sample) {
  std::vector<HostTensor> tensors;
  for (const serve::TensorInfo& input : inputs) {
    const std::span<const std::byte> part = sample.first(TensorBytes(input));
    sample = sample.subspan(part.size());
    tensors.push_back({input.name, input.type, SampleDims(input),
                       std::vector<std::byte>(part.begin(), part.end())});
  }
  return tensors;
}

void AppendOutputs(const std::vector<HostTensor>& outputs, std::vector<std::byte>& bytes) {
  for (const HostTensor& output : outputs) {
    bytes.insert(bytes.end(), output.data.begin(), output.data.end());
  }
}

std::string InputsText(const std::vector<serve::TensorInfo>& inputs) {
  std::string text;
  for (const serve::TensorInfo& input : inputs) {
    text += (text.empty() ? "" : " then ") + Describe(input);
  }
  return text;
}

}  // namespace covey::app
