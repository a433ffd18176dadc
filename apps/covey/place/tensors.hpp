// Between a sample's bytes and the tensors that a model takes.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "covey/covey.hpp"
#include "serve/backends/backend.hpp"

namespace covey::app {

// Bytes of one sample; a batch of any size is 1. Nothing if some other dimension is open or a type
// unknown; the error names the tensor.
Expected<size_t> SampleBytes(const std::vector<serve::TensorInfo>& inputs);

// One sample's bytes, cut into tensors; exactly SampleBytes(inputs) of them.
std::vector<HostTensor> CutSample(const std::vector<serve::TensorInfo>& inputs,
                                  std::span<const std::byte> sample);

void AppendOutputs(const std::vector<HostTensor>& outputs, std::vector<std::byte>& bytes);

std::string Describe(const serve::TensorInfo& info);  // "float32[?,3,32,32]"
std::string InputsText(const std::vector<serve::TensorInfo>& inputs);

}  // namespace covey::app
