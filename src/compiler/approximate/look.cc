#include "compiler/approximate/look.hpp"

#include <utility>

#include "compiler/passes/uses.hpp"

namespace covey::compiler {
namespace {

void Mirror(const std::vector<int32_t>& dims, std::vector<std::byte>& picture) {
  if (dims.size() != 4 || dims[3] != 3) return;
  const auto width = static_cast<size_t>(dims[2]), rows = picture.size() / width / 3;
  for (size_t y = 0; y < rows; ++y)
    for (size_t x = 0; x < width / 2; ++x)
      for (size_t c = 0; c < 3; ++c)
        std::swap(picture[(y * width + x) * 3 + c], picture[(y * width + width - 1 - x) * 3 + c]);
}

}  // namespace

std::vector<std::vector<std::byte>> InputsFor(const Graph& graph, const ByteSamples& samples,
                                              const Look& look) {
  std::vector<std::vector<std::byte>> inputs;
  for (size_t i = 0; i < graph.inputs.size(); ++i) {
    const size_t each = samples.inputs[i].size() / samples.count;
    const std::byte* const a = samples.inputs[i].data() + look.sample * each;
    const std::byte* const b = samples.inputs[i].data() + look.other * each;
    std::vector<std::byte>& input = inputs.emplace_back(a, a + each);
    const Tensor& tensor = TensorOf(graph, graph.inputs[i]);
    if (tensor.dtype == DType::kInt8 && look.share > 0) {
      const auto share = static_cast<int>(look.share);
      for (size_t k = 0; k < each; ++k)
        input[k] = static_cast<std::byte>(
            (static_cast<int8_t>(a[k]) * (128 - share) + static_cast<int8_t>(b[k]) * share) / 128);
    }
    if (look.mirrored) Mirror(tensor.dims, input);
  }
  return inputs;
}

}  // namespace covey::compiler
