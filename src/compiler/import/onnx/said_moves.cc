// Moves of elements that are said in reshapes, transposes, slices and gathers.
#include <algorithm>
#include <map>

#include "compiler/import/onnx/constant.hpp"
#include "compiler/import/onnx/said.hpp"
#include "compiler/ir/check.hpp"
#include "compiler/ir/moves.hpp"

namespace covey::compiler::onnx_import {
namespace {

using Dims = std::vector<int32_t>;
using Name = Said::Name;

std::optional<Dims> ListOf(Importer& importer, const ::onnx::NodeProto& node, int i) {
  const auto numbers = FewOf(importer, importer.In(node, i));
  if (!numbers || !numbers->integers() || numbers->rank() > 1) return std::nullopt;
  Dims list;
  for (double value : numbers->values) {
    if (value < -1e9 || value > 1e9) return std::nullopt;
    list.push_back(static_cast<int32_t>(value));
  }
  return list;
}

// (N, C, H, W) to (N, C / b^2, H * b, W * b)
Result<bool> DepthToSpace(Importer& importer, const ::onnx::NodeProto& node) {
  Said said(importer, node);
  const Value* x = said.Known(said.In(0));
  const int64_t block = Attributes(node).Int("blocksize", 0);
  if (x == nullptr || x->dims.size() != 4 || block < 1 || block > 1024 ||
      x->dims[1] % (block * block) != 0) {
    return false;
  }
  const Dims d = x->dims;
  const auto b = static_cast<int32_t>(block);
  const int32_t depth = d[1] / (b * b);
  const bool columns_first = Attributes(node).String("mode", "DCR") == "CRD";
  const Name split = columns_first ? said.Reshaped(said.In(0), {d[0], depth, b, b, d[2], d[3]})
                                   : said.Reshaped(said.In(0), {d[0], b, b, depth, d[2], d[3]});
  const Dims order = columns_first ? Dims{0, 1, 4, 2, 5, 3} : Dims{0, 3, 4, 1, 5, 2};
  const Name moved = said.Do("Transpose", {split}, {Ints("perm", order)});
  said.To(0, "Reshape", {moved, said.List({d[0], depth, d[2] * b, d[3] * b})});
  return said.Done();
}

// (N, C, H, W) to (N, C * b^2, H / b, W / b)
Result<bool> SpaceToDepth(Importer& importer, const ::onnx::NodeProto& node) {
  Said said(importer, node);
  const Value* x = said.Known(said.In(0));
  const int64_t block = Attributes(node).Int("blocksize", 0);
  if (x == nullptr || x->dims.size() != 4 || block < 1 || block > 1024 || x->dims[2] % block != 0 ||
      x->dims[3] % block != 0) {
    return false;
  }
  const Dims d = x->dims;
  const auto b = static_cast<int32_t>(block);
  const Name split = said.Reshaped(said.In(0), {d[0], d[1], d[2] / b, b, d[3] / b, b});
  const Name moved = said.Do("Transpose", {split}, {Ints("perm", {0, 3, 5, 1, 2, 4})});
  said.To(0, "Reshape", {moved, said.List({d[0], -1, d[2] / b, d[3] / b})});
  return said.Done();
}

// The input, seen as `in`, repeated until it is `out`.
Result<bool> Repeat(Importer& importer, const ::onnx::NodeProto& node, const Dims& in,
                    const Dims& out) {
  const int64_t elements = SafeElements(out);
  if (elements < 1 || out.size() > kMaxRank) return false;
  Value* value = importer.In(node, 0);
  COVEY_TRY_ASSIGN(const int from, importer.Native(*value));
  const DType dtype = value->dtype;
  COVEY_TRY_ASSIGN(const Node like, importer.DefineLike(node, from, dtype, out, false));
  Moves moves(importer.graph(), like);
  moves.Repeat(from, in, out);
  return moves.Finish();
}

Result<bool> Tile(Importer& importer, const ::onnx::NodeProto& node) {
  const Value* x = importer.In(node, 0);
  const auto times = ListOf(importer, node, 1);
  if (x == nullptr || !x->known || !times || times->size() != x->dims.size()) return false;
  Dims out = x->dims;
  for (size_t d = 0; d < out.size(); ++d) {
    const int64_t dim = int64_t{out[d]} * (*times)[d];
    if (dim < 1 || dim > kMaxTensorBytes) return false;
    out[d] = static_cast<int32_t>(dim);
  }
  return Repeat(importer, node, x->dims, out);
}

Result<bool> Expand(Importer& importer, const ::onnx::NodeProto& node) {
  const Value* x = importer.In(node, 0);
  const auto shape = ListOf(importer, node, 1);
  if (x == nullptr || !x->known || !shape) return false;
  Dims in = x->dims, out = *shape;
  if (in.size() < out.size()) in.insert(in.begin(), out.size() - in.size(), 1);
  if (out.size() < in.size()) out.insert(out.begin(), in.size() - out.size(), 1);
  for (size_t d = 0; d < in.size(); ++d) {
    if (out[d] == 1) out[d] = in[d];
    if (out[d] < 1 || (in[d] != 1 && in[d] != out[d])) return false;
  }
  return Repeat(importer, node, in, out);
}

// Row `i` of a padded dimension: where it is taken from. Edge repeats the end, wrap starts anew.
int32_t Source(int64_t i, int64_t size, bool wraps) {
  if (wraps) return static_cast<int32_t>((i % size + size) % size);
  return static_cast<int32_t>(std::clamp<int64_t>(i, 0, size - 1));
}

// Padding below zero cuts off; of edge or wrap it is a gather. Since opset 18 only of some axes.
Result<bool> OtherPad(Importer& importer, const ::onnx::NodeProto& node) {
  Said said(importer, node);
  const Value* x = said.Known(said.In(0));
  const std::string mode = Attributes(node).String("mode", "constant");
  auto given = said.In(1).empty() ? Attributes(node).AllInts("pads")
                                  : ListOf(importer, node, 1).value_or(Dims{});
  if (x == nullptr || x->dims.empty()) return false;
  const Dims dims = x->dims;
  const size_t rank = dims.size();
  Dims axes = AxesFrom(0, rank);
  if (!said.In(3).empty()) axes = ListOf(importer, node, 3).value_or(Dims{});
  if (given.size() != 2 * axes.size()) return false;
  Dims pads(2 * rank, 0), begin, end;
  for (size_t i = 0; i < axes.size(); ++i) {
    const int32_t axis = axes[i] < 0 ? axes[i] + static_cast<int32_t>(rank) : axes[i];
    if (axis < 0 || axis >= static_cast<int32_t>(rank)) return false;
    pads[static_cast<size_t>(axis)] = given[i];
    pads[rank + static_cast<size_t>(axis)] = given[axes.size() + i];
  }
  Name from = said.In(0);
  if (mode == "edge" || mode == "wrap") {
    for (size_t d = 0; d < rank; ++d) {
      if (pads[d] == 0 && pads[rank + d] == 0) continue;
      Few rows{DType::kInt64, {}, {}};
      for (int64_t i = -int64_t{pads[d]}; i < int64_t{dims[d]} + pads[rank + d]; ++i) {
        if (rows.values.size() > static_cast<size_t>(kFewAtMost)) return false;
        rows.values.push_back(Source(i, dims[d], mode == "wrap"));
      }
      rows.dims = {static_cast<int32_t>(rows.values.size())};
      from = said.Do("Gather", {from, said.Constant(rows)}, {Int("axis", int64_t(d))});
    }
    said.To(0, "Identity", {from});
    return said.Done();
  }
  const bool cuts = std::any_of(pads.begin(), pads.end(), [](int32_t p) { return p < 0; });
  if ((!cuts && said.In(3).empty()) || (mode != "constant" && cuts)) return false;
  for (size_t d = 0; d < rank; ++d) {
    begin.push_back(std::max(0, -pads[d]));
    end.push_back(dims[d] - std::max(0, -pads[rank + d]));
  }
  for (int32_t& pad : pads) pad = std::max(pad, 0);
  if (cuts) from = said.Do("Slice", {from, said.List(begin), said.List(end)});
  std::vector<Name> inputs{from, said.List(pads)};
  if (!said.In(2).empty()) inputs.push_back(said.In(2));
  Said::Options same;
  for (const auto& attribute : node.attribute()) {
    if (attribute.name() == "mode" || attribute.name() == "value") same.push_back(attribute);
  }
  said.To(0, "Pad", inputs, same);
  return said.Done();
}

// Bytes as they are become real numbers: a dequantisation by 1.
Result<bool> Cast(Importer& importer, const ::onnx::NodeProto& node) {
  Said said(importer, node);
  const Value* x = said.Known(said.In(0));
  const DType to = TypeOf(static_cast<int32_t>(Attributes(node).Int("to", 0)));
  if (x == nullptr || to == DType::kNone) return false;
  if (x->dtype == to) {
    said.To(0, "Identity", {said.In(0)});
    return said.Done();
  }
  if (to != DType::kFloat32 || (x->dtype != DType::kUint8 && x->dtype != DType::kInt8)) {
    return false;
  }
  said.To(0, "DequantizeLinear", {said.In(0), said.Number(1), said.Constant({x->dtype, {}, {0}})});
  return said.Done();
}

// Along some axes only, or of a line: as a picture.
Result<bool> OtherResize(Importer& importer, const ::onnx::NodeProto& node) {
  Said said(importer, node);
  const Value* x = said.Known(said.In(0));
  if (x == nullptr || node.op_type() != "Resize" || importer.opset() < 11) return false;
  const size_t rank = x->dims.size();
  const bool line = rank == 3, some = Attributes(node).Find("axes") != nullptr;
  if ((!line && !some) || rank < 3 || rank > 4) return false;
  Dims axes = AxesFrom(0, rank);
  if (some) axes = Attributes(node).AllInts("axes");
  Said::Options same;
  for (const auto& attribute : node.attribute()) {
    if (attribute.name() != "axes") same.push_back(attribute);
  }
  Few scales{DType::kFloat32, {}, std::vector<double>(rank, 1)}, sizes{DType::kInt64, {}, {}};
  sizes.values.assign(x->dims.begin(), x->dims.end());
  const bool by_size = !said.In(3).empty();
  const auto numbers = FewOf(importer, importer.In(node, by_size ? 3 : 2));
  if (!numbers || numbers->values.size() != axes.size()) return false;
  Few& made = by_size ? sizes : scales;
  for (size_t i = 0; i < axes.size(); ++i) {
    const int32_t axis = axes[i] < 0 ? axes[i] + static_cast<int32_t>(rank) : axes[i];
    if (axis < 0 || axis >= static_cast<int32_t>(rank)) return false;
    made.values[static_cast<size_t>(axis)] = numbers->values[i];
  }
  if (line) made.values.insert(made.values.begin() + 2, 1);
  made.dims = {static_cast<int32_t>(made.values.size())};
  const Name from = line ? said.Do("Unsqueeze", {said.In(0), said.List({2})}) : said.In(0);
  std::vector<Name> inputs{from, "", by_size ? "" : said.Constant(made)};
  if (by_size) inputs.push_back(said.Constant(made));
  if (line) {
    said.To(0, "Squeeze", {said.Do("Resize", inputs, same), said.List({2})});
  } else {
    said.To(0, "Resize", inputs, same);
  }
  return said.Done();
}

}  // namespace

Handler MoveHandlerOf(const std::string& op_type) {
  static const std::map<std::string, Handler> kHandlers{
      {"Cast", Cast},    {"DepthToSpace", DepthToSpace}, {"Expand", Expand},
      {"Pad", OtherPad}, {"Resize", OtherResize},        {"SpaceToDepth", SpaceToDepth},
      {"Tile", Tile},
  };
  const auto found = kHandlers.find(op_type);
  return found == kHandlers.end() ? nullptr : found->second;
}

}  // namespace covey::compiler::onnx_import
