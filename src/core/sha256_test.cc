#include "core/sha256.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace covey {
namespace {

constexpr Sha256Digest HashText(std::string_view text) {
  Sha256 hash;
  for (char c : text) {
    const std::byte byte[1] = {static_cast<std::byte>(c)};
    hash.Update(byte);
  }
  return hash.Finish();
}

std::string Hex(const Sha256Digest& digest) {
  std::string hex;
  for (std::byte byte : digest) {
    const char* digits = "0123456789abcdef";
    hex += digits[static_cast<int>(byte) >> 4];
    hex += digits[static_cast<int>(byte) & 15];
  }
  return hex;
}

// FIPS 180-4's examples.
TEST(Sha256, GivesTheFipsDigestOfNothing) {
  EXPECT_EQ(Hex(HashText("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Sha256, GivesTheFipsDigestOfOneBlock) {
  EXPECT_EQ(Hex(HashText("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, GivesTheFipsDigestOfTwoBlocks) {
  EXPECT_EQ(Hex(HashText("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Sha256, GivesTheFipsDigestOfAMillionBytes) {
  EXPECT_EQ(Hex(HashText(std::string(1000000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, DoesNotDependOnHowTheBytesArriveAtAnyLength) {
  std::string text;
  for (int length = 0; length < 200; ++length, text += static_cast<char>(length)) {
    const auto bytes = std::as_bytes(std::span(text));
    EXPECT_EQ(Sha256Of(bytes), HashText(text)) << length;
  }
}

static_assert(HashText("abc")[0] == std::byte{0xba}, "runs at compile time");

}  // namespace
}  // namespace covey
