#include "compiler/pixel_table.hpp"

#include <algorithm>
#include <cmath>

#include "compiler/ir/check.hpp"
#include "compiler/report.hpp"

namespace covey::compiler {

// What the source's own quantisation makes of the normalised pixel. Halves are common (a scale of
// 1/255 and a mean of a half meet one at every pixel), so ties matter.
Result<std::vector<int8_t>> MakePixelTable(const Preprocess& pre, const Tensor& input, Diag& diag) {
  std::vector<int8_t> table;
  if (!pre.normalise) return table;
  const size_t channels = pre.mean.size();
  if (input.dtype != DType::kInt8 || input.quant.scales.size() != 1 || input.dims.empty() ||
      input.dims.back() != static_cast<int64_t>(channels) || pre.std.size() != channels) {
    return Refuse(diag, {Code::kInvalidArgument, "compile: model.toml does not fit the network"},
                  Describe(input),
                  "mean and std have " + std::to_string(channels) +
                      " channels, expected an int8 picture with as many (N,H,W,C)");
  }
  for (size_t c = 0; c < channels; ++c) {
    for (int pixel = 0; pixel < 256; ++pixel) {
      const float x = (static_cast<float>(pixel) / 255.0F - pre.mean[c]) / pre.std[c];
      const float steps = x / input.quant.scales[0];
      const float q = (pre.ties_to_even ? std::nearbyint(steps) : std::round(steps)) +
                      static_cast<float>(input.quant.zero_points[0]);
      table.push_back(static_cast<int8_t>(std::clamp(q, -128.0F, 127.0F)));
    }
  }
  return table;
}

}  // namespace covey::compiler
