#include "plan/cost/layer.hpp"

#include <algorithm>

namespace covey::plan {
namespace {

constexpr int64_t kWordBytes = 4;

Status Check(const LayerTable& table) {
  if (table.layers.empty()) return Status(Code::kInvalidArgument, "layer table: no layers");
  if (table.input_bytes < 0) return Status(Code::kInvalidArgument, "layer table: input bytes < 0");
  for (int i = 0; i < table.size(); ++i) {
    const Layer& layer = table.layers[i];
    if (layer.out_bytes < 0 || layer.weight_bytes < 0 || layer.bias_bytes < 0) {
      return Status(Code::kInvalidArgument, "layer table: negative bytes");
    }
    for (int input : layer.inputs) {
      if (input < kNetworkInput || input >= i) {
        return Status(Code::kInvalidArgument, "layer table: a layer reads one that is not ahead");
      }
    }
  }
  for (int output : table.outputs) {
    if (output < 0 || output >= table.size()) {
      return Status(Code::kInvalidArgument, "layer table: an output names no layer");
    }
  }
  return OkStatus();
}

// The last layer that reads each tensor; index 0 is the network's input, 1 + i layer i's output.
std::vector<int> LastReaders(const LayerTable& table) {
  std::vector<int> last(table.layers.size() + 1, -1);
  for (int i = 0; i < table.size(); ++i) {
    for (int input : table.layers[i].inputs) last[input + 1] = i;
  }
  for (int output : table.outputs) last[output + 1] = table.size();
  return last;
}

}  // namespace

const char* LayerOpName(LayerOp op) {
  switch (op) {
    case LayerOp::kConv2d:
      return "conv2d";
    case LayerOp::kConv1d:
      return "conv1d";
    case LayerOp::kConvTranspose2d:
      return "convtranspose2d";
    case LayerOp::kLinear:
      return "linear";
    case LayerOp::kDepthwise:
      return "depthwise";
    case LayerOp::kPassthrough:
      break;
  }
  return "passthrough";
}

Status FillCuts(LayerTable& table) {
  if (table.outputs.empty() && !table.layers.empty()) table.outputs = {table.size() - 1};
  COVEY_TRY(Check(table));
  const std::vector<int> last = LastReaders(table);
  table.cuts.assign(table.layers.size() + 1, {});
  for (int at = 0; at <= table.size(); ++at) {
    Cut& cut = table.cuts[at];
    for (int tensor = kNetworkInput; tensor < at; ++tensor) {
      // The input itself is always what cut 0 carries.
      const bool alive = last[tensor + 1] >= at || (at == 0 && tensor == kNetworkInput);
      if (!alive) continue;
      const int64_t bytes =
          tensor == kNetworkInput ? table.input_bytes : table.layers[tensor].out_bytes;
      cut.tensors.push_back(tensor);
      cut.bytes += bytes;
      cut.words += (bytes + kWordBytes - 1) / kWordBytes;
    }
  }
  return OkStatus();
}

}  // namespace covey::plan
