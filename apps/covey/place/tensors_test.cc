#include "apps/covey/place/tensors.hpp"

#include <gtest/gtest.h>

namespace covey::app {
namespace {

const std::vector<serve::TensorInfo> kTwoInputs = {{"a", ElementType::kFloat32, {-1, 2}},
                                                   {"b", ElementType::kInt8, {1, 3}}};

TEST(Sample, IsAllInputsOneAfterTheOther) {
  ASSERT_EQ(SampleBytes(kTwoInputs).value(), 11U);
  std::vector<std::byte> bytes(11);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i);
  const std::vector<HostTensor> tensors = CutSample(kTwoInputs, bytes);
  ASSERT_EQ(tensors.size(), 2U);
  EXPECT_EQ(tensors[0].dims, (std::vector<int32_t>{1, 2}));
  EXPECT_EQ(tensors[0].data.size(), 8U);
  EXPECT_EQ(tensors[1].data, (std::vector<std::byte>{std::byte{8}, std::byte{9}, std::byte{10}}));
}

TEST(Sample, RefusesAnOpenDimensionThatIsNoBatch) {
  const auto bytes = SampleBytes({{"sound", ElementType::kFloat32, {1, -1}}});
  ASSERT_FALSE(bytes);
  EXPECT_NE(bytes.error().message.find("'sound' is float32[1,?]"), std::string::npos);
}

TEST(Sample, RefusesSizesBeyondFourGigabytes) {
  EXPECT_FALSE(SampleBytes({{"x", ElementType::kInt8, {65536, 65536, 65536, 65536}}}));
}

}  // namespace
}  // namespace covey::app
