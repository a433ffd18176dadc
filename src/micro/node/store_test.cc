#include "micro/node/store.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "core/sha256.hpp"

namespace covey::micro {
namespace {

struct alignas(16) Memory {
  std::byte bytes[4096];
};

std::vector<std::byte> Content(size_t size, uint32_t seed) {
  std::vector<std::byte> bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 31 + seed);
  return bytes;
}

// In blocks of 100; the last answer.
Result<uint32_t> Fill(Store& store, const std::vector<std::byte>& content, uint32_t from = 0) {
  const auto digest = Sha256Of(content);
  Result<uint32_t> have = from;
  for (size_t at = from; at < content.size(); at += 100) {
    const size_t size = std::min<size_t>(100, content.size() - at);
    have = store.Append(digest, static_cast<uint32_t>(at), std::span(content).subspan(at, size));
  }
  return have;
}

TEST(Pool, FillsGapsAndRefusesWhenFull) {
  Memory memory;
  Pool pool(memory.bytes);
  const auto a = pool.Take(1000), b = pool.Take(1000), c = pool.Take(2000);
  EXPECT_FALSE(a.empty() || b.empty() || c.empty());
  EXPECT_EQ(reinterpret_cast<uintptr_t>(b.data()) % Pool::kAlign, 0u);
  EXPECT_TRUE(pool.Take(1000).empty());
  pool.Give(b);
  EXPECT_EQ(pool.Take(900).data(), b.data());
  EXPECT_TRUE(pool.Take(0).empty());
  EXPECT_TRUE(pool.Take(SIZE_MAX).empty());
}

TEST(Store, KeepsAnImageThatCameInBlocks) {
  Memory memory;
  Store store(memory.bytes);
  const auto content = Content(950, 1);
  const auto digest = Sha256Of(content);
  EXPECT_EQ(*store.Offer(digest, 950), 0u);
  EXPECT_FALSE(store.Hold(digest).ok());
  EXPECT_EQ(*Fill(store, content), 950u);
  const auto held = store.Hold(digest);
  ASSERT_TRUE(held.ok());
  EXPECT_TRUE(std::equal(held->begin(), held->end(), content.begin(), content.end()));
  EXPECT_EQ(*store.Offer(digest, 950), 950u) << "travels once";
}

TEST(Store, GoesOnWhereItStopped) {
  Memory memory;
  Store store(memory.bytes);
  const auto content = Content(950, 2);
  const auto digest = Sha256Of(content);
  ASSERT_TRUE(store.Offer(digest, 950).ok());
  const auto block = std::span(content);
  EXPECT_EQ(*store.Append(digest, 0, block.first(300)), 300u);
  EXPECT_EQ(*store.Append(digest, 500, block.subspan(500, 100)), 300u) << "behind a gap";
  EXPECT_EQ(*store.Append(digest, 0, block.first(300)), 300u) << "again";
  EXPECT_EQ(*store.Offer(digest, 950), 300u);
  EXPECT_EQ(*Fill(store, content, 300), 950u);
  EXPECT_TRUE(store.Hold(digest).ok());
}

TEST(Store, DropsBytesThatTheirDigestDoesNotName) {
  Memory memory;
  Store store(memory.bytes);
  const auto content = Content(500, 3);
  const auto digest = Sha256Of(Content(500, 4));
  ASSERT_TRUE(store.Offer(digest, 500).ok());
  EXPECT_EQ(store.Append(digest, 0, content).status().code(), Code::kDataLoss);
  EXPECT_EQ(*store.Offer(digest, 500), 0u) << "starts anew";
}

TEST(Store, RefusesABlockThatRunsPastItsImage) {
  Memory memory;
  Store store(memory.bytes);
  const auto content = Content(500, 5);
  const auto digest = Sha256Of(std::span(content).first(400));
  ASSERT_TRUE(store.Offer(digest, 400).ok());
  EXPECT_EQ(store.Append(digest, 0, content).status().code(), Code::kOutOfRange);
  EXPECT_EQ(store.Append({}, 0, content).status().code(), Code::kNotFound);
}

TEST(Store, MakesRoomByWhatNobodyHolds) {
  Memory memory;
  Store store(memory.bytes);
  const auto first = Content(1800, 6), second = Content(1800, 7), third = Content(1800, 8);
  for (const auto* content : {&first, &second}) {
    ASSERT_TRUE(store.Offer(Sha256Of(*content), 1800).ok());
    ASSERT_TRUE(Fill(store, *content).ok());
  }
  ASSERT_TRUE(store.Hold(Sha256Of(first)).ok());
  ASSERT_TRUE(store.Offer(Sha256Of(third), 1800).ok());
  EXPECT_TRUE(store.Hold(Sha256Of(first)).ok());
  EXPECT_FALSE(store.Hold(Sha256Of(second)).ok());
  ASSERT_TRUE(Fill(store, third).ok());
  ASSERT_TRUE(store.Hold(Sha256Of(third)).ok());
  EXPECT_EQ(store.Offer(Sha256Of(second), 1800).status().code(), Code::kResourceExhausted);
  EXPECT_EQ(store.Offer(Sha256Of(second), 5000).status().code(), Code::kResourceExhausted);
}

}  // namespace
}  // namespace covey::micro
