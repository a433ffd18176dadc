// Operators of .tflite that say nonsense are refused in words.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "compiler/import/tflite/few_ops.hpp"
#include "compiler/import/tflite/run_op.hpp"

namespace covey::compiler::tflite {
namespace {

using testing::HasSubstr;

// Refused by the importer or by lowering; a finding names the operator.
void ExpectRefused(OneOp& file, const std::string& name, const std::string& why) {
  DiagText diag;
  const auto graph = ImportTflite(file.Build(), diag);
  Status status = graph.status();
  if (graph.ok()) status = Compile(*graph, diag).status();
  EXPECT_FALSE(status.ok()) << why;
  EXPECT_THAT(diag.Text(), HasSubstr(name)) << why;
}

constexpr int32_t kLeast = std::numeric_limits<int32_t>::min();
constexpr int32_t kMost = std::numeric_limits<int32_t>::max();

TEST(TfliteOps, RefusesAxesOutOfRange) {
  for (int32_t axis : {2, -3, kLeast, kMost}) {
    const std::string why = std::to_string(axis);
    OneOp max(Builtin::kReduceMax);
    ExpectRefused(Out(In(max, {2, 3}).Constant({1}, {axis}), {3}), "REDUCE_MAX", why);
    OneOp split(Builtin::kSplit);
    In(split.Constant({}, {axis}), {2, 4});
    ExpectRefused(Out(Out(split, {2, 2}), {2, 2}), "SPLIT", why);
    OneOp reverse(Builtin::kReverseV2);
    ExpectRefused(Out(In(reverse, {2, 3}).Constant({1}, {axis}), {2, 3}), "REVERSE", why);
    OneOp concat(Builtin::kConcatenation);
    Out(In(In(concat, {2, 1}), {2, 2}), {2, 3});
    concat.With(Options::Concatenation, CreateConcatenation(concat.builder(), axis));
    ExpectRefused(concat, "CONCATENATION", why);
    OneOp gather(Builtin::kGather);
    Out(In(gather, {2, 3}).Constant({3}, {1, 0, 1}), {2, 3});
    gather.With(Options::Gather, CreateGather(gather.builder(), axis));
    ExpectRefused(gather, "GATHER", why);
    OneOp pack(Builtin::kPack);
    Out(In(In(pack, {3}), {3}), {3, 2});
    pack.With(Options::Pack, CreatePack(pack.builder(), 2, axis));
    ExpectRefused(pack, "PACK", why);
    OneOp unpack(Builtin::kUnpack);
    Out(Out(In(unpack, {3, 2}), {3}), {3});
    unpack.With(Options::Unpack, CreateUnpack(unpack.builder(), 2, axis));
    ExpectRefused(unpack, "UNPACK", why);
  }
}

TEST(TfliteOps, RefusesSlicesBeyondTheInput) {
  for (int32_t begin : {-1, 5, kLeast, kMost}) {
    for (int32_t size : {-1, 2}) {
      OneOp slice(Builtin::kSlice);
      In(slice, {5}).Constant({1}, {begin}).Constant({1}, {size});
      ExpectRefused(Out(slice, {2}), "SLICE", std::to_string(begin));
    }
  }
  for (int32_t size : {0, -2, 6, kLeast, kMost}) {
    OneOp slice(Builtin::kSlice);
    In(slice, {5}).Constant({1}, {1}).Constant({1}, {size});
    ExpectRefused(Out(slice, {2}), "SLICE", std::to_string(size));
    OneOp split(Builtin::kSplitV);
    In(split, {4}).Constant({2}, {1, size}).Constant({}, {0});
    ExpectRefused(Out(Out(split, {1}), {3}), "SPLIT_V", std::to_string(size));
  }
  for (int32_t step : {0, kLeast, kMost, -1}) {
    OneOp strided(Builtin::kStridedSlice);
    In(strided, {5}).Constant({1}, {1}).Constant({1}, {4}).Constant({1}, {step});
    Out(strided, {3});
    strided.With(Options::StridedSlice, CreateStridedSlice(strided.builder()));
    ExpectRefused(strided, "STRIDED_SLICE", std::to_string(step));
  }
  for (int32_t place : {-1, 3, kLeast, kMost}) {
    OneOp gather(Builtin::kGather);
    Out(In(gather, {3}).Constant({2}, {0, place}), {2});
    ExpectRefused(gather, "gather", std::to_string(place));
  }
  for (int32_t pad : {-1, 3, kLeast, kMost}) {
    OneOp mirror(Builtin::kMirrorPad);
    Out(In(mirror, {3}).Constant({1, 2}, {pad, 0}), {5});
    mirror.With(Options::MirrorPad, CreateMirrorPad(mirror.builder(), 0));
    ExpectRefused(mirror, "mirror_pad", std::to_string(pad));
  }
}

TEST(TfliteOps, RefusesConstantsOfTheWrongTypeOrAbsent) {
  OneOp floats(Builtin::kReduceMax);
  In(floats, {2, 3}).Constant({1}, {1}, TensorType::FLOAT32);
  ExpectRefused(Out(floats, {2}), "REDUCE_MAX", "float axes");
  OneOp absent(Builtin::kReduceMax);
  ExpectRefused(Out(In(absent, {2, 3}), {2}), "REDUCE_MAX", "no axes");
  OneOp computed(Builtin::kSlice);
  ExpectRefused(Out(In(In(In(computed, {2}), {1}), {1}), {1}), "SLICE", "computed begin and size");
  OneOp short_list(Builtin::kStridedSlice);
  In(short_list, {5, 5}).Constant({2}, {1, 1}).Constant({1}, {4}).Constant({2}, {1, 1});
  Out(short_list, {3, 3});
  short_list.With(Options::StridedSlice, CreateStridedSlice(short_list.builder()));
  ExpectRefused(short_list, "STRIDED_SLICE", "one end for two dimensions");
}

TEST(TfliteOps, RefusesShapesThatDoNotFit) {
  OneOp max(Builtin::kReduceMax);
  ExpectRefused(Out(In(max, {2, 3}).Constant({1}, {1}), {3}), "REDUCE_MAX",
                "three maxima of two rows");
  OneOp scaled(Builtin::kReduceMax);
  ExpectRefused(In(scaled, {2, 3}).Constant({1}, {1}).Output({2}, 0.25F, 3),
                "quantised differently", "another scale");
  OneOp tile(Builtin::kTile);
  ExpectRefused(Out(In(tile, {1}).Constant({1}, {kMost}), {kMost}), "", "an output of 2 GB");
  OneOp blocks(Builtin::kDepthToSpace);
  Out(In(blocks, {1, 1, 1, 1}), {1, kMost, kMost, 1});
  blocks.With(Options::DepthToSpace, CreateDepthToSpace(blocks.builder(), kMost));
  ExpectRefused(blocks, "", "a block of 2^31 - 1");
}

// Of a recurrent layer's 24 inputs those numbered are there.
std::string WordsOfLstm(const std::vector<size_t>& there, tflite::Activation activation) {
  FewOps file;
  const int x = file.Floats({1, 2, 3}), y = file.Floats({1, 2, 4});
  std::vector<int> inputs(24, -1);
  inputs[0] = x;
  for (size_t i : there) inputs[i] = file.Real({4}, {1, 2, 3, 4});
  file.Do(Builtin::kSequenceLstm, inputs, y, Options::SequenceLstm,
          CreateSequenceLstm(file.builder(), activation));
  DiagText diag;
  const auto graph = ImportTflite(file.Build({x}, {y}), diag);
  Status status = graph.status();
  if (graph.ok()) status = Compile(*graph, diag).status();
  EXPECT_FALSE(status.ok());
  return diag.Text();
}

TEST(TfliteOps, RefusesTheFormsOfAnLstmThatItHasNotAndSaysWhich) {
  using tflite::Activation;
  const std::vector<size_t> plain{1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 14, 15, 18, 19};
  const auto with = [&](std::vector<size_t> more) {
    more.insert(more.end(), plain.begin(), plain.end());
    return WordsOfLstm(more, Activation::TANH);
  };
  EXPECT_THAT(WordsOfLstm({2, 3, 4, 6, 7, 8, 13, 14, 15, 18, 19}, Activation::TANH),
              HasSubstr("CIFG"));
  EXPECT_THAT(with({9, 10, 11}), HasSubstr("peepholes"));
  EXPECT_THAT(with({16}), HasSubstr("projection"));
  EXPECT_THAT(with({20, 21, 22, 23}), HasSubstr("layer normalisation"));
  EXPECT_THAT(WordsOfLstm(plain, Activation::RELU), HasSubstr("another activation"));
  EXPECT_THAT(WordsOfLstm(plain, Activation::TANH), HasSubstr("not int8"));
}

}  // namespace
}  // namespace covey::compiler::tflite
