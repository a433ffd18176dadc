// A board's own kernels against those of ref/, on the board: firmware/apps/conform draws the cases.

#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/host/diag_text.hpp"
#include "micro/jpeg/writer.hpp"
#include "serve/board/board.hpp"
#include "serve/board/child.hpp"

namespace covey::serve {
namespace {

constexpr std::chrono::seconds kPatience{240};
constexpr int64_t kLeastRuns = 500;

class BoardConformance : public testing::TestWithParam<const char*> {};

TEST_P(BoardConformance, FastKernelsEqualTheReferenceOnRandomCases) {
  DiagText diag;
  const auto firmware = FindFirmware(GetParam(), "conform", diag);
  if (!firmware.ok()) GTEST_SKIP() << "firmware: " << diag.Text();
  const std::vector<std::string> arguments = {"cases=400"};
  const auto command = QemuCommand(GetParam(), *firmware, arguments, false, false, diag);
  if (!command.ok()) GTEST_SKIP() << "QEMU: " << diag.Text();
  auto child = Child::Start(*command, {}, diag);
  ASSERT_TRUE(child.ok()) << diag.Text();
  (*child)->CloseInput();
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  std::string said;
  while ((*child)->Read(said, deadline).ok()) continue;
  const Result<int> exit_code = (*child)->Wait(deadline);
  ASSERT_TRUE(exit_code.ok()) << said;
  EXPECT_EQ(*exit_code, 0) << said;
  int ops = 0;
  std::istringstream lines(said);
  for (std::string line; std::getline(lines, line);) {
    const auto json = nlohmann::json::parse(line, nullptr, false);
    if (!json.is_object() || !json.contains("conform")) continue;
    EXPECT_GE(json["runs"].get<int64_t>(), kLeastRuns) << line;
    ++ops;
  }
  EXPECT_EQ(ops, 10) << said;
}

// The lines of JSON that `conform ARGUMENT` prints with instructions counted; none: no board here.
std::vector<nlohmann::json> Counted(const char* board, const std::string& argument,
                                    DiagText& diag) {
  const auto firmware = FindFirmware(board, "conform", diag);
  if (!firmware.ok()) return {};
  const std::vector<std::string> arguments = {argument};
  const auto command = QemuCommand(board, *firmware, arguments, false, true, diag);
  if (!command.ok()) return {};
  auto child = Child::Start(*command, {}, diag);
  if (!child.ok()) return {};
  (*child)->CloseInput();
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  std::string said;
  while ((*child)->Read(said, deadline).ok()) continue;
  std::istringstream lines(said);
  std::vector<nlohmann::json> found;
  for (std::string line; std::getline(lines, line);) {
    auto json = nlohmann::json::parse(line, nullptr, false);
    if (json.is_object()) found.push_back(std::move(json));
  }
  EXPECT_FALSE(found.empty()) << said;
  return found;
}

// The bar: what a session's router may cost on the Cortex-M33.
TEST(BoardRouting, DecidesWithinItsBudget) {
  DiagText diag;
  const auto lines = Counted("m33", "route=1", diag);
  if (lines.empty()) GTEST_SKIP() << "firmware or QEMU: " << diag.Text();
  int rows = 0;
  for (const nlohmann::json& line : lines) {
    if (!line.contains("decide")) continue;
    ++rows;
    EXPECT_LE(line["state"].get<int>(), 1'024) << line;
    if (line["places"] == 3) {
      EXPECT_LE(line["decide"].get<int>(), 2'000) << line;
    }
  }
  EXPECT_EQ(rows, 2);
}

// The picture that firmware/apps/conform/jpeg.cc draws.
std::vector<std::byte> DrawnThere(uint32_t side, uint32_t channels) {
  std::vector<std::byte> pixels(size_t{side} * side * channels);
  uint32_t noise = 1;
  for (uint32_t i = 0; i < pixels.size(); ++i) {
    const uint32_t x = i / channels % side, y = i / channels / side, c = i % channels;
    noise = noise * 1664525 + 1013904223;
    const uint32_t edge = (x / 13 + y / 17 + c) % 3 * 50;
    pixels[i] = static_cast<std::byte>((edge + x / 2 + y * (c + 1) / 3 + (noise >> 29)) & 0xFF);
  }
  return pixels;
}

class BoardJpeg : public testing::TestWithParam<const char*> {};

TEST_P(BoardJpeg, MakesTheBytesThatTheHostMakes) {
  DiagText diag;
  const auto lines = Counted(GetParam(), "jpeg=1", diag);
  if (lines.empty()) GTEST_SKIP() << "firmware or QEMU: " << diag.Text();
  ASSERT_EQ(lines.size(), 6U);
  for (size_t i = 0; i < lines.size(); ++i) {
    const micro::JpegForm form{.width = 96,
                               .height = 96,
                               .channels = i % 3 == 0 ? 1U : 3U,
                               .quality = i < 3 ? 50U : 85U,
                               .half_colours = i % 3 == 1};
    std::vector<std::byte> room(16384);
    const auto bytes = micro::EncodeJpeg(form, DrawnThere(96, form.channels), room);
    ASSERT_TRUE(bytes.ok()) << bytes.status().message();
    uint32_t fnv = 2166136261;
    for (size_t at = 0; at < *bytes; ++at) fnv = (fnv ^ static_cast<uint32_t>(room[at])) * 16777619;
    EXPECT_EQ(lines[i]["bytes"], *bytes) << lines[i];
    EXPECT_EQ(lines[i]["fnv"], fnv) << lines[i];
    EXPECT_LE(lines[i]["per_pixel"].get<int>(), 300) << lines[i];
  }
}

INSTANTIATE_TEST_SUITE_P(Each, BoardJpeg, testing::Values("m33", "m4", "m55", "rv32"),
                         [](const auto& board) { return std::string(board.param); });
INSTANTIATE_TEST_SUITE_P(Each, BoardConformance, testing::Values("m33", "m4", "m55", "rv32"),
                         [](const auto& board) { return std::string(board.param); });

}  // namespace
}  // namespace covey::serve
