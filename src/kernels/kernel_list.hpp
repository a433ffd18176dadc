// Every op's prepare and run, one row each: the declarations (prepare.hpp, ref/run.hpp) and each
// target's table are made from it. A target that has a loop of its own declares it under the same
// name in its own namespace, which hides the one in ref/.
#pragma once

#define COVEY_KERNEL_LIST(ROW)                                      \
  ROW(kConv2D, PrepareConv2D, RunConv2D)                            \
  ROW(kDepthwiseConv2D, PrepareDepthwiseConv2D, RunDepthwiseConv2D) \
  ROW(kFullyConnected, PrepareFullyConnected, RunFullyConnected)    \
  ROW(kAdd, PrepareAdd, RunAdd)                                     \
  ROW(kAveragePool2D, PreparePool2D, RunAveragePool2D)              \
  ROW(kMaxPool2D, PreparePool2D, RunMaxPool2D)                      \
  ROW(kMean, PrepareMean, RunMean)                                  \
  ROW(kSoftmax, PrepareSoftmax, RunSoftmax)                         \
  ROW(kReshape, PrepareReshape, RunReshape)                         \
  ROW(kPad, PreparePad, RunPad)                                     \
  ROW(kQuantize, PrepareQuantize, RunQuantize)                      \
  ROW(kDequantize, PrepareDequantize, RunDequantize)                \
  ROW(kRelu, PrepareRelu, RunRelu)                                  \
  ROW(kTranspose, PrepareTranspose, RunTranspose)                   \
  ROW(kUnary, PrepareUnary, RunUnary)                               \
  ROW(kMul, PrepareMul, RunMul)                                     \
  ROW(kSub, PrepareAdd, RunSub)                                     \
  ROW(kPrelu, PreparePrelu, RunPrelu)                               \
  ROW(kMaximum, PrepareMaxMin, RunMaximum)                          \
  ROW(kMinimum, PrepareMaxMin, RunMinimum)                          \
  ROW(kConcat, PrepareConcat, RunConcat)                            \
  ROW(kSlice, PrepareSlice, RunSlice)                               \
  ROW(kResizeNearest, PrepareResize, RunResizeNearest)              \
  ROW(kResizeBilinear, PrepareResize, RunResizeBilinear)            \
  ROW(kMirrorPad, PrepareMirrorPad, RunMirrorPad)                   \
  ROW(kGather, PrepareGather, RunGather)                            \
  ROW(kSquaredDifference, PrepareAdd, RunSquaredDifference)         \
  ROW(kDiv, PrepareDiv, RunDiv)                                     \
  ROW(kTransposeConv, PrepareTransposeConv, RunTransposeConv)       \
  ROW(kBatchMatMul, PrepareBatchMatMul, RunBatchMatMul)             \
  ROW(kArgMax, PrepareArgMinMax, RunArgMax)                         \
  ROW(kArgMin, PrepareArgMinMax, RunArgMin)                         \
  ROW(kSvdf, PrepareSvdf, RunSvdf)                                  \
  ROW(kLstm, PrepareLstm, RunLstm)                                  \
  ROW(kResample, PrepareResample, RunResample)                      \
  ROW(kFft, PrepareFft, RunFft)                                     \
  ROW(kMfcc, PrepareMfcc, RunMfcc)                                  \
  ROW(kJpeg, PrepareJpeg, RunJpeg)                                  \
  ROW(kExit, PrepareExit, RunExit)                                  \
  ROW(kSelect, PrepareSelect, RunSelect)

// A row of a target's table.
#define COVEY_KERNEL_ROW(op, prepare, run) {Op::op, prepare, run},
