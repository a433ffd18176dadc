#include "cases.hpp"

#include "kernels/chunk_list.hpp"
#include "kernels/skip_list.hpp"
#include "kernels/weight_blocks.hpp"
#include "kernels/winograd.hpp"

namespace covey::board {
namespace {

template <typename Attr>
Attr& As(int32_t* words) {
  return *reinterpret_cast<Attr*>(words);
}

}  // namespace

std::byte* Case::Take(size_t bytes) {
  const size_t begin = (used_ + 15) / 16 * 16;
  if (begin > room_.size() || bytes > room_.size() - begin) return nullptr;
  used_ = begin + bytes;
  return room_.data() + begin;
}

bool Case::Place(TensorView& tensor, DType dtype, std::span<const int32_t> dims) {
  tensor = {.dtype = dtype, .dims = dims};
  tensor.bytes = TensorBytes(dtype, dims);
  tensor.data = Take(tensor.bytes);
  return tensor.data != nullptr;
}

// Now and then only the ends of the range.
void Case::FillBytes(Random& random, const TensorView& tensor) {
  const bool ends = random.OneIn(4);
  for (size_t i = 0; i < tensor.bytes; ++i) {
    const uint32_t value = random.Next() >> 7;
    tensor.data[i] = static_cast<std::byte>(ends ? ((value & 1) != 0 ? 0x7F : 0x80) : value & 0xFF);
  }
}

// Output rows and columns of a random window; input, weights' rows and columns are drawn. Now and
// then a window of 3x3, 5x5 or 7x7, which some kernels prefer.
bool Case::DrawWindow(Random& random) {
  auto& attr = As<ConvAttr>(attr_);
  const int32_t square = random.OneIn(2) ? 0 : 3 + 2 * random.Between(0, 2);
  for (int i = 0; i < 2; ++i) {
    const int32_t taps = dims_[1][1 + i] = square != 0 ? square : random.Between(1, 5);
    const int32_t stride = random.OneIn(2) ? 1 : random.Between(1, square != 0 ? 2 : 4);
    const int32_t dilation = random.OneIn(square != 0 && i == 1 ? 1 : 2) ? 1 : random.Between(1, 3);
    const int32_t reach = (taps - 1) * dilation + 1;
    const int32_t input = dims_[0][1 + i] = random.Between(1, 14);
    const int32_t before =
        random.OneIn(3) ? 0 : random.Between(0, square != 0 ? square / 2 : reach);
    const int32_t after = random.Between(0, reach);
    (i == 0 ? attr.stride_h : attr.stride_w) = stride;
    (i == 0 ? attr.dilation_h : attr.dilation_w) = dilation;
    (i == 0 ? attr.pad_top : attr.pad_left) = before;
    const int32_t span = input + before + after - reach;
    if (span < 0) return false;
    dims_[2][1 + i] = span / stride + 1;
  }
  dims_[0][0] = dims_[2][0] = random.OneIn(4) ? 2 : 1;
  return true;
}

void Case::DrawNumbers(Random& random, ConvAttr& attr) {
  attr.input_offset = random.OneIn(3) ? (random.OneIn(2) ? -127 : 128) : random.Between(-127, 128);
  attr.output_offset = random.OneIn(3) ? -128 : random.Between(-128, 127);
  if (random.OneIn(2)) {
    attr.activation_min = random.Between(-128, 0);
    attr.activation_max = random.Between(0, 127);
  }
}

// Tensors, bias and multipliers for the dimensions drawn.
bool Case::PlaceConv(Random& random) {
  const int rank = view_.op == Op::kFullyConnected ? 2 : 4;
  const std::span<const int32_t> in(dims_[0], rank), weights(dims_[1], rank), out(dims_[2], rank);
  const int32_t channels = dims_[2][rank - 1];
  dims_[3][0] = channels;
  view_.inputs = random.OneIn(4) ? 2 : 3;
  view_.outputs = 1;
  const DType dtype = wide_ ? DType::kInt16 : DType::kInt8;
  const DType weight = narrow_ ? DType::kInt4 : DType::kInt8;
  if (!Place(view_.input[0], dtype, in) || !Place(view_.input[1], weight, weights) ||
      !Place(view_.output[0], dtype, out))
    return false;
  if (wide_) {
    auto& attr = As<ConvAttr>(attr_);
    attr.input_offset = attr.output_offset = 0;
    attr.activation_min *= 256, attr.activation_max = attr.activation_max * 256 + 255;
  }
  FillBytes(random, view_.input[0]);
  FillBytes(random, view_.input[1]);
  auto* const params = reinterpret_cast<int32_t*>(Take(static_cast<size_t>(channels) * 8));
  if (params == nullptr) return false;
  // Shifts that saturate, that round, that shift left, and the ends of what prepare takes.
  const int32_t least = random.OneIn(6) ? -31 : -14, most = random.OneIn(4) ? 3 : -4;
  for (int32_t c = 0; c < channels; ++c) {
    params[c] = random.OneIn(8) ? (random.OneIn(2) ? 0x7FFFFFFF : 1 << 30)
                                : static_cast<int32_t>((random.Next() >> 2) | 0x40000000);
    params[c + channels] = random.Between(least, most);
  }
  view_.params = {params, static_cast<size_t>(channels) * 2};
  return view_.inputs == 2 || PlaceBias(random);
}

bool Case::PlaceBias(Random& random) {
  const int32_t channels = dims_[3][0];
  if (wide_ && random.OneIn(2)) {
    if (!Place(view_.input[2], DType::kInt64, {dims_[3], 1})) return false;
    for (int32_t c = 0; c < channels; ++c)
      view_.input[2].as_mutable<int64_t>()[c] = int64_t{random.Between(-20000, 20000)} << c % 24;
    return true;
  }
  if (!Place(view_.input[2], DType::kInt32, {dims_[3], 1})) return false;
  const int32_t most_bias = random.OneIn(4) ? 0x7FFFFFFE : 20000;
  for (int32_t c = 0; c < channels; ++c)
    view_.input[2].as_mutable<int32_t>()[c] = static_cast<int32_t>(random.Next()) % most_bias;
  return true;
}

// Zeros where kernels look for them: steps of two outputs, or all taps of two inputs.
void Case::Thin(Random& random) {
  auto* const weights = view_.input[1].as_mutable<int8_t>();
  const int32_t* const filter = dims_[1];
  const int32_t row = filter[2] * filter[3], window = filter[1] * row;
  const int32_t most = random.Between(0, 4);
  const bool taps = random.OneIn(2);
  for (int32_t o = 0; o < filter[0]; o += 2)
    for (int32_t at = 0; at < window; ++at) {
      const int32_t byte = taps ? at % filter[3] : at % row;
      if (byte % 4 > 1 || (taps && at != byte)) continue;
      if (random.Between(1, 4) > most) continue;
      for (int32_t i = 0; i < 4; ++i) {  // two outputs, two inputs
        if (o + i / 2 >= filter[0] || byte + i % 2 * 2 >= (taps ? filter[3] : row)) continue;
        int8_t* const first = weights + (o + i / 2) * window + at + i % 2 * 2;
        for (int32_t tap = 0; tap < (taps ? filter[1] * filter[2] : 1); ++tap)
          first[tap * filter[3]] = 0;
      }
    }
}

// Params with skip lists behind them.
bool Case::PlaceLists(int32_t order) {
  const std::span<const int32_t> filter = view_.input[1].dims, plain = view_.params;
  const auto* const weights = view_.input[1].as<int8_t>();
  const bool winograd = kernels::HoldsWinogradLists(order);
  const int32_t lists = winograd ? kernels::kWinogradPositions : 1;
  const int32_t steps = winograd ? filter[3] / 2 : kernels::SkipWindowSteps(filter);
  const int32_t pairs = kernels::WinogradPairs(filter[0]);
  const int32_t second = kernels::SecondPart(order, steps);
  const int64_t words = pairs * (1 + lists * (kernels::MostSkipWords(steps) + 1));
  auto* const params =
      reinterpret_cast<int32_t*>(Take(4 * (plain.size() + static_cast<size_t>(words))));
  auto* const dense = reinterpret_cast<uint32_t*>(
      Take(8 * static_cast<size_t>(lists) * static_cast<size_t>(steps)));
  if (params == nullptr || dense == nullptr) return false;
  for (size_t i = 0; i < plain.size(); ++i) params[i] = plain[i];
  auto* const begin = reinterpret_cast<uint32_t*>(params + plain.size());
  uint32_t* to = begin + pairs;
  for (int32_t pair = 0; pair < pairs; ++pair) {
    begin[pair] = static_cast<uint32_t>(to - begin);
    if (winograd) {
      kernels::WinogradWeights(weights, filter, pair, reinterpret_cast<int16_t*>(dense));
    } else {
      kernels::DirectSteps(weights, filter, kernels::WinogradFirst(pair, filter[0]), dense);
    }
    const int32_t first = winograd ? kernels::kSkipFirst : kernels::kSkipGroup;
    for (int32_t list = 0; list < lists; ++list)
      to += kernels::WriteSkipList(dense + 2 * steps * list, steps, first, second, to);
  }
  view_.params = {params, static_cast<size_t>(reinterpret_cast<int32_t*>(to) - params)};
  As<ConvAttr>(attr_).weights_order = order;
  return true;
}

// Chunks of weights that are zero, none to all of them, and lists of what is left.
bool Case::PlaceChunks(Random& random) {
  const std::span<const int32_t> filter = view_.input[1].dims, plain = view_.params;
  auto* const weights = view_.input[1].as_mutable<int8_t>();
  const int32_t terms = kernels::WindowTerms(filter), most = random.Between(0, 4);
  for (int32_t o = 0; o < filter[0]; ++o)
    for (int32_t at = 0; at < terms; ++at) {
      if (at % kernels::kChunkTerms != 0 || random.Between(1, 4) > most) continue;
      for (int32_t i = at; i < at + kernels::kChunkTerms && i < terms; ++i)
        weights[o * terms + i] = 0;
    }
  const int32_t fours = kernels::ChunkFours(filter[0]);
  const int64_t words = fours * (1 + kernels::MostChunkListWords(kernels::ChunksOf(terms)));
  auto* const params =
      reinterpret_cast<int32_t*>(Take(4 * (plain.size() + static_cast<size_t>(words))));
  if (params == nullptr) return false;
  for (size_t i = 0; i < plain.size(); ++i) params[i] = plain[i];
  auto* const begin = reinterpret_cast<uint32_t*>(params + plain.size());
  uint32_t* to = begin + fours;
  for (int32_t four = 0; four < fours; ++four) {
    begin[four] = static_cast<uint32_t>(to - begin);
    to += kernels::WriteChunkList(weights, filter, four, to);
  }
  view_.params = {params, static_cast<size_t>(reinterpret_cast<int32_t*>(to) - params)};
  As<ConvAttr>(attr_).weights_order = kernels::kWeightSkipChunks;
  return true;
}

// A 3x3 convolution that has its weights in Winograd's form too.
bool Case::DrawWinograd(Random& random) {
  auto& attr = As<ConvAttr>(attr_);
  for (int i = 0; i < 2; ++i) {
    dims_[0][1 + i] = random.Between(1, 14);
    dims_[1][1 + i] = 3;
    const int32_t before = (i == 0 ? attr.pad_top : attr.pad_left) = random.Between(0, 3);
    dims_[2][1 + i] = dims_[0][1 + i] + before + random.Between(0, 3) - 2;
    if (dims_[2][1 + i] < 1) return false;
  }
  dims_[0][0] = dims_[2][0] = random.OneIn(4) ? 2 : 1;
  dims_[0][3] = dims_[1][3] = 4 * random.Between(1, 12);
  dims_[1][0] = dims_[2][3] = random.Between(2, 9);
  DrawNumbers(random, attr);
  if (!random.OneIn(3)) attr.activation_min = -128, attr.activation_max = 127;
  narrow_ = random.OneIn(4);  // some targets make Winograd's form themselves
  if (!PlaceConv(random)) return false;
  if (narrow_) return true;
  if (random.OneIn(2)) Thin(random);
  const bool positions = random.OneIn(2);
  if (dims_[1][3] % 8 == 0 && random.OneIn(2))
    return PlaceLists(!positions                             ? kernels::kWeightSkipWinograd
                      : dims_[1][3] >= 16 && random.OneIn(2) ? kernels::kWeightSkipByParts
                                                             : kernels::kWeightSkipByPosition);
  if (positions) attr.weights_order = kernels::kWeightByPosition;
  const int32_t pairs = kernels::WinogradPairs(dims_[1][0]);
  const int64_t values = kernels::WinogradPairValues(dims_[1][3]);
  u_dims_[0] = pairs, u_dims_[1] = static_cast<int32_t>(values);
  if (!Place(view_.input[3], DType::kInt16, {u_dims_, 2})) return false;
  auto* u = view_.input[3].as_mutable<int16_t>();
  for (int32_t pair = 0; pair < pairs; ++pair, u += values)
    kernels::WinogradWeights(view_.input[1].as<int8_t>(), view_.input[1].dims, pair, u);
  view_.inputs = 4;
  return true;
}

bool Case::DrawConv(Random& random) {
  if (random.OneIn(3)) return DrawWinograd(random);
  if (!DrawWindow(random)) return false;
  auto& attr = As<ConvAttr>(attr_);
  attr.groups = random.OneIn(4) ? random.Between(2, 3) : 1;
  const int32_t most = random.OneIn(2) ? 5 : 20;
  const int32_t inputs = random.OneIn(2) ? random.Between(1, most) : 4 * random.Between(1, 5);
  dims_[1][3] = inputs;
  dims_[0][3] = inputs * attr.groups;
  dims_[1][0] = dims_[2][3] = attr.groups * random.Between(1, 9);
  DrawNumbers(random, attr);
  wide_ = random.OneIn(4);
  narrow_ = !wide_ && random.OneIn(3);
  if (!PlaceConv(random)) return false;
  if (wide_ || narrow_ || random.OneIn(2)) return true;
  if (attr.groups == 1 && dims_[1][0] >= kernels::kChunkOutputs && random.OneIn(3))
    return PlaceChunks(random);
  Thin(random);
  if (attr.groups == 1 && dims_[1][0] >= 2 && random.OneIn(2))
    return PlaceLists(random.OneIn(2) ? kernels::kWeightSkipCopied : kernels::kWeightSkipDirect);
  attr.weights_order = kernels::kWeightSkipSearch;
  return true;
}

bool Case::DrawDepthwise(Random& random) {
  if (!DrawWindow(random)) return false;
  auto& attr = As<ConvAttr>(attr_);
  attr.depth_multiplier = random.OneIn(6) ? 2 : 1;
  dims_[0][3] = random.Between(1, 19);
  dims_[1][0] = 1;
  dims_[1][3] = dims_[2][3] = dims_[0][3] * attr.depth_multiplier;
  DrawNumbers(random, attr);
  wide_ = random.OneIn(4);
  return PlaceConv(random);
}

// Weights in pairs, and inputs that are zero: none, all, every other two, or some.
bool Case::DrawPairs(Random& random) {
  auto& attr = As<ConvAttr>(attr_);
  attr.weights_order = kernels::kWeightPairs;
  if (random.OneIn(4)) attr.input_offset = random.OneIn(2) ? 128 : -127;
  dims_[0][1] = dims_[1][1] = random.Between(1, random.OneIn(3) ? 200 : 10) * 4;
  dims_[1][0] = dims_[2][1] = random.Between(1, 24);
  if (!PlaceConv(random)) return false;
  auto* const in = view_.input[0].as_mutable<int8_t>();
  const int32_t how = random.Between(0, 3), share = random.Between(1, 9);
  for (int32_t i = 0; i < dims_[0][0] * dims_[0][1]; ++i) {
    const bool zero = how == 0   ? false
                      : how == 1 ? true
                      : how == 2 ? i % 2 == 1
                                 : random.Between(0, 9) < share;
    if (zero) in[i] = static_cast<int8_t>(-attr.input_offset);
  }
  return true;
}

bool Case::DrawFullyConnected(Random& random) {
  auto& attr = As<ConvAttr>(attr_);
  dims_[0][0] = dims_[2][0] = random.Between(1, 3);
  dims_[0][1] = dims_[1][1] = random.Between(1, random.OneIn(3) ? 300 : 40);
  dims_[1][0] = dims_[2][1] = random.Between(1, 9);
  DrawNumbers(random, attr);
  if (random.OneIn(4)) return DrawPairs(random);
  if (random.OneIn(6)) {
    attr.weights_offset = random.Between(-127, 128);
  } else if (random.OneIn(2)) {  // any bytes are blocks of some weights, if b stays above -128
    attr.weights_order = 1;
    dims_[0][1] = dims_[1][1] = random.Between(1, random.OneIn(3) ? 140 : 10) * 4;
    dims_[1][0] = dims_[2][1] = random.Between(1, 13);
  } else if (random.OneIn(2)) {
    wide_ = true;
    if (random.OneIn(4)) dims_[0][1] = dims_[1][1] = random.Between(480, 1200);
  } else {
    narrow_ = random.OneIn(2);
    if (random.OneIn(2)) dims_[1][0] = dims_[2][1] = random.Between(8, 20);
  }
  return PlaceConv(random);
}

// Two operands, of the output's shape or repeated along some of its dimensions.
bool Case::PlacePair(Random& random) {
  view_.inputs = 2, view_.outputs = 1;
  const bool flat = random.OneIn(3);
  for (int d = 0; d < 4; ++d) {
    const int32_t size = d == 3 ? random.Between(1, flat ? 700 : 21)
                         : flat ? 1
                                : random.Between(1, 5);
    for (auto& dims : dims_) dims[d] = size;
  }
  const int32_t repeated = random.OneIn(2) ? 0 : random.Between(1, 2);  // the one that repeats
  const bool picture = random.OneIn(2);                                 // its rows and columns do
  for (int d = 0; d < 4 && repeated != 0; ++d)
    if (picture ? d == 1 || d == 2 : random.OneIn(2)) dims_[repeated - 1][d] = 1;
  if (!Place(view_.input[0], DType::kInt8, {dims_[0], 4}) ||
      !Place(view_.input[1], DType::kInt8, {dims_[1], 4}) ||
      !Place(view_.output[0], DType::kInt8, {dims_[2], 4}))
    return false;
  FillBytes(random, view_.input[0]);
  FillBytes(random, view_.input[1]);
  return true;
}

bool Case::DrawMul(Random& random) {
  auto& attr = As<MulAttr>(attr_);
  if (!PlacePair(random)) return false;
  attr.input0_offset = random.Between(-127, 128), attr.input1_offset = random.Between(-127, 128);
  attr.output_offset = random.OneIn(3) ? -128 : random.Between(-128, 127);
  attr.multiplier = random.OneIn(8) ? 0 : static_cast<int32_t>(random.Next() >> 2 | 0x40000000);
  attr.shift = random.OneIn(4) ? random.Between(-31, 14) : random.Between(-12, -2);
  attr.activation_min = -128, attr.activation_max = 127;
  if (random.OneIn(2)) {
    attr.activation_min = random.Between(-128, 0);
    attr.activation_max = random.Between(0, 127);
  }
  return true;
}

bool Case::DrawUnary(Random& random) {
  view_.inputs = view_.outputs = 1;
  dims_[0][0] = dims_[2][0] = random.Between(1, 200);
  if (!Place(view_.input[0], DType::kInt8, {dims_[0], 1}) ||
      !Place(view_.output[0], DType::kInt8, {dims_[2], 1}))
    return false;
  FillBytes(random, view_.input[0]);
  auto* const table = reinterpret_cast<int32_t*>(Take(256));
  if (table == nullptr) return false;
  for (int i = 0; i < 64; ++i) table[i] = static_cast<int32_t>(random.Next());
  view_.params = {table, 64};
  return true;
}

bool Case::DrawAdd(Random& random) {
  auto& attr = As<AddAttr>(attr_);
  if (!PlacePair(random)) return false;
  attr.input0_offset = random.Between(-127, 128), attr.input1_offset = random.Between(-127, 128);
  attr.output_offset = random.Between(-128, 127);
  attr.input0_multiplier = static_cast<int32_t>(random.Next() >> 2 | 0x40000000);
  attr.input1_multiplier = static_cast<int32_t>(random.Next() >> 2 | 0x40000000);
  attr.output_multiplier = static_cast<int32_t>(random.Next() >> 2 | 0x40000000);
  attr.input0_shift = -random.Between(0, 4), attr.input1_shift = -random.Between(0, 4);
  // As a compiler states it: the input with the larger scale is halved.
  if (!random.OneIn(4)) {
    const bool first = random.OneIn(2);
    (first ? attr.input0_multiplier : attr.input1_multiplier) = 1 << 30;
    (first ? attr.input0_shift : attr.input1_shift) = 0;
  }
  attr.output_shift = -random.Between(random.OneIn(4) ? 0 : 15, random.OneIn(4) ? 30 : 19);
  if (random.OneIn(2)) {
    attr.activation_min = random.Between(-128, 0);
    attr.activation_max = random.Between(0, 127);
  }
  return true;
}

bool Case::DrawPool(Random& random) {
  if (!DrawWindow(random)) return false;
  const auto window = As<ConvAttr>(attr_);
  for (int32_t& word : attr_) word = 0;
  auto& attr = As<PoolAttr>(attr_);
  attr = {dims_[1][1],    dims_[1][2],     window.stride_h,           window.stride_w,
          window.pad_top, window.pad_left, random.Between(-128, -60), random.Between(20, 127)};
  dims_[0][3] = dims_[2][3] = random.Between(1, 19);
  view_.inputs = view_.outputs = 1;
  if (!Place(view_.input[0], DType::kInt8, {dims_[0], 4}) ||
      !Place(view_.output[0], DType::kInt8, {dims_[2], 4}))
    return false;
  FillBytes(random, view_.input[0]);
  return true;
}

// Over rows and columns, now and then over other axes.
bool Case::DrawMean(Random& random) {
  auto& attr = As<MeanAttr>(attr_);
  for (int i = 0; i < 4; ++i) dims_[0][i] = random.Between(1, i == 0 ? 2 : 20);
  attr.axes = random.OneIn(5) ? random.Between(1, 15) : 0b0110;
  for (int i = 0; i < 4; ++i) dims_[2][i] = (attr.axes >> i & 1) != 0 ? 1 : dims_[0][i];
  attr.input_zero_point = random.Between(-128, 127), attr.output_offset = random.Between(-128, 127);
  attr.multiplier = static_cast<int32_t>(random.Next() >> 2 | 0x40000000);
  attr.shift = -random.Between(0, 12);
  view_.inputs = view_.outputs = 1;
  if (!Place(view_.input[0], DType::kInt8, {dims_[0], 4}) ||
      !Place(view_.output[0], DType::kInt8, {dims_[2], 4}))
    return false;
  FillBytes(random, view_.input[0]);
  return true;
}

bool Case::Draw(Op op, uint32_t seed) {
  Random random(seed);
  used_ = 0;
  for (int32_t& word : attr_) word = 0;
  view_ = {};
  view_.op = op;
  view_.name = "random";
  view_.attr = attr_;
  if (op == Op::kAdd || op == Op::kSub) {
    As<AddAttr>(attr_) = {};
    return DrawAdd(random);
  }
  if (op == Op::kMul) return DrawMul(random);
  if (op == Op::kUnary) return DrawUnary(random);
  if (op == Op::kMean) return DrawMean(random);
  As<ConvAttr>(attr_) = {};
  if (op == Op::kAveragePool2D || op == Op::kMaxPool2D) return DrawPool(random);
  if (op == Op::kDepthwiseConv2D) return DrawDepthwise(random);
  if (op == Op::kFullyConnected) return DrawFullyConnected(random);
  return DrawConv(random);
}

}  // namespace covey::board
