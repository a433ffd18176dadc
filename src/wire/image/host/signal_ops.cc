#include "wire/image/host/builder.hpp"
#include "wire/image/host/sample.hpp"

namespace covey::wire {
namespace {

// Numbers of both signs, no table that means something: what any image may hold.
void Append(size_t count, int32_t step, std::vector<int32_t>& params) {
  for (size_t i = 0; i < count; ++i)
    params.push_back(static_cast<int32_t>(i * 0x9E3779B9U) / 64 * step);
}

}  // namespace

ImageContents SignalOpsContents() {
  Builder net;
  net.contents().name = "signal ops";
  const auto audio = net.Activation(DType::kInt16, {1, 60});
  net.contents().inputs = {audio};

  std::vector<int32_t> filter;
  Append(2 * 4, 32, filter);
  const auto samples = net.Activation(DType::kInt16, {1, 40});
  net.Then(Op::kResample, {audio}, samples, ResampleAttr{.up = 2, .down = 3, .taps = 4}, filter);

  constexpr int32_t kBands = 3, kWindow = 20;
  std::vector<int32_t> tables;
  Append(kWindow + 32, 63, tables);
  tables.insert(tables.end(), {1, 4, 3, 6, 8, 9});  // first and count of each band
  for (int32_t i = 0; i < 4 + 6 + 9; ++i) tables.push_back((i * 7 % 16) << 20);
  Append(2 * kBands, 2, tables);
  const auto cepstra = net.Activation(DType::kInt8, {1, 3, 2, 1});
  net.Then(Op::kMfcc, {samples}, cepstra,
           MfccAttr{.window = kWindow,
                    .stride = 10,
                    .log2_size = 5,
                    .bands = kBands,
                    .coefficients = 2,
                    .normalise = 1,
                    .floor_multiplier = 1 << 30,
                    .floor_shift = -19,
                    .multiplier = 1 << 30,
                    .shift = 2,
                    .output_offset = -5},
           tables);
  net.Also(net.Activation(DType::kInt32, {32 + kBands}));

  std::vector<int32_t> twiddles;
  Append(64, 63, twiddles);
  const auto lines = net.Activation(DType::kFloat32, {1, 33, 2});
  net.Then(Op::kFft, {samples}, lines, FftAttr{.log2_size = 6, .scale = 0x3F800000}, twiddles);
  net.Also(net.Activation(DType::kInt32, {64}));
  net.contents().outputs = {cepstra, lines};
  return net.contents();
}

}  // namespace covey::wire
