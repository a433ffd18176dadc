// An image that takes a stream of bytes: its verdict, and what the engine makes of hostile ones.
#include <gtest/gtest.h>

#include <cstring>

#include "core/host/diag_text.hpp"
#include "kernels/ref/jpeg_state.hpp"
#include "kernels/ref/table.hpp"
#include "micro/run/engine.hpp"
#include "wire/image/host/builder.hpp"

namespace covey::micro {
namespace {

constexpr int32_t kStreamBytes = 80;

// Gray, 8 x 8, every coefficient 0 but the first: the standard's tables, one block.
constexpr uint8_t kDark[] = {0xFF, 0xD8, 0xFF, 0xDB, 0x00, 0x43, 0x00};
constexpr uint8_t kFrameAndScan[] = {0xFF, 0xC0, 0x00, 0x0B, 0x08, 0x00, 0x08, 0x00,
                                     0x08, 0x01, 0x01, 0x11, 0x00, 0xFF, 0xDA, 0x00,
                                     0x08, 0x01, 0x01, 0x00, 0x00, 0x3F, 0x00};
// Difference -64 in 7 bits (11110 0111111), no more (1010).
constexpr uint8_t kData[] = {0xF3, 0xFA, 0xFF, 0xD9};

std::vector<std::byte> Stream() {
  std::vector<std::byte> bytes;
  for (const uint8_t byte : kDark) bytes.push_back(std::byte{byte});
  for (int i = 0; i < 64; ++i) bytes.push_back(std::byte{8});  // steps
  for (const uint8_t byte : kFrameAndScan) bytes.push_back(std::byte{byte});
  for (const uint8_t byte : kData) bytes.push_back(std::byte{byte});
  return bytes;
}

wire::ImageContents Contents(bool with_verdict) {
  wire::Builder net;
  net.contents().name = "jpeg";
  const auto stream = net.Activation(DType::kUint8, {1, kStreamBytes + 40});
  const auto pixels = net.Activation(DType::kInt8, {1, 8, 8, 1});
  struct None {
    int32_t word = 0;
  };
  net.Then(Op::kJpeg, {stream}, pixels, None{});
  net.Also(
      net.Activation(DType::kInt32, {static_cast<int32_t>(kernels::ref::JpegWorkWords(8, 1))}));
  const auto verdict = net.Activation(DType::kInt32, {1});
  net.Also(verdict);
  net.contents().inputs = {stream};
  net.contents().outputs = {pixels};
  if (with_verdict) net.contents().outputs.push_back(verdict);
  return net.contents();
}

class JpegEngine : public testing::Test {
 protected:
  Result<Engine> Prepare(bool with_verdict = true) {
    const std::vector<std::byte> bytes = wire::WriteImage(Contents(with_verdict));
    std::memcpy(image_, bytes.data(), bytes.size());
    const auto view = wire::ImageView::Read({image_, bytes.size()}, diag_);
    EXPECT_TRUE(view.ok()) << diag_.Text();
    return Engine::Prepare(*view, kernels::RefKernels(), arena_, diag_);
  }
  static Status Run(Engine& engine, const std::vector<std::byte>& stream) {
    const TensorView input = engine.input(0);
    std::memset(input.data, 0, input.bytes);
    std::memcpy(input.data, stream.data(), stream.size());
    engine.Run();
    return engine.verdict();
  }

  DiagText diag_;
  alignas(16) std::byte image_[4096];
  alignas(16) std::byte arena_[8192];
};

TEST_F(JpegEngine, HasAPictureAndNoFurtherOutput) {
  auto engine = Prepare();
  ASSERT_TRUE(engine.ok()) << diag_.Text();
  EXPECT_EQ(engine->outputs(), 1);
  EXPECT_TRUE(engine->takes_stream());
  ASSERT_TRUE(Run(*engine, Stream()).ok()) << Run(*engine, Stream()).message();
  // -64 * 8 / 8 below the middle, which is 0.
  for (int i = 0; i < 64; ++i) EXPECT_EQ(engine->output(0).as<int8_t>()[i], -64) << i;
}

TEST_F(JpegEngine, SaysThatAStreamIsNoPictureAndForgetsItWithTheNext) {
  auto engine = Prepare();
  ASSERT_TRUE(engine.ok()) << diag_.Text();
  std::vector<std::byte> broken = Stream();
  broken.erase(broken.end() - 2, broken.end());
  EXPECT_STREQ(Run(*engine, broken).message(), "jpeg: ends too early");
  EXPECT_EQ(engine->output(0).as<int8_t>()[0], 0);  // gray
  EXPECT_STREQ(Run(*engine, {std::byte{1}}).message(),
               "jpeg: no picture, expected it to start with FF D8");
  EXPECT_TRUE(Run(*engine, Stream()).ok());
}

TEST_F(JpegEngine, HasNoVerdictWhereTheImageKeepsNone) {
  auto engine = Prepare(false);
  ASSERT_TRUE(engine.ok()) << diag_.Text();
  EXPECT_EQ(engine->outputs(), 1);
  EXPECT_TRUE(Run(*engine, {std::byte{1}}).ok());
}

TEST_F(JpegEngine, IsSafeToRunOnEveryFlip) {
  auto engine = Prepare();
  ASSERT_TRUE(engine.ok()) << diag_.Text();
  int refused = 0;
  for (size_t at = 0; at < Stream().size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::vector<std::byte> stream = Stream();
      stream[at] ^= static_cast<std::byte>(1 << bit);
      refused += Run(*engine, stream).ok() ? 0 : 1;
    }
  }
  EXPECT_GT(refused, 100);
}

TEST_F(JpegEngine, RefusesTensorsThatDoNotFit) {
  const auto complaint = [&](auto&& change) {
    wire::ImageContents contents = Contents(true);
    change(contents);
    const std::vector<std::byte> bytes = wire::WriteImage(contents);
    std::memcpy(image_, bytes.data(), bytes.size());
    DiagText diag;
    const auto view = wire::ImageView::Read({image_, bytes.size()}, diag);
    if (!view.ok()) return diag.Text();
    return Engine::Prepare(*view, kernels::RefKernels(), arena_, diag).ok() ? "accepted"
                                                                            : diag.Text();
  };
  EXPECT_EQ(complaint([](auto&) {}), "accepted");
  EXPECT_NE(complaint([](auto& contents) { contents.tensors[1].dims = {1, 8, 4, 2}; }), "accepted");
  EXPECT_NE(complaint([](auto& contents) { contents.tensors[1].dims = {2, 8, 4, 1}; }), "accepted");
  EXPECT_NE(complaint([](auto& contents) { contents.tensors[2].dims[0] -= 1; }), "accepted");
  EXPECT_NE(complaint([](auto& contents) { contents.ops[0].params = {1, 2, 3}; }), "accepted");
}

}  // namespace
}  // namespace covey::micro
