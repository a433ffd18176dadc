// A network that a board has no room for: refused on the host, with the bytes that are missing and
// the layer that needs them. The firmware is a file with nothing but its symbols: no emulator runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/host/temp_dir.hpp"
#include "serve/board/test_firmware.hpp"
#include "tests/cli/material.hpp"

namespace covey::cli_test {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

const std::string kSample(3072, '\x11');

class Room : public testing::TestWithParam<const char*> {
 protected:
  Ended On(serve::test::FreeBytes free, const Arguments& words) {
    const std::string board = GetParam();
    EXPECT_TRUE(firmware_.Write(board + "/bench.elf", serve::test::FirmwareWith(free)));
    Arguments all = words;
    all.insert(all.end(), {"--on", "board:" + board});
    // No emulator: what fits is refused for the want of one.
    return Covey(all, kSample, {"COVEY_FIRMWARE=" + firmware_.path().string(), "PATH=/nowhere"});
  }
  static constexpr uint32_t kPlenty = 1 << 20;
  TempDir firmware_;
};

TEST_P(Room, TooLittleRamNamesTheBytesAndTheLayer) {
  for (const char* command : {"run", "bench"}) {
    const Ended run = On({.flash = kPlenty, .ram = 1000}, {command, kDeviceModel});
    EXPECT_EQ(run.code, 1) << run.err;
    EXPECT_THAT(run.err, HasSubstr(std::string("board ") + GetParam()));
    EXPECT_THAT(run.err, ContainsRegex("[0-9]+ bytes are missing.* the limit is 1000"));
    EXPECT_THAT(run.err, ContainsRegex("most is alive during [a-z0-9_]+ '"));
    EXPECT_THAT(run.err, HasSubstr("RESOURCE_EXHAUSTED"));
  }
}

TEST_P(Room, TooLittleFlashNamesTheBytesAndTheLayer) {
  const Ended run = On({.flash = 1000, .ram = kPlenty}, {"run", kDeviceModel, "--json"});
  EXPECT_EQ(run.code, 1);
  const std::string message = run.err_json()["error"]["message"];
  EXPECT_THAT(message, ContainsRegex("[0-9]+ bytes are missing.* the limit is 1000"));
  EXPECT_THAT(message, ContainsRegex("the largest constants.* are those of [a-z0-9_]+ '"));
  EXPECT_EQ(run.err_json()["error"]["code"], "RESOURCE_EXHAUSTED");
}

// Room does not change a network that fits anyway.
TEST_P(Room, IsNotFilledForItsOwnSake) {
  const std::string image = TempPath("device.covey");
  const Ended compile =
      Covey({"compile", kDeviceModel, "-o", image, "--target", GetParam(), "--json"});
  ASSERT_EQ(compile.code, 0) << compile.err;
  const uint32_t flash = compile.json()["image_bytes"], ram = compile.json()["arena_bytes"];
  const Ended exact = On({.flash = flash, .ram = ram}, {"run", kDeviceModel});
  EXPECT_THAT(exact.err, HasSubstr("install the Debian package"));
  const Ended little = On({.flash = flash, .ram = ram - 16}, {"run", kDeviceModel});
  EXPECT_THAT(little.err, HasSubstr("install the Debian package")) << "less scratch fits";
}

TEST_P(Room, AnImageThatIsCompiledAlreadyIsRefusedAlike) {
  const std::string image = TempPath("device.covey");
  ASSERT_EQ(Covey({"compile", kDeviceModel, "-o", image}).code, 0);
  const Ended ram = On({.flash = kPlenty, .ram = 1000}, {"run", image});
  EXPECT_EQ(ram.code, 1);
  EXPECT_THAT(ram.err, ContainsRegex("RAM: [0-9]+ bytes are missing.*most is needed by"));
  const Ended flash = On({.flash = 1000, .ram = kPlenty}, {"run", image});
  EXPECT_EQ(flash.code, 1);
  EXPECT_THAT(flash.err, ContainsRegex("flash: [0-9]+ bytes are missing.*largest constants"));
}

TEST_P(Room, IsToldForClassifyToo) {
  const std::string picture = WriteTemp("p.png", "any");
  const Ended run =
      On({.flash = kPlenty, .ram = 1000}, {"classify", picture, "--model", kDeviceModel});
  EXPECT_EQ(run.code, 1);
  EXPECT_THAT(run.err, ContainsRegex("bytes are missing"));
}

TEST_P(Room, AFirmwareThatIsNoneIsNamed) {
  const std::string board = GetParam();
  ASSERT_TRUE(firmware_.Write(board + "/bench.elf", "not an ELF file"));
  const Ended run = Covey({"run", kDeviceModel, "--on", "board:" + board}, kSample,
                          {"COVEY_FIRMWARE=" + firmware_.path().string()});
  EXPECT_EQ(run.code, 1);
  EXPECT_THAT(run.err, HasSubstr(board + "/bench.elf"));
  EXPECT_THAT(run.err, HasSubstr("DATA_LOSS"));
}

INSTANTIATE_TEST_SUITE_P(Boards, Room, testing::Values("m33", "m4", "m55", "rv32"),
                         [](const auto& of) { return std::string(of.param); });

}  // namespace
}  // namespace covey::cli_test
