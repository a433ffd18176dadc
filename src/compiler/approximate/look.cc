#include "compiler/approximate/look.hpp"

#include "compiler/passes/uses.hpp"

namespace covey::compiler {
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
    Show(tensor.dims, look.view, input);
  }
  return inputs;
}

namespace {
constexpr int32_t kReach = 2;
}  // namespace

ViewDraw::ViewDraw(const std::vector<View>& accepted) {
  for (const View& view : accepted) {
    mirrors_ = mirrors_ || view.mirrored;
    if (view.down != 0) down_ = kReach;
    if (view.right != 0) right_ = kReach;
  }
}

View ViewDraw::Draw(std::minstd_rand& random) const {
  const auto aside = [&](int32_t reach) {
    return reach == 0 ? 0 : static_cast<int32_t>((random() >> 9) % (2 * kReach + 1)) - reach;
  };
  View view;
  if (mirrors_) view.mirrored = (random() >> 9 & 1) != 0;
  view.down = aside(down_);
  view.right = aside(right_);
  return view;
}

}  // namespace covey::compiler
