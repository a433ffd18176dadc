// A board's own kernels against those of ref/, on the board: firmware/apps/conform draws the cases.

#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/host/diag_text.hpp"
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

// The bar: what a session's router may cost on the Cortex-M33.
TEST(BoardRouting, DecidesWithinItsBudget) {
  DiagText diag;
  const auto firmware = FindFirmware("m33", "conform", diag);
  if (!firmware.ok()) GTEST_SKIP() << "firmware: " << diag.Text();
  const std::vector<std::string> arguments = {"route=1"};
  const auto command = QemuCommand("m33", *firmware, arguments, false, true, diag);
  if (!command.ok()) GTEST_SKIP() << "QEMU: " << diag.Text();
  auto child = Child::Start(*command, {}, diag);
  ASSERT_TRUE(child.ok()) << diag.Text();
  (*child)->CloseInput();
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  std::string said;
  while ((*child)->Read(said, deadline).ok()) continue;
  std::istringstream lines(said);
  int rows = 0;
  for (std::string line; std::getline(lines, line);) {
    const auto json = nlohmann::json::parse(line, nullptr, false);
    if (!json.is_object() || !json.contains("decide")) continue;
    ++rows;
    EXPECT_LE(json["state"].get<int>(), 1'024) << line;
    if (json["places"] == 3) {
      EXPECT_LE(json["decide"].get<int>(), 2'000) << line;
    }
  }
  EXPECT_EQ(rows, 2) << said;
}

INSTANTIATE_TEST_SUITE_P(Each, BoardConformance, testing::Values("m33", "m4", "m55", "rv32"),
                         [](const auto& board) { return std::string(board.param); });

}  // namespace
}  // namespace covey::serve
