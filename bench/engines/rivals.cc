#include "bench/engines/rivals.hpp"

namespace covey::bench {
namespace {

constexpr Rival kRivals[] = {
    {"pretrainedResnet_quant", "ResNet-8", 29874840, 54996, 213848, 12000000, 50000},
    {"kws_ref_model", "DS-CNN", 7845240, 22820, 169288, 4200000, 18000},
    {"vww_96_int8", "MobileNetV1-0.25", 24720320, 100708, 448640, 8000000, 60000},
    {"ad01_int8", "autoencoder", 582320, 2580, 392328, 400000, 1600},
};

constexpr char kConv[] = "conv2d", kDepthwise[] = "depthwise_conv2d", kFull[] = "fully_connected";
constexpr RivalLayer kLayers[] = {
    {kConv, "int8[1,32,32,16]", 442368, 4.80, 4.82, 4.86, 1.36, 5.45},
    {kConv, "int8[1,32,32,16]", 2359296, 2.33, 2.33, 2.33, 0.39, 3.33},
    {kConv, "int8[1,16,16,32]", 1179648, 2.14, 2.14, 2.14, 0.33, 3.06},
    {kConv, "int8[1,16,16,32]", 2359296, 1.93, 1.93, 1.93, 0.25, 2.87},
    {kConv, "int8[1,16,16,32]", 131072, 4.26, 4.29, 4.25, 1.08, 5.11},
    {kConv, "int8[1,8,8,64]", 1179648, 1.86, 1.86, 1.86, 0.24, 2.76},
    {kConv, "int8[1,8,8,64]", 2359296, 1.76, 1.76, 1.76, 0.21, 2.67},
    {kConv, "int8[1,25,5,64]", 320000, 3.46, 3.47, 3.50, 0.90, 4.26},
    {kConv, "int8[1,25,5,64]", 512000, 2.08, 2.09, 2.05, 0.40, 3.11},
    {kDepthwise, "int8[1,25,5,64]", 72000, 8.25, 8.33, 8.25, 2.32, 9.37},
    {kConv, "int8[1,48,48,8]", 497664, 6.10, 6.16, 6.23, 1.99, 6.86},
    {kDepthwise, "int8[1,24,24,32]", 165888, 8.73, 8.87, 8.73, 2.69, 9.98},
    {kConv, "int8[1,24,24,32]", 589824, 2.68, 2.70, 2.66, 0.62, 3.65},
    {kConv, "int8[1,6,6,128]", 589824, 1.83, 1.83, 1.80, 0.28, 2.88},
    {kFull, "int8[1,128]", 81920, 1.95, 1.95, 1.95, 0.49, 3.43},
    {kFull, "int8[1,128]", 16384, 2.27, 2.27, 2.27, 0.58, 3.67},
};

}  // namespace

const Rival* RivalOf(const std::string& file_stem) {
  for (const Rival& rival : kRivals)
    if (file_stem == rival.file) return &rival;
  return nullptr;
}

double RivalLayer::On(const std::string& board) const {
  if (board == "m4") return m4;
  if (board == "m33") return m33;
  if (board == "m55") return m55;
  return 0;
}

const RivalLayer* RivalLayerOf(const std::string& op, const std::string& output, uint64_t macs) {
  for (const RivalLayer& layer : kLayers)
    if (op == layer.op && output == layer.output && macs == layer.macs) return &layer;
  return nullptr;
}

}  // namespace covey::bench
