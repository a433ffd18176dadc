#include "serve/board/room.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "core/host/diag_text.hpp"
#include "core/host/temp_dir.hpp"
#include "serve/board/board.hpp"
#include "serve/board/test_firmware.hpp"
#include "wire/image/host/sample.hpp"
#include "wire/image/host/writer.hpp"

namespace covey::serve {
namespace {

using ::testing::HasSubstr;

class RoomTest : public testing::Test {
 protected:
  Result<BoardRoom> Read(std::string_view elf) {
    EXPECT_TRUE(dir_.Write("bench.elf", elf));
    return RoomOf(dir_.path() / "bench.elf", diag_);
  }

  // The sample network against a board with so much room.
  Status Check(BoardRoom room) {
    const std::vector<std::byte> bytes = wire::WriteImage(wire::SampleContents());
    blocks_.resize(bytes.size() / 16 + 1);
    std::memcpy(blocks_.data(), bytes.data(), bytes.size());
    const auto view = wire::ImageView::Read({blocks_[0].bytes, bytes.size()}, diag_);
    EXPECT_TRUE(view.ok()) << diag_.Text();
    image_bytes_ = bytes.size();
    arena_bytes_ = view->header().arena_bytes;
    return CheckRoom(*view, room, diag_);
  }

  struct alignas(16) Block {
    std::byte bytes[16];
  };
  TempDir dir_;
  DiagText diag_;
  std::vector<Block> blocks_;
  int64_t image_bytes_ = 0, arena_bytes_ = 0;
};

TEST_F(RoomTest, IsWhatTheFirmwaresSymbolsSay) {
  const auto room = Read(test::FirmwareWith({.flash = 12345, .ram = 678}));
  ASSERT_TRUE(room.ok()) << diag_.Text();
  EXPECT_EQ(room->flash_bytes, 12345);
  EXPECT_EQ(room->ram_bytes, 678);
}

TEST_F(RoomTest, RefusesEveryTruncatedFirmwareByName) {
  const std::string elf = test::FirmwareWith({.flash = 1, .ram = 1});
  for (size_t size = 0; size < elf.size(); ++size) {
    EXPECT_EQ(Read(elf.substr(0, size)).status().code(), Code::kDataLoss) << size;
  }
  EXPECT_THAT(diag_.Text(), HasSubstr("bench.elf"));
}

TEST_F(RoomTest, LivesThroughEveryFlippedByte) {
  const std::string elf = test::FirmwareWith({.flash = 1, .ram = 1});
  for (size_t at = 0; at < elf.size(); ++at) {
    for (const int flip : {0x01, 0x80, 0xFF}) {
      std::string bad = elf;
      bad[at] = static_cast<char>(bad[at] ^ flip);
      const auto room = Read(bad);
      if (room.ok()) {
        EXPECT_GE(room->ram_bytes, 0) << at;
      }
    }
  }
}

TEST_F(RoomTest, IsEnoughToTheByte) {
  (void)Check({1 << 20, 1 << 20});
  EXPECT_TRUE(Check({image_bytes_, arena_bytes_}).ok()) << diag_.Text();
  EXPECT_EQ(Check({image_bytes_, arena_bytes_ - 1}).code(), Code::kResourceExhausted);
  EXPECT_THAT(diag_.Text(), HasSubstr("RAM: 1 bytes are missing"));
  EXPECT_EQ(Check({image_bytes_ - 2, arena_bytes_}).code(), Code::kResourceExhausted);
  EXPECT_THAT(diag_.Text(), HasSubstr("flash: 2 bytes are missing"));
}

TEST_F(RoomTest, NamesTheLayerThatNeedsIt) {
  (void)Check({1 << 20, 0});
  EXPECT_THAT(diag_.Text(), HasSubstr("most is needed by add '"));
  (void)Check({0, 1 << 20});
  EXPECT_THAT(diag_.Text(), HasSubstr("the largest constants are those of add '"));
}

class BoardRoomTest : public testing::TestWithParam<const char*> {};

TEST_P(BoardRoomTest, OfTheBuiltFirmwareIsWithinTheBoardsBudget) {
  DiagText diag;
  const auto firmware = FindFirmware(GetParam(), "bench", diag);
  if (!firmware.ok()) GTEST_SKIP() << "firmware: " << diag.Text();
  const auto room = RoomOf(*firmware, diag);
  ASSERT_TRUE(room.ok()) << diag.Text();
  EXPECT_GT(room->flash_bytes, 100'000);
  EXPECT_LT(room->flash_bytes, 2 << 20);
  EXPECT_GT(room->ram_bytes, 100'000);
  EXPECT_LT(room->ram_bytes, 512 << 10);
}

INSTANTIATE_TEST_SUITE_P(Boards, BoardRoomTest, testing::Values("m33", "m4", "m55", "rv32"));

}  // namespace
}  // namespace covey::serve
