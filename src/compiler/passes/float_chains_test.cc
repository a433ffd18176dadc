// Floats between dequantize and quantize: the bytes that single precision gives, op by op.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "compiler/passes/compare.hpp"
#include "compiler/passes/small_network.hpp"

namespace covey::compiler {
namespace {

constexpr float kIn = 0.037F, kOut = 0.021F;
constexpr int32_t kInZero = -11, kOutZero = 7;

class Chain {
 public:
  explicit Chain(std::vector<int32_t> dims) : net_(1), dims_(std::move(dims)) {
    const int input = net_.Activation8(dims_, kIn, kInZero);
    net_.graph().inputs = {input};
    floats_ = Float(dims_);
    net_.Op1(Op::kDequantize, {input}, floats_);
  }
  Graph& graph() { return net_.graph(); }
  int floats() const { return floats_; }
  int Float(const std::vector<int32_t>& dims) {
    const int tensor = net_.Activation8(dims, 1, 0);
    TensorOf(net_.graph(), tensor).dtype = DType::kFloat32;
    TensorOf(net_.graph(), tensor).quant = {};
    return tensor;
  }
  int Number(float value) {
    const int tensor = Float({});
    net_.Set(tensor, std::vector<float>{value});
    return tensor;
  }
  int Then(Op op, std::vector<int> inputs, Attributes attributes = {},
           Activation activation = Activation::kNone) {
    return net_.Op1(op, std::move(inputs), Float(dims_), std::move(attributes), activation);
  }
  void Out(int from, const char* source = "QUANTIZE") {
    const std::vector<int32_t> dims = net_.Dims(from);
    const int out = net_.Activation8(dims, kOut, kOutZero);
    net_.Op1(Op::kQuantize, {from}, out);
    net_.graph().nodes.back().source_op = source;
    net_.graph().outputs.push_back(out);
  }
  SmallNetwork& net() { return net_; }

 private:
  SmallNetwork net_;
  std::vector<int32_t> dims_;
  int floats_ = 0;
};

int Quantised(float x, bool to_even = false) {
  const float steps = x / kOut;
  const float q = (to_even ? std::nearbyint(steps) : std::round(steps)) + kOutZero;
  return static_cast<int>(std::clamp(q, -128.0F, 127.0F));
}
float Real(int q) { return kIn * static_cast<float>(q - kInZero); }

// All 256 bytes through a graph of {256}.
template <typename Expected>
void ExpectTable(Chain& chain, Expected expected) {
  Compiled compiled(Passed(chain.graph()));
  ASSERT_TRUE(compiled.ok());
  const auto bytes = compiled.Run([i = 0]() mutable { return i++ - 128; });
  ASSERT_EQ(bytes.size(), 256U);
  for (int q = -128; q <= 127; ++q) {
    EXPECT_EQ(static_cast<int8_t>(bytes[static_cast<size_t>(q + 128)]), expected(q)) << q;
  }
}

TEST(FloatChains, OneFunctionOfOneTensorIsATable) {
  Chain chain({256});
  const Unary neg{.kind = UnaryKind::kNeg, .arithmetic = Arithmetic::kTflite, .table = nullptr};
  chain.Out(chain.Then(Op::kUnary, {chain.floats()}, neg));
  EXPECT_EQ(Passed(chain.graph()).nodes.size(), 1U);
  ExpectTable(chain, [](int q) { return Quantised(-Real(q)); });
}

TEST(FloatChains, SeveralOpsOfNumbersAndOfTheTensorItself) {
  Chain chain({256});
  const int sum = chain.Then(Op::kAdd, {chain.floats(), chain.Number(3)}, {}, Activation::kRelu6);
  const int product = chain.Then(Op::kMul, {sum, chain.floats()});
  chain.Out(chain.Then(Op::kMul, {chain.Number(1 / 6.0F), product}));
  ASSERT_EQ(Passed(chain.graph()).nodes.size(), 1U);
  ExpectTable(chain, [](int q) {
    const float x = Real(q);
    return Quantised(1 / 6.0F * (std::min(std::max(x + 3, 0.0F), 6.0F) * x));
  });
}

TEST(FloatChains, HalvesGoToEvenWhereTheSourceSaysSo) {
  for (bool to_even : {false, true}) {
    Chain chain({256});
    const int half = chain.Then(Op::kMul, {chain.floats(), chain.Number(kOut / kIn / 2)});
    const int whole = chain.Then(Op::kAdd, {half, chain.Number(0)});
    chain.Out(whole, to_even ? "QuantizeLinear" : "QUANTIZE");
    ExpectTable(chain,
                [to_even](int q) { return Quantised(Real(q) * (kOut / kIn / 2) + 0.0F, to_even); });
  }
}

TEST(FloatChains, AConcatenationOfFloatsIsOneOfBytes) {
  Chain chain({1, 256});
  const Unary neg{.kind = UnaryKind::kNeg, .arithmetic = Arithmetic::kTflite, .table = nullptr};
  const int minus = chain.Then(Op::kUnary, {chain.floats()}, neg);
  const int joined = chain.Float({2, 256});
  chain.net().Op1(Op::kConcat, {minus, chain.floats()}, joined, Concat{0});
  chain.Out(joined);
  const Graph passed = Passed(chain.graph());
  for (const Node& node : passed.nodes) EXPECT_NE(node.op, Op::kQuantize);
  Compiled compiled(passed);
  ASSERT_TRUE(compiled.ok());
  const auto bytes = compiled.Run([i = 0]() mutable { return i++ - 128; });
  ASSERT_EQ(bytes.size(), 512U);
  for (int q = -128; q <= 127; ++q) {
    const auto at = static_cast<size_t>(q + 128);
    EXPECT_EQ(static_cast<int8_t>(bytes[at]), Quantised(-Real(q)));
    EXPECT_EQ(static_cast<int8_t>(bytes[at + 256]), Quantised(Real(q)));
  }
}

// An input cannot lie at two places of its concatenation.
TEST(FloatChains, AConcatenationMayReadOneTensorTwice) {
  SmallNetwork net(3);
  const int x = net.Input({1, 16});
  const int y = net.Op1(Op::kRelu, {x}, net.Like(x), {}, Activation::kRelu);
  const int z = net.Op1(Op::kReshape, {y}, net.Like(y));
  const Tensor like = TensorOf(net.graph(), x);
  const int out = net.Activation8({4, 16}, like.quant.scales[0], like.quant.zero_points[0]);
  net.graph().outputs = {net.Op1(Op::kConcat, {y, x, y, z}, out, Concat{0})};
  Compiled compiled(Passed(net.graph()));
  ASSERT_TRUE(compiled.ok());
  const auto bytes = compiled.Run([i = 0]() mutable { return i++ * 16 - 128; });
  ASSERT_EQ(bytes.size(), 64U);
  for (size_t i = 0; i < 16; ++i) {
    EXPECT_EQ(static_cast<int8_t>(bytes[i + 16]), static_cast<int>(i) * 16 - 128);
    for (const size_t copy : {32, 48}) EXPECT_EQ(bytes[i], bytes[i + copy]);
  }
}

}  // namespace
}  // namespace covey::compiler
