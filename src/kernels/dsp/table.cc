#include "kernels/dsp/table.hpp"

#include "kernels/dsp/run.hpp"
#include "kernels/prepare.hpp"
#include "kernels/ref/run.hpp"

namespace covey::kernels {

std::span<const Kernel> DspKernels() {
  static constexpr Kernel kTable[] = {
      {Op::kConv2D, PrepareConv2D, dsp::RunConv2D},
      {Op::kDepthwiseConv2D, PrepareDepthwiseConv2D, dsp::RunDepthwiseConv2D},
      {Op::kFullyConnected, PrepareFullyConnected, dsp::RunFullyConnected},
      {Op::kAdd, PrepareAdd, dsp::RunAdd},
      {Op::kAveragePool2D, PreparePool2D, ref::RunAveragePool2D},
      {Op::kMaxPool2D, PreparePool2D, ref::RunMaxPool2D},
      {Op::kMean, PrepareMean, ref::RunMean},
      {Op::kSoftmax, PrepareSoftmax, ref::RunSoftmax},
      {Op::kReshape, PrepareReshape, ref::RunReshape},
      {Op::kPad, PreparePad, ref::RunPad},
      {Op::kQuantize, PrepareQuantize, ref::RunQuantize},
      {Op::kDequantize, PrepareDequantize, ref::RunDequantize},
      {Op::kRelu, PrepareRelu, ref::RunRelu},
      {Op::kTranspose, PrepareTranspose, ref::RunTranspose},
  };
  return kTable;
}

}  // namespace covey::kernels
