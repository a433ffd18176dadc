#include "compiler/variant.hpp"

#include <utility>

#include "compiler/narrow_weights.hpp"
#include "kernels/host/dsp_offers.hpp"
#include "kernels/host/mve_offers.hpp"
#include "kernels/host/skip_lists.hpp"
#include "kernels/skip_list.hpp"
#include "kernels/weight_blocks.hpp"
#include "kernels/winograd.hpp"

namespace covey::compiler {
namespace {

using kernels::BlockIndex;

using Bytes = std::vector<std::byte>;

// Rows to blocks or pairs; nothing if a pair of weights has no such form.
std::optional<Bytes> ToBlocks(int32_t order, const Bytes& rows, int32_t outputs, int32_t inputs) {
  const int32_t block = kernels::BlockOutputs(order);
  Bytes blocks(rows.size());
  const auto weight = [&](int32_t o, int32_t i) {
    return static_cast<int8_t>(
        rows[static_cast<size_t>(o) * static_cast<size_t>(inputs) + static_cast<size_t>(i)]);
  };
  for (int32_t o = 0; o < outputs; ++o) {
    const bool odd = o % 2 != 0 && o < outputs / block * block;
    for (int32_t i = 0; i < inputs; ++i) {
      const int stored = weight(o, i) - (odd && weight(o - 1, i) < 0 ? 1 : 0);
      if (stored < -128) return std::nullopt;
      blocks[BlockIndex(order, o, i, outputs, inputs)] = static_cast<std::byte>(stored);
    }
  }
  return blocks;
}

void BlockWeights(Graph& graph, Lowered& lowered, int32_t order) {
  auto attr = lowered.As<ConvAttr>();
  const Tensor& rows = graph.tensors[static_cast<size_t>(lowered.inputs[1])];
  const int32_t outputs = rows.dims[0], inputs = rows.dims[1];
  const bool int8 = graph.tensors[static_cast<size_t>(lowered.inputs[0])].dtype == DType::kInt8;
  if (!int8 || attr.weights_offset != 0 || inputs % 4 != 0 ||
      outputs < kernels::BlockOutputs(order))
    return;
  std::optional<Bytes> bytes = ToBlocks(order, *rows.data, outputs, inputs);
  if (!bytes) return;
  Tensor blocks = rows;
  blocks.data = std::make_shared<const Bytes>(std::move(*bytes));
  lowered.inputs[1] = static_cast<int>(graph.tensors.size());
  graph.tensors.push_back(std::move(blocks));
  attr.weights_order = order;
  lowered.Set(attr);
}

// ConvAttr::weights_order of a convolution's offer.
int32_t OrderOf(const kernels::Offer& offer) {
  switch (offer.variant) {
    case kernels::dsp::kSkipDirect:
      return kernels::kWeightSkipDirect;
    case kernels::dsp::kSkipCopied:
      return kernels::kWeightSkipCopied;
    case kernels::dsp::kSkipWinograd:
      return kernels::kWeightSkipWinograd;
    case kernels::dsp::kSkipByPosition:
      return kernels::kWeightSkipByPosition;
    case kernels::dsp::kSkipByParts:
      return kernels::kWeightSkipByParts;
    case kernels::dsp::kByPosition:
      return kernels::kWeightByPosition;
    case kernels::dsp::kSkipSearch:
      return kernels::kWeightSkipSearch;
    case kernels::dsp::kUnpacked:
      return kernels::kWeightUnpacked;
    case kernels::mve::kSkipChunks:
      return kernels::kWeightSkipChunks;
    default:
      return 0;
  }
}

}  // namespace

void ApplyTarget(Graph& graph, const Node& node, Lowered& lowered, Target target, bool by_inputs) {
  if (PackNarrow(graph, node, lowered) || target != Target::kCortexM) return;
  if (node.op != Op::kFullyConnected) return;
  if (by_inputs) BlockWeights(graph, lowered, kernels::kWeightPairs);
  if (lowered.As<ConvAttr>().weights_order == kernels::kWeightRows)
    BlockWeights(graph, lowered, kernels::kWeightBlocks);
}

bool ListsInputs(const Node& node, const Lowered& lowered) {
  return node.op == Op::kFullyConnected &&
         lowered.As<ConvAttr>().weights_order == kernels::kWeightPairs;
}

std::optional<Tensor> VariantWeights(const Graph& graph, const Lowered& lowered,
                                     const kernels::Offer& offer) {
  if (offer.variant != kernels::dsp::kWinograd && offer.variant != kernels::dsp::kByPosition)
    return std::nullopt;
  const Tensor& weights = graph.tensors[static_cast<size_t>(lowered.inputs[1])];
  const std::vector<int8_t> plain = PlainWeights(weights);
  const int32_t pairs = kernels::WinogradPairs(weights.dims[0]);
  const int64_t values = kernels::WinogradPairValues(weights.dims[3]);
  std::vector<int16_t> u(static_cast<size_t>(pairs * values));
  for (int32_t pair = 0; pair < pairs; ++pair) {
    kernels::WinogradWeights(plain.data(), weights.dims, pair, u.data() + pair * values);
  }
  Tensor tensor;
  tensor.dtype = DType::kInt16;
  tensor.dims = {pairs, kernels::kWinogradPositions, weights.dims[3], 2};
  const auto* const begin = reinterpret_cast<const std::byte*>(u.data());
  tensor.data = std::make_shared<const Bytes>(begin, begin + 2 * u.size());
  return tensor;
}

bool HasLists(const kernels::Offer& offer) { return kernels::HoldsLists(OrderOf(offer)); }

void ApplyVariant(const Graph& graph, const kernels::Offer& offer, Lowered& lowered) {
  const int32_t order = OrderOf(offer);
  if (order == 0) return;
  auto attr = lowered.As<ConvAttr>();
  attr.weights_order = order;
  lowered.Set(attr);
  if (!kernels::HoldsLists(order)) return;
  const Tensor& weights = graph.tensors[static_cast<size_t>(lowered.inputs[1])];
  const std::vector<int8_t> plain = PlainWeights(weights);
  const kernels::SkipLists lists = kernels::SkipListsFor(order, plain.data(), weights.dims);
  lowered.params.insert(lowered.params.end(), lists.words.begin(), lists.words.end());
}

}  // namespace covey::compiler
