#include "compiler/emit.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <span>
#include <tuple>
#include <utility>

#include "compiler/exit/exit.hpp"
#include "compiler/ir/check.hpp"
#include "compiler/lower/lower.hpp"
#include "compiler/lower/op_view.hpp"
#include "compiler/memory/lifetimes.hpp"
#include "compiler/memory/offers.hpp"
#include "compiler/memory/plan.hpp"
#include "compiler/pixel_table.hpp"
#include "compiler/report.hpp"
#include "compiler/variant.hpp"

namespace covey::compiler {
namespace {

constexpr Status kTooLarge(Code::kResourceExhausted, "compile: larger than an image may be");
constexpr size_t kMaxImageTensors = 4096;
constexpr int64_t kMaxImageBytes = int64_t{1} << 30;

constexpr int64_t kNotWanted = 1'000'000'000'000;

Unpack UnpackOf(const Node& node, const CompileOptions& options) {
  const auto& named = options.unpacked;
  const bool one = std::find(named.begin(), named.end(), node.name) != named.end();
  return one ? Unpack::kWherePossible : options.unpack;
}

MemoryPlan PlanFor(const Graph& graph, std::span<const OpView> views, const CompileOptions& options,
                   int64_t more_flash) {
  std::vector<std::vector<Offer>> offers;
  for (size_t i = 0; i < views.size(); ++i) {
    const Unpack how = UnpackOf(graph.nodes[i], options);
    offers.push_back(OffersOf(views[i], options.target, how, options.wait));
    // A layer that is to be code is not a loop because that is cheaper: only where limits say so.
    if (how != options.unpack && offers.back().size() > 1)
      offers.back()[0].instructions = kNotWanted;
  }
  return PlanMemory(graph, views, offers,
                    {.arena = options.ram_bytes.value_or(kNoLimit), .flash = more_flash});
}

class Emitter {
 public:
  // `lowered`: one an op, so that the plan may rely on what lowering has checked. `more_flash`:
  // what variants may add to the image.
  Emitter(const Graph& graph, std::vector<Lowered> lowered, const CompileOptions& options,
          int64_t more_flash, Diag& diag)
      : graph_(graph),
        lowered_(std::move(lowered)),
        options_(options),
        diag_(diag),
        views_(ViewsOf(graph, lowered_)),
        plan_(PlanFor(graph, views_, options, more_flash)),
        number_(graph.tensors.size(), -1) {
    FindBare();
  }

  // Of the layers that are to pass over inputs those whose lists the plan holds.
  std::vector<std::string> ByInputs() const {
    std::vector<std::string> names = options_.by_inputs;
    for (size_t i = 0; i < lowered_.size(); ++i)
      if (plan_.offers[i].scratch == 0 && ListsInputs(graph_.nodes[i], lowered_[i]))
        std::erase(names, graph_.nodes[i].name);
    return names;
  }

  Result<wire::ImageContents> Run() {
    contents_.name = graph_.name;
    contents_.labels = graph_.preprocess.labels;
    contents_.output_kind = static_cast<wire::OutputKind>(KindOfOutput());
    COVEY_TRY(CheckArena());
    COVEY_TRY(CheckUnpacked());
    contents_.arena_bytes = static_cast<uint32_t>(plan_.arena_bytes);
    COVEY_TRY(AddAll(graph_.inputs, contents_.inputs));
    for (size_t i = 0; i < graph_.nodes.size(); ++i) COVEY_TRY(AddOp(i));
    COVEY_TRY(AddAll(graph_.outputs, contents_.outputs));
    COVEY_TRY(AddPixelTable());
    return std::move(contents_);
  }

 private:
  const Tensor& At(int tensor) const { return graph_.tensors[static_cast<size_t>(tensor)]; }

  Status CheckArena() const {
    const int64_t needed = plan_.arena_bytes, most = options_.ram_bytes.value_or(kMaxImageBytes);
    if (needed > most && options_.ram_bytes) {
      const Node& node = graph_.nodes[static_cast<size_t>(plan_.highest)];
      return Refuse(diag_, {Code::kResourceExhausted, "compile: the arena exceeds the RAM limit"},
                    "arena",
                    std::to_string(needed - most) + " bytes are missing: the network needs " +
                        std::to_string(needed) + ", the limit is " + std::to_string(most) +
                        "; most is alive during " + OpName(node.op) + " '" + node.name + "'");
    }
    if (needed <= kMaxImageBytes) return OkStatus();
    return Refuse(diag_, kTooLarge, "arena",
                  std::to_string(needed) + " bytes, at most " + std::to_string(kMaxImageBytes));
  }

  // Layers that are to be code by name are.
  Status CheckUnpacked() const {
    for (const std::string& name : options_.unpacked) {
      bool found = false;
      for (size_t i = 0; i < graph_.nodes.size(); ++i) {
        if (graph_.nodes[i].name != name) continue;
        found = true;
        if (IsUnpacked(plan_.offers[i], options_.target)) continue;
        if (CanUnpack(views_[i], options_.target))
          return Refuse(diag_, {Code::kResourceExhausted, "compile: no room for weights as code"},
                        "layer '" + name + "'", "its code does not fit the limits");
        return Refuse(diag_, {Code::kFailedPrecondition, "compile: weights cannot become code"},
                      "layer '" + name + "'",
                      "is " + std::string(OpName(graph_.nodes[i].op)) +
                          "; expected a conv2d of one group with int8 weights, compiled for m4 or "
                          "m33");
      }
      if (!found)
        return Refuse(diag_, {Code::kInvalidArgument, "compile: no such layer"},
                      "layer '" + name + "'", "is not in the network (covey inspect names them)");
    }
    return OkStatus();
  }

  // A classifier that ends in softmax says so itself.
  OutputKind KindOfOutput() const {
    if (graph_.preprocess.output != OutputKind::kTensor) return graph_.preprocess.output;
    if (graph_.nodes.empty()) return OutputKind::kTensor;
    // Behind a decoder the verdict is the second output.
    const size_t expected = graph_.nodes.front().op == Op::kJpeg ? 2 : 1;
    const bool softmax = graph_.outputs.size() == expected && FromSoftmax(graph_.outputs[0]);
    return softmax ? OutputKind::kProbabilities : OutputKind::kTensor;
  }

  // Of several that an exit chooses from: all.
  bool FromSoftmax(int tensor) const {
    for (const Node& node : graph_.nodes) {
      if (node.outputs[0] != tensor) continue;
      if (node.op == Op::kSelect) return FromSoftmax(node.inputs[1]) && FromSoftmax(node.inputs[2]);
      return node.op == Op::kSoftmax;
    }
    return false;
  }

  Status AddAll(const std::vector<int>& from, std::vector<uint16_t>& to) {
    for (int tensor : from) {
      if (tensor == kNoTensor) {
        to.push_back(wire::kNoTensor);
        continue;
      }
      COVEY_TRY_ASSIGN(const uint16_t number, Number(tensor));
      to.push_back(number);
    }
    return OkStatus();
  }

  Status TooManyTensors() const {
    return Refuse(diag_, kTooLarge, graph_.name,
                  "more than " + std::to_string(kMaxImageTensors) + " tensors");
  }

  // Weights that nothing reads but convolutions whose lists say them again.
  void FindBare() {
    std::set<int> others(graph_.outputs.begin(), graph_.outputs.end());
    for (size_t i = 0; i < lowered_.size(); ++i) {
      const bool lists = i < plan_.offers.size() && HasLists(plan_.offers[i]);
      const std::vector<int>& inputs = lowered_[i].inputs;
      for (size_t k = 0; k < inputs.size(); ++k)
        (lists && k == 1 ? bare_ : others).insert(inputs[k]);
    }
    for (const int tensor : others) bare_.erase(tensor);
  }

  // The tensor's number in the image; adds it when it is met first.
  Result<uint16_t> Number(int tensor) {
    int& number = number_[static_cast<size_t>(tensor)];
    if (number >= 0) return static_cast<uint16_t>(number);
    if (contents_.tensors.size() >= kMaxImageTensors) return TooManyTensors();
    const Tensor& from = At(tensor);
    if (from.elements() < 1 || from.dims.size() > static_cast<size_t>(kMaxRank) ||
        from.bytes() == 0) {
      return Refuse(diag_, {Code::kUnimplemented, "compile: unsupported tensor"}, Describe(from),
                    "is empty, of another type or of more than 6 dimensions");
    }
    number = bare_.contains(tensor) ? AddBare(from)
             : from.constant()      ? AddConstant(from)
                                    : AddActivation(from, tensor);
    return static_cast<uint16_t>(number);
  }

  int AddActivation(const Tensor& from, int tensor) {
    wire::ImageTensor to;
    to.name = from.name.substr(0, from.name.find(';'));
    to.dtype = from.dtype;
    to.dims = from.dims;
    if (from.quant.scales.size() == 1) {
      to.scale = from.quant.scales[0];
      to.zero_point = from.quant.zero_points[0];
    }
    to.place = from.state ? wire::Place::kState : wire::Place::kArena;
    to.arena_offset = static_cast<uint32_t>(plan_.offsets[static_cast<size_t>(tensor)]);
    contents_.tensors.push_back(std::move(to));
    return static_cast<int>(contents_.tensors.size()) - 1;
  }

  int AddConstant(const Tensor& from) {
    // int8 constants may be read as numbers (by add, say), so that their scale stays; others are
    // known to their op by params.
    const bool scaled = from.dtype == DType::kInt8 && from.quant.scales.size() == 1;
    const float scale = scaled ? from.quant.scales[0] : 0;
    const int32_t zero_point = scaled ? from.quant.zero_points[0] : 0;
    const auto [place, added] = constants_.try_emplace(
        Key{from.dtype, from.dims, scale, zero_point, *from.data}, contents_.tensors.size());
    if (!added) return static_cast<int>(place->second);
    wire::ImageTensor to;
    to.dtype = from.dtype;
    to.dims = from.dims;
    to.scale = scale;
    to.zero_point = zero_point;
    to.place = wire::Place::kData;
    to.data = *from.data;
    contents_.tensors.push_back(std::move(to));
    return static_cast<int>(place->second);
  }

  int AddBare(const Tensor& from) {
    wire::ImageTensor to;
    to.dtype = DType::kInt8;  // lists say the same of int4
    to.dims = from.dims;
    to.place = wire::Place::kData;
    to.bare = true;
    contents_.tensors.push_back(std::move(to));
    return static_cast<int>(contents_.tensors.size()) - 1;
  }

  // Constants that the chosen variant adds.
  Status AddVariant(size_t i, wire::ImageOp& op) {
    if (i >= plan_.offers.size()) return OkStatus();
    const std::optional<Tensor> more = VariantWeights(graph_, lowered_[i], plan_.offers[i]);
    if (!more) return OkStatus();
    if (contents_.tensors.size() >= kMaxImageTensors) return TooManyTensors();
    op.inputs.resize(kVariantInput, wire::kNoTensor);
    op.inputs.push_back(static_cast<uint16_t>(AddConstant(*more)));
    return OkStatus();
  }

  Status AddOp(size_t i) {
    const Node& node = graph_.nodes[i];
    Lowered lowered = lowered_[i];
    if (i < plan_.offers.size()) ApplyVariant(graph_, plan_.offers[i], lowered);
    wire::ImageOp op;
    op.op = node.op;
    op.name = node.name;
    COVEY_TRY(AddAll(lowered.inputs, op.inputs));
    COVEY_TRY(AddVariant(i, op));
    COVEY_TRY(AddAll(lowered.outputs, op.outputs));
    if (node.op == Op::kExit)
      lowered.Set(ExitAttr{lowered.As<ExitAttr>().margin, SkippedBehind(graph_, i)});
    op.attr = lowered.attr;
    op.params = lowered.params;
    if (plan_.scratch[i].bytes > 0) {
      op.scratch_offset = static_cast<uint32_t>(plan_.scratch[i].offset);
      op.scratch_bytes = static_cast<uint32_t>(plan_.scratch[i].bytes);
    }
    contents_.ops.push_back(std::move(op));
    return OkStatus();
  }

  Status AddPixelTable() {
    const Preprocess& pre = graph_.preprocess;
    if (graph_.inputs.empty()) return OkStatus();
    const Tensor& input = At(graph_.inputs[0]);
    if (pre.picture && input.dtype == DType::kFloat32) {
      return Refuse(
          diag_, {Code::kInvalidArgument, "compile: model.toml does not fit the network"},
          Describe(input),
          "expected a picture (N,H,W,C) of " + std::to_string(pre.channels) + " channels");
    }
    COVEY_TRY_ASSIGN(contents_.pixel_table, MakePixelTable(pre, input, diag_));
    if (pre.normalise) contents_.pixel_channels = static_cast<uint32_t>(pre.mean.size());
    return OkStatus();
  }

  using Key = std::tuple<DType, std::vector<int32_t>, float, int32_t, std::vector<std::byte>>;

  const Graph& graph_;
  const std::vector<Lowered> lowered_;
  const CompileOptions& options_;
  Diag& diag_;
  const std::vector<OpView> views_;
  const MemoryPlan plan_;
  std::vector<int> number_;  // of each of the graph's tensors in the image
  std::set<int> bare_;       // the graph's constants that go without bytes
  std::map<Key, size_t> constants_;
  wire::ImageContents contents_;
};

}  // namespace

namespace {

// Ops that the engine lacks come first: what else is wrong may be mended (a float network can be
// quantised), that cannot.
Result<std::vector<Lowered>> LowerAll(const Graph& graph, Diag& diag) {
  for (const Node& node : graph.nodes) {
    if (node.op == Op::kNone) COVEY_TRY(Lower(graph, node, diag).status());
  }
  std::vector<Lowered> lowered;
  for (const Node& node : graph.nodes) {
    COVEY_TRY_ASSIGN(Lowered op, Lower(graph, node, diag));
    lowered.push_back(std::move(op));
  }
  return lowered;
}

// The graph with weights as the target wants them stored.
Graph ForTarget(const Graph& graph, std::vector<Lowered>& lowered, const CompileOptions& options) {
  Graph work = graph;
  const auto& names = options.by_inputs;
  for (size_t i = 0; i < lowered.size(); ++i) {
    const Node& node = graph.nodes[i];
    const bool by_inputs = std::find(names.begin(), names.end(), node.name) != names.end();
    ApplyTarget(work, node, lowered[i], options.target, by_inputs);
  }
  return work;
}

// What the limit leaves for faster loops once the plain image has its room.
Result<int64_t> MoreFlash(const Graph& work, const std::vector<Lowered>& lowered,
                          const CompileOptions& options, Diag& diag) {
  if (!options.flash_bytes) return kNoLimit;
  CompileOptions loops = options;
  loops.unpack = Unpack::kNever, loops.unpacked.clear();
  COVEY_TRY_ASSIGN(const wire::ImageContents plain, Emitter(work, lowered, loops, 0, diag).Run());
  const auto bytes = static_cast<int64_t>(wire::WriteImage(plain).size());
  return std::max<int64_t>(0, *options.flash_bytes - bytes);
}

}  // namespace

Result<wire::ImageContents> Emit(const Graph& graph, const CompileOptions& options, Diag& diag) {
  for (int output : graph.outputs) {
    if (!graph.tensors[static_cast<size_t>(output)].constant()) continue;
    return Refuse(diag, {Code::kInvalidArgument, "compile: nothing to compute"},
                  Describe(graph.tensors[static_cast<size_t>(output)]),
                  "is an output and a constant");
  }
  if (graph.inputs.empty() || graph.outputs.empty()) {
    return Refuse(diag, {Code::kInvalidArgument, "compile: nothing to compute"}, graph.name,
                  "has no " + std::string(graph.inputs.empty() ? "inputs" : "outputs"));
  }
  COVEY_TRY_ASSIGN(std::vector<Lowered> lowered, LowerAll(graph, diag));
  const Graph work = ForTarget(graph, lowered, options);
  COVEY_TRY_ASSIGN(const int64_t more_flash, MoreFlash(work, lowered, options, diag));
  Emitter emitter(work, std::move(lowered), options, more_flash, diag);
  const std::vector<std::string> fit = emitter.ByInputs();
  if (fit.size() == options.by_inputs.size()) return emitter.Run();
  CompileOptions fewer = options;
  fewer.by_inputs = fit;
  return Emit(graph, fewer, diag);
}

Result<Footprint> FootprintOf(const Graph& graph, const CompileOptions& options, Diag& diag) {
  COVEY_TRY_ASSIGN(std::vector<Lowered> lowered, LowerAll(graph, diag));
  const Graph work = ForTarget(graph, lowered, options);
  const std::vector<OpView> views = ViewsOf(work, lowered);
  COVEY_TRY_ASSIGN(const int64_t more_flash, MoreFlash(work, lowered, options, diag));
  const MemoryPlan plan = PlanFor(work, views, options, more_flash);
  Footprint footprint{.arena_bytes = plan.arena_bytes, .instructions = plan.instructions};
  for (const Offer& offer : plan.offers) {
    footprint.nodes.push_back(offer.cost());
    footprint.cost += offer.cost();
    footprint.unpacked.push_back(IsUnpacked(offer, options.target));
  }
  return footprint;
}

Result<int64_t> ArenaBoundOf(const Graph& graph, Diag& diag) {
  COVEY_TRY_ASSIGN(const std::vector<Lowered> lowered, LowerAll(graph, diag));
  return LowerBound(Lifetimes(graph, ViewsOf(graph, lowered)).problem());
}

}  // namespace covey::compiler
