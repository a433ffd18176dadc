// Networks converted with an open batch, which compute the shapes of their reshapes.
#include "compiler/import/tflite/shapes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compiler/import/tflite/few_ops.hpp"

namespace covey::compiler::tflite {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// x [1, 2, 2] -> tile -> reshape to (its batch, 4, 2), whose shape the file says is [1, 1, 2].
TEST(TfliteShapes, AReshapeToAComputedShapeHasIt) {
  FewOps file;
  const int x = file.Floats({1, 2, 2}, true), tiled = file.Floats({1, 2, 4}, true);
  file.Do(Builtin::kTile, {x, file.Whole({3}, {1, 1, 2})}, tiled);
  const int shape = file.Activation(TensorType::INT32, {3}),
            batch = file.Activation(TensorType::INT32, {});
  file.Do(Builtin::kShape, {x}, shape);
  file.Do(Builtin::kStridedSlice,
          {shape, file.Whole({1}, {0}), file.Whole({1}, {1}), file.Whole({1}, {1})}, batch,
          Options::StridedSlice, CreateStridedSlice(file.builder(), 0, 0, 0, 0, 1));
  const int packed = file.Activation(TensorType::INT32, {3});
  file.Do(Builtin::kPack, {batch, file.Whole({}, {4}), file.Whole({}, {2})}, packed, Options::Pack,
          CreatePack(file.builder(), 3, 0));
  const int wide = file.Floats({1, 1, 2}, true), y = file.Floats({1, 1, 2}, true);
  file.Do(Builtin::kReshape, {tiled, packed}, wide);
  file.Do(Builtin::kRelu, {wide}, y);
  EXPECT_THAT(file.Run<float>({x}, {y}, {1, 2, 3, -4}), ElementsAre(1, 2, 1, 2, 3, 0, 3, 0));
}

// The state that an unrolled recurrence begins with.
TEST(TfliteShapes, AFillOfAComputedShapeIsAConstant) {
  FewOps file;
  const int x = file.Floats({1, 2}, true), shape = file.Activation(TensorType::INT32, {2});
  file.Do(Builtin::kShape, {x}, shape);
  const int full = file.Floats({1, 1}, true), y = file.Floats({1, 2}, true);
  file.Do(Builtin::kFill, {shape, file.Real({}, {0.5F})}, full);
  file.Do(Builtin::kAdd, {x, full}, y);
  EXPECT_THAT(file.Run<float>({x}, {y}, {1, 2}), ElementsAre(1.5F, 2.5F));
}

// As a 16x8 converter writes the state of zeros that an unrolled recurrence begins with.
TEST(TfliteShapes, ZerosMayHaveAScaleOfZero) {
  DiagText diag;
  FewOps file;
  const int x = file.Floats({1, 2}, true), shape = file.Activation(TensorType::INT32, {2});
  file.Do(Builtin::kShape, {x}, shape);
  const int zero = file.Scaled(TensorType::INT8, {}, {0}, 0);
  const int full = file.Scaled(TensorType::INT8, {1, 2}, {}, 0);
  file.Do(Builtin::kFill, {shape, zero}, full);
  const int real = file.Floats({1, 2}, true), y = file.Floats({1, 2}, true);
  file.Do(Builtin::kDequantize, {full}, real);
  file.Do(Builtin::kAdd, {x, real}, y);
  EXPECT_THAT(file.Run<float>({x}, {y}, {1, 2}), ElementsAre(1, 2));
  FewOps other;
  const int one = other.Scaled(TensorType::INT8, {2}, {1, 0}, 0), out = other.Floats({2});
  other.Do(Builtin::kDequantize, {one}, out);
  EXPECT_FALSE(ImportTflite(other.Build({}, {out}), diag).ok());
  EXPECT_THAT(diag.Text(), HasSubstr("scale is 0"));
}

TEST(TfliteShapes, ArithmeticOfShapesIsFolded) {
  FewOps file;
  const int x = file.Floats({1, 6}, true), shape = file.Activation(TensorType::INT32, {2});
  file.Do(Builtin::kShape, {x}, shape);
  const int half = file.Activation(TensorType::INT32, {2}),
            all = file.Activation(TensorType::INT32, {2});
  file.Do(Builtin::kFloorDiv, {shape, file.Whole({2}, {1, 2})}, half);
  file.Do(Builtin::kMul, {half, file.Whole({2}, {2, 1})}, all);
  const int y = file.Floats({1, 1}, true), sum = file.Floats({1}, true);
  file.Do(Builtin::kReshape, {x, all}, y);  // (2, 3)
  file.Do(Builtin::kSum, {y, file.Whole({1}, {1})}, sum, Options::Reducer,
          CreateReducer(file.builder(), false));
  EXPECT_THAT(file.Run<float>({x}, {sum}, {1, 2, 3, 4, 5, 6}), ElementsAre(6, 15));
}

// A few bytes of a file must not become gigabytes.
TEST(TfliteShapes, FillsHaveABudget) {
  FewOps file;
  const int x = file.Floats({1});
  std::vector<int> outputs;
  for (int i = 0; i < 40; ++i) {
    const int full = file.Floats({1 << 20});
    file.Do(Builtin::kFill, {file.Whole({1}, {1 << 20}), file.Real({}, {1})}, full);
    const int y = file.Floats({1 << 20});
    file.Do(Builtin::kAdd, {x, full}, y);
    outputs = {y};
  }
  DiagText diag;
  const auto graph = ImportTflite(file.Build({x}, outputs), diag);
  Status status = graph.status();
  if (graph.ok()) status = Compile(*graph, diag).status();
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(diag.Text(), HasSubstr("FILL"));
}

TEST(TfliteShapes, APictureOfAnySizeIsRefusedInWords) {
  FewOps file;
  const int x = file.Floats({-1, 2}, true), y = file.Floats({1, 2}, true);
  file.Do(Builtin::kRelu, {x}, y);
  FewOps open;
  const int wide = open.Floats({1, -1}, true), out = open.Floats({1, -1}, true);
  open.Do(Builtin::kRelu, {wide}, out);
  DiagText diag;
  EXPECT_TRUE(ImportTflite(file.Build({x}, {y}), diag).ok()) << diag.Text();
  EXPECT_EQ(ImportTflite(open.Build({wide}, {out}), diag).status().code(), Code::kUnimplemented);
  EXPECT_THAT(diag.Text(), HasSubstr("the open shape [-1,-1]"));
}

}  // namespace
}  // namespace covey::compiler::tflite
