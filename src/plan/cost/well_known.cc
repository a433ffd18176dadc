#include "plan/cost/well_known.hpp"

#include <array>
#include <span>

namespace covey::plan {
namespace {

constexpr int kAfterLast = -2;

struct Conv {
  int32_t cout = 0;
  int32_t kernel = 3;
  int32_t pad = 1;
  int32_t pool = 1;
  int32_t bits = 8;
};

// Adds layers one after the other and works out the rest of each from the shapes of what it reads.
class Builder {
 public:
  Builder(const char* name, int32_t channels, int32_t rows, int32_t columns, bool bias)
      : bias_(bias) {
    table_.name = name;
    table_.input_bytes = int64_t{channels} * rows * columns;
    input_.cout = channels;
    input_.out_h = rows;
    input_.out_w = columns;
  }

  int Conv2d(const Conv& conv, std::vector<int> from = {kAfterLast}) {
    return AddConv(LayerOp::kConv2d, conv, std::move(from), 1);
  }
  // Of the sum of what it reads.
  int Conv2dOfSum(const Conv& conv, std::vector<int> from) {
    const auto operands = static_cast<int32_t>(from.size());
    return AddConv(LayerOp::kConv2d, conv, std::move(from), operands);
  }
  int Conv1d(const Conv& conv) { return AddConv(LayerOp::kConv1d, conv, {kAfterLast}, 1); }
  int Transposed(int32_t cout, int from) {
    return AddConv(LayerOp::kConvTranspose2d, {.cout = cout}, {from}, 1);
  }
  // One output of the whole picture for each of `cout`.
  int Linear(int32_t cout) {
    Layer layer = Start(LayerOp::kLinear, {kAfterLast}, 1);
    LayerShape& shape = layer.shape;
    shape.flatten = shape.in_h * shape.in_w > 1;
    shape.cout = cout;
    shape.out_h = shape.out_w = 1;
    Weigh(layer, 8, int64_t{shape.cin} * cout * shape.in_h * shape.in_w);
    return Push(std::move(layer));
  }
  int Copy(int from) { return Through({from}, 1, 1); }
  int Sum(int a, int b) { return Through({a, b}, 2, 1); }
  int AveragePool(int32_t window) { return Through({kAfterLast}, 1, window); }

  int size() const { return table_.size(); }

  // What only the generator's processor maps say.
  Layer& last() { return table_.layers.back(); }
  void NoBias() {
    last().bias_bytes = 0;
    bias_ = false;
  }

  LayerTable Finish(bool wide_output) {
    if (wide_output) last().out_bytes *= 4;
    (void)FillCuts(table_);  // Builder only ever reads layers that are there.
    return std::move(table_);
  }

 private:
  Layer Start(LayerOp op, std::vector<int> from, int32_t operands) {
    Layer layer;
    layer.op = op;
    for (int& layer_index : from) {
      if (layer_index == kAfterLast) layer_index = table_.size() - 1;
    }
    LayerShape& shape = layer.shape;
    for (int i : from) {
      const LayerShape& source = i == kNetworkInput ? input_ : table_.layers[i].shape;
      shape.in_h = source.out_h;
      shape.in_w = source.out_w;
      shape.cin = operands > 1 ? source.cout : shape.cin + source.cout;
      layer.in_bytes += int64_t{source.cout} * source.out_h * source.out_w;
    }
    shape.operands = operands;
    layer.inputs = std::move(from);
    return layer;
  }

  int AddConv(LayerOp op, const Conv& conv, std::vector<int> from, int32_t operands) {
    Layer layer = Start(op, std::move(from), operands);
    LayerShape& shape = layer.shape;
    const bool line = op == LayerOp::kConv1d;
    shape.cout = conv.cout;
    shape.kernel_h = conv.kernel;
    shape.kernel_w = line ? 1 : conv.kernel;
    shape.pad = conv.pad;
    shape.pool_h = shape.pool_stride_h = conv.pool;
    shape.pool_w = shape.pool_stride_w = line ? 1 : conv.pool;
    if (op == LayerOp::kConvTranspose2d) {
      shape.out_h = 2 * shape.in_h;
      shape.out_w = 2 * shape.in_w;
    } else {
      shape.out_h = shape.in_h / conv.pool + 2 * conv.pad - conv.kernel + 1;
      shape.out_w = line ? 1 : shape.in_w / conv.pool + 2 * conv.pad - conv.kernel + 1;
    }
    Weigh(layer, conv.bits, int64_t{shape.cin} * conv.cout * shape.kernel_h * shape.kernel_w);
    return Push(std::move(layer));
  }

  int Through(std::vector<int> from, int32_t operands, int32_t window) {
    Layer layer = Start(LayerOp::kPassthrough, std::move(from), operands);
    LayerShape& shape = layer.shape;
    shape.cout = shape.cin;
    shape.pool_h = shape.pool_w = shape.pool_stride_h = shape.pool_stride_w = window;
    shape.out_h = shape.in_h / window;
    shape.out_w = shape.in_w / window;
    return Push(std::move(layer));
  }

  void Weigh(Layer& layer, int32_t bits, int64_t weights) {
    layer.shape.weight_bits = bits;
    layer.weight_bytes = (weights * bits + 7) / 8;
    layer.bias_bytes = bias_ ? layer.shape.cout : 0;
    layer.macs = weights * layer.shape.out_h * layer.shape.out_w;
  }

  int Push(Layer layer) {
    const LayerShape& shape = layer.shape;
    layer.out_bytes = int64_t{shape.cout} * shape.out_h * shape.out_w;
    table_.layers.push_back(std::move(layer));
    return table_.size() - 1;
  }

  LayerTable table_;
  LayerShape input_;
  bool bias_;
};

LayerTable ConvNet() {
  Builder net("ConvNet", 1, 28, 28, false);
  net.Conv2d({.cout = 60});
  net.Conv2d({.cout = 60, .pad = 2, .pool = 2});
  net.Conv2d({.cout = 56, .pool = 2});
  net.Conv2d({.cout = 12, .pool = 2});
  net.Linear(10);
  net.last().bias_bytes = 10;
  return net.Finish(true);
}

LayerTable Kws() {
  Builder net("KWS", 128, 128, 1, false);
  net.Conv1d({.cout = 100, .kernel = 1, .pad = 0});
  net.Conv1d({.cout = 96, .pad = 0});
  net.Conv1d({.cout = 64, .pool = 2});
  net.Conv1d({.cout = 48, .pad = 0});
  net.Conv1d({.cout = 64, .pool = 2});
  net.Conv1d({.cout = 96, .pad = 0});
  net.Conv1d({.cout = 100, .pool = 2});
  net.Conv1d({.cout = 64, .kernel = 6, .pool = 2});
  net.Linear(21);
  return net.Finish(true);
}

// SimpleNet and WideNet differ in their channels only.
LayerTable MixedBits(const char* name, const std::array<int32_t, 14>& channels) {
  constexpr std::array<int32_t, 14> kPool = {1, 1, 1, 1, 2, 1, 1, 2, 1, 2, 2, 1, 2, 1};
  constexpr std::array<int32_t, 14> kBits = {8, 4, 2, 2, 2, 2, 2, 2, 2, 2, 4, 4, 4, 4};
  Builder net(name, 3, 32, 32, true);
  for (size_t i = 0; i < channels.size(); ++i) {
    const bool point = i == 10 || i == 11 || i == 13;
    net.Conv2d({.cout = channels[i],
                .kernel = point ? 1 : 3,
                .pad = point ? 0 : 1,
                .pool = kPool[i],
                .bits = kBits[i]});
  }
  return net.Finish(true);
}

LayerTable ResSimpleNet() {
  Builder net("ResSimpleNet", 3, 32, 32, false);
  net.Conv2d({.cout = 16});
  int before = net.Conv2d({.cout = 20});
  int copy = net.Copy(before);
  int branch = net.Conv2d({.cout = 20}, {before});
  net.Conv2dOfSum({.cout = 20}, {copy, branch});
  before = net.Conv2d({.cout = 20, .pool = 2});
  copy = net.Copy(before);
  net.last().quad_groups = 3;  // Its map starts at processor 20.
  branch = net.Conv2d({.cout = 20}, {before});
  net.Conv2dOfSum({.cout = 44}, {copy, branch});
  before = net.Conv2d({.cout = 48, .pool = 2});
  copy = net.Copy(before);
  branch = net.Conv2d({.cout = 48}, {before});
  net.Conv2dOfSum({.cout = 96, .pool = 2}, {copy, branch});
  net.last().shape.pool_first = false;
  net.last().first_column = 160;
  net.Conv2d({.cout = 512, .kernel = 1, .pad = 0, .pool = 2});
  net.Conv2d({.cout = 128, .kernel = 1, .pad = 0});
  net.Conv2d({.cout = 128, .pool = 2});
  net.Conv2d({.cout = 100, .kernel = 1, .pad = 0});
  return net.Finish(true);
}

LayerTable UNet() {
  constexpr Conv kPoint{.cout = 64, .kernel = 1, .pad = 0};
  Builder net("UNet", 48, 48, 48, true);
  net.Conv2d(kPoint);
  net.Conv2d(kPoint);
  net.Conv2d({.cout = 32, .kernel = 1, .pad = 0});
  const int full = net.Conv2d({.cout = 8});
  const int half = net.Conv2d({.cout = 28, .pool = 2});
  const int quarter = net.Conv2d({.cout = 56, .pool = 2});
  const int eighth = net.Conv2d({.cout = 112, .pool = 2});
  const int copy = net.Copy(quarter);
  const int up_quarter = net.Transposed(56, eighth);
  const int up_half = net.Transposed(28, net.Conv2d({.cout = 56}, {up_quarter, copy}));
  const int up_full = net.Transposed(8, net.Conv2d({.cout = 28}, {up_half, half}));
  net.Conv2d({.cout = 48}, {up_full, full});
  net.Conv2d({.cout = 64});
  for (int i = 0; i < 4; ++i) net.Conv2d(kPoint);
  return net.Finish(false);
}

// Widen, then narrow: what is left of an inverted residual block without its depthwise layer.
void Narrow(Builder& net, int32_t wide, int32_t wide_kernel, int32_t narrow) {
  net.Conv2d({.cout = wide, .kernel = wide_kernel, .pad = wide_kernel / 2});
  net.Conv2d({.cout = narrow, .kernel = 1, .pad = 0});
}

LayerTable EfficientNetV2() {
  Builder net("EfficientNetV2", 3, 32, 32, true);
  net.Conv2d({.cout = 32, .pool = 2});
  net.Conv2d({.cout = 16, .kernel = 1, .pad = 0});
  struct Stage {
    int32_t into, out, inside, kernel;  // widths ahead, of the stage, inside its block
  };
  for (const Stage& stage :
       {Stage{64, 32, 128, 3}, {128, 48, 192, 3}, {192, 96, 384, 1}, {384, 128, 512, 1}}) {
    Narrow(net, stage.into, stage.kernel, stage.out);
    const int before = net.size() - 1;
    const int copy = net.Copy(before);
    net.Conv2d({.cout = stage.inside, .kernel = stage.kernel, .pad = stage.kernel / 2}, {before});
    const int branch = net.Conv2d({.cout = stage.out, .kernel = 1, .pad = 0});
    net.Sum(copy, branch);
  }
  net.Conv2d({.cout = 512, .kernel = 1, .pad = 0});
  net.AveragePool(16);
  net.Linear(100);
  return net.Finish(true);
}

LayerTable MobileNetV2() {
  struct Stage {
    int32_t into, width;
    int blocks;  // with a sum
  };
  Builder net("MobileNetV2", 3, 32, 32, true);
  net.Conv2d({.cout = 24});
  net.Conv2d({.cout = 12, .kernel = 1, .pad = 0});
  for (const Stage& stage :
       {Stage{72, 20, 1}, {120, 24, 2}, {144, 48, 3}, {288, 72, 2}, {432, 80, 2}}) {
    Narrow(net, stage.into, 1, stage.width);
    for (int i = 0; i < stage.blocks; ++i) {
      const int before = net.size() - 1;
      Narrow(net, 6 * stage.width, 1, stage.width);
      const int branch = net.size() - 1;
      const int copy = net.Copy(before);
      net.Sum(branch, copy);
    }
  }
  Narrow(net, 480, 1, 240);
  net.Conv2d({.cout = 480, .kernel = 1, .pad = 0});
  net.NoBias();
  net.Conv2d({.cout = 100, .kernel = 1, .pad = 0, .pool = 4});
  return net.Finish(true);
}

}  // namespace

const std::vector<LayerTable>& WellKnownModels() {
  static const std::vector<LayerTable> models = {
      ConvNet(),
      Kws(),
      MixedBits("SimpleNet", {16, 20, 20, 20, 20, 20, 44, 48, 48, 96, 512, 128, 128, 100}),
      MixedBits("WideNet", {24, 32, 32, 32, 32, 32, 64, 64, 64, 128, 512, 192, 192, 100}),
      ResSimpleNet(),
      UNet(),
      EfficientNetV2(),
      MobileNetV2()};
  return models;
}

const LayerTable* WellKnown(std::string_view name) {
  for (const LayerTable& model : WellKnownModels()) {
    if (model.name == name) return &model;
  }
  return nullptr;
}

}  // namespace covey::plan
