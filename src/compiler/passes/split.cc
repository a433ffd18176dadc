#include "compiler/passes/split.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "compiler/passes/uses.hpp"
#include "core/op_view.hpp"

namespace covey::compiler {
namespace {

struct Rows {
  int32_t begin = 0, end = 0;
  int32_t count() const { return end - begin; }
  bool operator==(const Rows& other) const = default;
};

const Tensor& At(const Graph& graph, int tensor) {
  return graph.tensors[static_cast<size_t>(tensor)];
}
bool Activation4(const Graph& graph, int tensor) {
  return tensor != kNoTensor && !At(graph, tensor).constant() &&
         At(graph, tensor).dims.size() == 4 && At(graph, tensor).dims[0] == 1;
}

bool Windowed(Op op) {
  return op == Op::kConv2D || op == Op::kDepthwiseConv2D || op == Op::kAveragePool2D ||
         op == Op::kMaxPool2D;
}

// Down: one direction of a window, whatever the padding is called.
struct Slide {
  int32_t stride = 1, before = 0, reach = 1;
  int32_t after = 0;
};

Slide SlideOf(const Graph& graph, const Node& node, bool down) {
  const auto& window = std::get<Window>(node.attributes);
  const size_t axis = down ? 1 : 2;
  const bool conv = node.op == Op::kConv2D || node.op == Op::kDepthwiseConv2D;
  const int32_t taps =
      conv ? At(graph, node.inputs[1]).dims[axis] : (down ? window.window_h : window.window_w);
  const int32_t dilation = down ? window.dilation_h : window.dilation_w;
  Slide slide;
  slide.stride = down ? window.stride_h : window.stride_w;
  slide.reach = (taps - 1) * (conv ? dilation : 1) + 1;
  const int32_t in = At(graph, node.inputs[0]).dims[axis];
  const int32_t out = At(graph, node.outputs[0]).dims[axis];
  if (window.padding == Padding::kSame) {
    const int32_t total = std::max(0, (out - 1) * slide.stride + slide.reach - in);
    slide.before = total / 2, slide.after = total - total / 2;
  } else if (window.padding == Padding::kExplicit) {
    slide.before = down ? window.pad_top : window.pad_left;
    slide.after = down ? window.pad_bottom : window.pad_right;
  }
  return slide;
}

// Ops whose output rows come from few input rows: windows, and element by element.
bool ByRows(const Graph& graph, const Node& node) {
  if (node.outputs.size() != 1 || !Activation4(graph, node.outputs[0])) return false;
  if (node.inputs.empty() || !Activation4(graph, node.inputs[0])) return false;
  if (Windowed(node.op)) return std::holds_alternative<Window>(node.attributes);
  constexpr Op kElementWise[] = {Op::kAdd,   Op::kSub,     Op::kMul,     Op::kRelu,
                                 Op::kUnary, Op::kMaximum, Op::kMinimum, Op::kQuantize};
  if (std::find(std::begin(kElementWise), std::end(kElementWise), node.op) ==
      std::end(kElementWise))
    return false;
  return std::all_of(node.inputs.begin(), node.inputs.end(), [&](int input) {
    return Activation4(graph, input) && At(graph, input).dims == At(graph, node.outputs[0]).dims;
  });
}

// The input rows that output rows look at; empty if they look at none.
Rows NeededRows(const Graph& graph, const Node& node, Rows out) {
  if (!Windowed(node.op)) return out;
  const Slide slide = SlideOf(graph, node, true);
  const int32_t height = At(graph, node.inputs[0]).dims[1];
  return {std::max(0, out.begin * slide.stride - slide.before),
          std::min(height, (out.end - 1) * slide.stride - slide.before + slide.reach)};
}

// Tensors that the stage makes and others read.
std::vector<int> OutputsOf(const Graph& graph, const Split& split) {
  std::vector<int> outputs;
  for (size_t n = split.first; n <= split.last; ++n) {
    const int made = graph.nodes[n].outputs[0];
    bool read = std::find(graph.outputs.begin(), graph.outputs.end(), made) != graph.outputs.end();
    for (size_t m = split.last + 1; m < graph.nodes.size() && !read; ++m) {
      const std::vector<int>& inputs = graph.nodes[m].inputs;
      read = std::find(inputs.begin(), inputs.end(), made) != inputs.end();
    }
    if (read) outputs.push_back(made);
  }
  return outputs;
}

class Splitter {
 public:
  Splitter(const Graph& graph, const Split& split)
      : from_(graph), split_(split), outputs_(OutputsOf(graph, split)), graph_(graph) {
    graph_.nodes.clear();
  }

  std::optional<Graph> Run() {
    for (size_t n = 0; n < split_.first; ++n) graph_.nodes.push_back(from_.nodes[n]);
    const int32_t height = At(from_, outputs_[0]).dims[1];
    std::map<int, std::vector<int>> bands;  // of each output
    for (int32_t begin = 0; begin < height; begin += split_.rows) {
      const Rows rows{begin, std::min(begin + split_.rows, height)};
      if (!AddPatch(rows)) return std::nullopt;
      for (int output : outputs_) bands[output].push_back(made_.at(output));
    }
    for (int output : outputs_) Join(bands[output], output);
    for (size_t n = split_.last + 1; n < from_.nodes.size(); ++n)
      graph_.nodes.push_back(from_.nodes[n]);
    return std::move(graph_);
  }

 private:
  // Which rows of each tensor the patch needs; false if a window sees none.
  bool Need(Rows rows) {
    need_.clear();
    for (int output : outputs_) need_[output] = rows;
    for (size_t n = split_.last + 1; n-- > split_.first;) {
      const Node& node = from_.nodes[n];
      const Rows needed = NeededRows(from_, node, need_.at(node.outputs[0]));
      if (needed.count() < 1) return false;
      for (int input : node.inputs) {
        if (!Activation4(from_, input)) continue;
        const auto [at, added] = need_.try_emplace(input, needed);
        if (added) continue;
        at->second.begin = std::min(at->second.begin, needed.begin);
        at->second.end = std::max(at->second.end, needed.end);
      }
    }
    return true;
  }

  bool AddPatch(Rows rows) {
    if (!Need(rows)) return false;
    made_.clear();
    have_.clear();
    for (size_t n = split_.first; n <= split_.last; ++n) AddNode(from_.nodes[n], rows);
    // Where a later patch or op of the stage wanted more than the band of an output, take the band.
    for (int output : outputs_) made_[output] = Take(output, rows, rows);
    return true;
  }

  void AddNode(const Node& node, Rows patch) {
    const Rows out = need_.at(node.outputs[0]);
    const Rows in = NeededRows(from_, node, out);
    Node clone = node;
    clone.name = Named(node.name, patch);
    for (int& input : clone.inputs)
      if (Activation4(from_, input)) input = Take(input, in, patch);
    if (Windowed(node.op)) SetPadding(node, out, in, std::get<Window>(clone.attributes));
    clone.outputs[0] = AddRows(node.outputs[0], out, patch);
    made_[node.outputs[0]] = clone.outputs[0];
    have_[node.outputs[0]] = out;
    graph_.nodes.push_back(std::move(clone));
  }

  void SetPadding(const Node& node, Rows out, Rows in, Window& window) const {
    const Slide down = SlideOf(from_, node, true), across = SlideOf(from_, node, false);
    window.padding = Padding::kExplicit;
    window.pad_top = in.begin - (out.begin * down.stride - down.before);
    window.pad_bottom =
        std::max(0, (out.count() - 1) * down.stride + down.reach - in.count() - window.pad_top);
    window.pad_left = across.before;
    window.pad_right = across.after;
  }

  // The tensor's rows, from the band that the patch has of it or, from outside, from the whole.
  int Take(int tensor, Rows rows, Rows patch) {
    const auto made = made_.find(tensor);
    const int source = made == made_.end() ? tensor : made->second;
    const Rows have = made == made_.end() ? Rows{0, At(from_, tensor).dims[1]} : have_.at(tensor);
    if (rows == have) return source;
    Slice slice{.begin = {0, rows.begin - have.begin, 0, 0}, .stride = {1, 1, 1, 1}};
    Node node;
    node.op = Op::kSlice;
    node.name = Named(At(from_, tensor).name, patch);
    node.source_op = "patch";
    node.inputs = {source};
    node.outputs = {AddRows(tensor, rows, patch)};
    node.attributes = std::move(slice);
    graph_.nodes.push_back(node);
    return node.outputs[0];
  }

  int AddRows(int like, Rows rows, Rows patch) {
    Tensor tensor = At(from_, like);
    tensor.name = Named(tensor.name, patch);
    tensor.dims[1] = rows.count();
    return AddTensor(graph_, std::move(tensor));
  }

  // Bands into the whole, as many at a time as an op has inputs.
  void Join(std::vector<int> bands, int output) {
    while (bands.size() > static_cast<size_t>(kMaxInputs)) {
      std::vector<int> fewer;
      for (size_t i = 0; i < bands.size(); i += static_cast<size_t>(kMaxInputs)) {
        const size_t end = std::min(bands.size(), i + static_cast<size_t>(kMaxInputs));
        const std::vector<int> some(bands.begin() + static_cast<ptrdiff_t>(i),
                                    bands.begin() + static_cast<ptrdiff_t>(end));
        fewer.push_back(some.size() == 1 ? some[0] : Concatenate(some, JoinedRows(some, output)));
      }
      bands = std::move(fewer);
    }
    (void)Concatenate(bands, output);
  }
  int JoinedRows(const std::vector<int>& bands, int output) {
    Tensor tensor = At(from_, output);
    tensor.dims[1] = 0;
    for (int band : bands) tensor.dims[1] += At(graph_, band).dims[1];
    return AddTensor(graph_, std::move(tensor));
  }
  int Concatenate(const std::vector<int>& bands, int output) {
    Node node;
    node.op = Op::kConcat;
    node.name = At(graph_, output).name;
    node.source_op = "patch";
    node.inputs = bands;
    node.outputs = {output};
    node.attributes = Concat{.axis = 1};
    graph_.nodes.push_back(std::move(node));
    return output;
  }

  static std::string Named(const std::string& name, Rows patch) {
    return name.substr(0, name.find(';')) + " rows " + std::to_string(patch.begin) + "-" +
           std::to_string(patch.end - 1);
  }

  const Graph& from_;
  Split split_;
  std::vector<int> outputs_;
  Graph graph_;
  std::map<int, Rows> need_;  // of each tensor of the stage and before it
  std::map<int, int> made_;   // the band that the patch has made of a tensor
  std::map<int, Rows> have_;  // and its rows
};

// Rows whose bytes are a multiple of 16, for every output; 0 if outputs differ in height.
int32_t RowsOfGrid(const Graph& graph, const std::vector<int>& outputs) {
  int32_t grid = 1;
  for (int output : outputs) {
    const Tensor& tensor = At(graph, output);
    if (tensor.dims[1] != At(graph, outputs[0]).dims[1]) return 0;
    const int64_t row =
        int64_t{tensor.dims[2]} * tensor.dims[3] * static_cast<int64_t>(DTypeBytes(tensor.dtype));
    while (grid < 16 && row * grid % 16 != 0) grid *= 2;
  }
  return grid;
}

}  // namespace

std::vector<Split> SplitsOf(const Graph& graph) {
  std::vector<Split> splits;
  size_t first = 0;
  while (first < graph.nodes.size() && !ByRows(graph, graph.nodes[first])) ++first;
  for (size_t last = first + 1; last < graph.nodes.size(); ++last) {
    if (!ByRows(graph, graph.nodes[last])) break;
    const std::vector<int> outputs = OutputsOf(graph, {first, last, 1});
    if (outputs.empty() || outputs.size() > 3) continue;
    const int32_t grid = RowsOfGrid(graph, outputs);
    const int32_t height = At(graph, outputs[0]).dims[1];
    for (int32_t rows = grid; grid > 0 && rows < height; rows *= 2)
      splits.push_back({first, last, rows});
  }
  return splits;
}

std::optional<Graph> SplitStage(const Graph& graph, const Split& split) {
  return Splitter(graph, split).Run();
}

}  // namespace covey::compiler
