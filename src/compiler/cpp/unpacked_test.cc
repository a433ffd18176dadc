#include "compiler/cpp/unpacked.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "compiler/cpp/emit_cpp.hpp"
#include "compiler/cpp/facts.hpp"
#include "core/host/diag_text.hpp"
#include "kernels/skip_list.hpp"
#include "wire/image/host/sample.hpp"

namespace covey::compiler {
namespace {

// A 1x1 convolution of 8 inputs and 2 outputs.
std::string PiecesOf(std::vector<int8_t> weights) {
  static const int32_t filter[] = {2, 1, 1, 8};
  OpView op;
  op.op = Op::kConv2D;
  op.input[1].dims = filter;
  op.input[1].data = reinterpret_cast<std::byte*>(weights.data());
  return UnpackedPieces(op, "kPieces0");
}

size_t Count(const std::string& text, const std::string& what) {
  size_t count = 0;
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; ++at) ++count;
  return count;
}

TEST(Unpacked, HasALiteralForEachStepOfEachOutput) {
  const std::string text = PiecesOf(std::vector<int8_t>(16, 1));
  EXPECT_EQ(Count(text, "COVEY_AB(0x10001, 0x10001, "), 4U) << text;
  EXPECT_NE(text.find("COVEY_ON(64) COVEY_DONE"), std::string::npos) << text;
}

TEST(Unpacked, LeavesOutProductsByZero) {
  std::vector<int8_t> weights(16, -1);
  weights[0] = weights[2] = 0;                              // step 0 of output 0
  weights[8 + 1] = weights[8 + 3] = 0;                      // step 1 of output 1
  weights[4] = weights[6] = weights[12] = weights[14] = 0;  // step 2 of both
  const std::string text = PiecesOf(weights);
  EXPECT_EQ(Count(text, "COVEY_B(0xffffffff, 0, 8)"), 1U) << text;
  EXPECT_EQ(Count(text, "COVEY_A(0xffffffff, 16, 24)"), 1U) << text;
  EXPECT_EQ(Count(text, "COVEY_AB(0xffffffff, 0xffffffff, 48, 56)"), 1U) << text;
  EXPECT_EQ(Count(text, "COVEY_A(") + Count(text, "COVEY_B(") + Count(text, "COVEY_AB("), 3U);
}

// 200 steps are further than a load reaches, and their literals than a load of those.
TEST(Unpacked, MovesOnAndPlacesLiteralsWithinReach) {
  static const int32_t filter[] = {2, 1, 1, 400};
  std::vector<int8_t> weights(800, 3);
  OpView op;
  op.input[1].dims = filter;
  op.input[1].data = reinterpret_cast<std::byte*>(weights.data());
  const std::string text = UnpackedPieces(op, "kPieces0");
  EXPECT_EQ(Count(text, "COVEY_ON(1008)"), 3U);
  EXPECT_EQ(Count(text, "COVEY_ON(176) COVEY_DONE"), 1U);  // 11 steps
  EXPECT_EQ(Count(text, "COVEY_POOL"), 3U);
}

// A network that unpacks nothing brings no loop for it.
TEST(Unpacked, IsLeftOutOfOtherNetworks) {
  struct alignas(16) Chunk {
    std::byte bytes[16];
  };
  const std::vector<std::byte> bytes = wire::WriteImage(wire::EveryOpContents());
  std::vector<Chunk> aligned(bytes.size() / 16 + 1);
  std::memcpy(aligned.data(), bytes.data(), bytes.size());
  DiagText diag;
  const auto image = wire::ImageView::Read({aligned[0].bytes, bytes.size()}, diag);
  ASSERT_TRUE(image.ok()) << diag.Text();
  const auto model = EmitCpp(*image, "m4", {}, diag);
  ASSERT_TRUE(model.ok()) << diag.Text();
  EXPECT_EQ(Count(model->source, "kSomeUnpacked = false"), 1U);
  EXPECT_EQ(Count(model->source, "COVEY_AB("), 0U);
  EXPECT_FALSE(FactsOf(*image, "m4").unpacked);
}

}  // namespace
}  // namespace covey::compiler
