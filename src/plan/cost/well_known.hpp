// The layer tables of eight well-known small networks, worked out from their shapes: what a space
// may name without a model file.
//
//   const LayerTable* kws = WellKnown("KWS");   // null: no such name
//
// "ConvNet", "KWS", "SimpleNet", "WideNet", "ResSimpleNet", "UNet", "EfficientNetV2",
// "MobileNetV2". The last two are load stand-ins without their depthwise layers, which the MAX78000
// lacks (docs/guide/composition.md).
#pragma once

#include <string_view>
#include <vector>

#include "plan/cost/layer.hpp"

namespace covey::plan {

const std::vector<LayerTable>& WellKnownModels();
const LayerTable* WellKnown(std::string_view name);

}  // namespace covey::plan
