#include "wire/node/messages.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "wire/node/crc32.hpp"
#include "wire/node/frame.hpp"

namespace covey::wire::node {
namespace {

using Bytes = std::vector<std::byte>;

constexpr FrameHead kHead{.to = {2, 0, 0, 0, 0, 1}, .from = {2, 0, 0, 0, 0, 2}, .boot = 77};

template <typename Body>
Bytes FrameOf(FrameType type, const Body& body) {
  Bytes buffer(kMaxFrameBytes);
  FrameHead head = kHead;
  head.type = type;
  FrameWriter frame(buffer, head);
  Encode(body, frame.body());
  const auto done = frame.Finish();
  return {done.begin(), done.end()};
}

Bytes BodyOf(const Bytes& frame) {
  const auto read = ReadFrame(frame);
  EXPECT_TRUE(read.ok()) << read.status().message();
  return {read->body.begin(), read->body.end()};
}

Stage SampleStage() {
  return {.pipeline = 3,
          .route = 9,
          .hop = 2,
          .role = Role::kChunk,
          .window = 4,
          .next = {2, 0, 0, 0, 0, 7},
          .in_bytes = 3072,
          .out_bytes = 16384,
          .compute_us = 1400};
}

TEST(NodeFrame, Crc32EqualsTheStandardsCheckValue) {
  EXPECT_EQ(Crc32(std::as_bytes(std::span("123456789", 9))), 0xCBF43926U);
}

TEST(NodeFrame, KeepsWhoAndWhat) {
  const Bytes bytes = FrameOf(FrameType::kHello, Hello{.name = NameOf("watch"),
                                                       .kind = NameOf("max78000"),
                                                       .interval_ms = 250,
                                                       .flash_bytes = 442368});
  const auto frame = ReadFrame(bytes);
  ASSERT_TRUE(frame.ok());
  EXPECT_EQ(frame->head.boot, 77u);
  EXPECT_EQ(frame->head.from, kHead.from);
  const auto hello = DecodeHello(frame->body);
  ASSERT_TRUE(hello.ok());
  EXPECT_STREQ(hello->name.data(), "watch");
  EXPECT_STREQ(hello->kind.data(), "max78000");
  EXPECT_EQ(hello->flash_bytes, 442368u);
}

TEST(NodeFrame, IgnoresWhatACardPads) {
  Bytes bytes = FrameOf(FrameType::kProbe, Answer{});
  bytes.resize(bytes.size() + 20);
  EXPECT_TRUE(ReadFrame(bytes).ok());
}

TEST(NodeFrame, RefusesEveryTruncationAndEveryFlip) {
  const Bytes good = FrameOf(FrameType::kOrder,
                             Order{.seq = 5, .kind = OrderKind::kPrepare, .stage = SampleStage()});
  for (size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(ReadFrame(std::span(good).first(size)).ok()) << size;
  }
  for (size_t at = kEthernetBytes; at < good.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      Bytes bad = good;
      bad[at] ^= static_cast<std::byte>(1 << bit);
      EXPECT_FALSE(ReadFrame(bad).ok()) << at;
    }
  }
}

TEST(NodeMessages, OrdersComeBackAsTheyWent) {
  const Bytes block(1024, std::byte{42});
  Order order{.seq = 6, .kind = OrderKind::kBlock, .offset = 2048, .block = block};
  order.image.fill(std::byte{9});
  const Bytes body = BodyOf(FrameOf(FrameType::kOrder, order));
  const auto read = DecodeOrder(body);
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_EQ(read->seq, 6u);
  EXPECT_EQ(read->image, order.image);
  EXPECT_EQ(read->offset, 2048u);
  EXPECT_EQ(Bytes(read->block.begin(), read->block.end()), block);

  const auto prepare = DecodeOrder(BodyOf(FrameOf(
      FrameType::kOrder, Order{.seq = 7, .kind = OrderKind::kPrepare, .stage = SampleStage()})));
  ASSERT_TRUE(prepare.ok()) << prepare.status().message();
  EXPECT_EQ(prepare->stage.out_bytes, 16384u);
  EXPECT_EQ(prepare->stage.next, SampleStage().next);
  EXPECT_EQ(prepare->stage.compute_us, 1400u);
}

TEST(NodeMessages, RefuseAStageOutOfRange) {
  const auto refused = [](auto change) {
    Stage stage = SampleStage();
    change(stage);
    const Bytes body =
        BodyOf(FrameOf(FrameType::kOrder, Order{.kind = OrderKind::kPrepare, .stage = stage}));
    return !DecodeOrder(body).ok();
  };
  EXPECT_FALSE(refused([](Stage&) {}));
  EXPECT_TRUE(refused([](Stage& s) { s.pipeline = kMaxPipelines; }));
  EXPECT_TRUE(refused([](Stage& s) { s.hop = kMaxHops; }));
  EXPECT_TRUE(refused([](Stage& s) { s.hop = 0; }));
  EXPECT_TRUE(refused([](Stage& s) { s.role = static_cast<Role>(3); }));
  EXPECT_TRUE(refused([](Stage& s) { s.window = 0; }));
  EXPECT_TRUE(refused([](Stage& s) { s.window = kMaxWindow + 1; }));
  EXPECT_TRUE(refused([](Stage& s) { s.in_bytes = kMaxMessageBytes + 1; }));
}

TEST(NodeMessages, RefuseAPieceThatDoesNotLieInItsMessage) {
  const Bytes bytes(kPieceBytes);
  const auto piece = [&](uint32_t total, uint32_t offset, size_t length) {
    return DecodePiece(
               BodyOf(FrameOf(FrameType::kPiece, Piece{.total = total,
                                                       .offset = offset,
                                                       .bytes = std::span(bytes).first(length)})))
        .ok();
  };
  EXPECT_TRUE(piece(3000, 1400, 1400));
  EXPECT_TRUE(piece(3000, 2800, 200));
  EXPECT_TRUE(piece(1, 0, 1));
  EXPECT_FALSE(piece(3000, 1400, 1399));
  EXPECT_FALSE(piece(3000, 700, 1400));
  EXPECT_FALSE(piece(2800, 2800, 0));
  EXPECT_FALSE(piece(0, 0, 0));
  EXPECT_FALSE(piece(kMaxMessageBytes + 1, 0, 1400));
}

TEST(NodeMessages, RefuseEveryTruncation) {
  const std::vector<std::pair<FrameType, Bytes>> bodies = {
      {FrameType::kHello,
       BodyOf(FrameOf(FrameType::kHello, Hello{.name = NameOf("a"), .interval_ms = 1}))},
      {FrameType::kOrder, BodyOf(FrameOf(FrameType::kOrder, Order{.kind = OrderKind::kPrepare,
                                                                  .stage = SampleStage()}))},
      {FrameType::kAnswer, BodyOf(FrameOf(FrameType::kAnswer, Answer{}))},
      {FrameType::kAck, BodyOf(FrameOf(FrameType::kAck, Ack{}))},
  };
  for (const auto& [type, body] : bodies) {
    for (size_t size = 0; size <= body.size(); ++size) {
      const auto part = std::span(body).first(size);
      bool ok = false;
      if (type == FrameType::kHello) ok = DecodeHello(part).ok();
      if (type == FrameType::kOrder) ok = DecodeOrder(part).ok();
      if (type == FrameType::kAnswer) ok = DecodeAnswer(part).ok();
      if (type == FrameType::kAck) ok = DecodeAck(part).ok();
      EXPECT_EQ(ok, size == body.size()) << static_cast<int>(type) << " " << size;
    }
  }
}

TEST(NodeMessages, RefuseNamesThatAreNone) {
  for (const char* name : {"", "two words", "tab\t"}) {
    EXPECT_FALSE(DecodeHello(BodyOf(FrameOf(FrameType::kHello,
                                            Hello{.name = NameOf(name), .interval_ms = 1})))
                     .ok())
        << name;
  }
  Hello endless{.interval_ms = 1};
  endless.name.fill('x');
  EXPECT_FALSE(DecodeHello(BodyOf(FrameOf(FrameType::kHello, endless))).ok());
}

}  // namespace
}  // namespace covey::wire::node
