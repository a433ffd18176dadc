#include "serve/transport/frame_reader.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace covey::serve {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Ends {
  Listener listener = *Listener::Open("127.0.0.1", 0);
  Socket writer = *Socket::Connect("127.0.0.1", listener.port(), DeadlineIn(seconds(20)));
  Socket reader = *listener.Accept(DeadlineIn(seconds(20)));
};

// A frame of `body` bytes that are 7.
std::vector<std::byte> FrameOf(uint32_t body) {
  std::vector<std::byte> bytes(wire::kFrameHeaderBytes + body, std::byte{7});
  const auto header =
      wire::WriteFrameHeader({.length = body, .stream = 1, .type = wire::FrameType::kResponse});
  std::copy(header.begin(), header.end(), bytes.begin());
  return bytes;
}

TEST(FrameReader, IsEmptyBetweenFrames) {
  Ends ends;
  FrameReader reader(1000);
  EXPECT_TRUE(reader.Empty());
  for (const uint32_t body : {0u, 5u, 2000u}) {  // the last one is beyond the limit
    ASSERT_TRUE(ends.writer.Send(FrameOf(body), DeadlineIn(seconds(20))).ok());
    const auto frame = reader.Next(ends.reader, DeadlineIn(seconds(20)), seconds(20));
    ASSERT_TRUE(frame.ok());
    EXPECT_EQ(frame->oversize, body > 1000);
    EXPECT_TRUE(reader.Empty()) << body;
  }
  const auto none = reader.Next(ends.reader, DeadlineIn(milliseconds(5)), seconds(20));
  EXPECT_EQ(none.status().code(), Code::kDeadlineExceeded);
  EXPECT_TRUE(reader.Empty());
}

// Where the header has come and nothing of the body, too.
TEST(FrameReader, IsNotEmptyInsideOne) {
  for (const uint32_t body : {10u, 2000u}) {
    const std::vector<std::byte> whole = FrameOf(body);
    for (const size_t cut : {size_t{1}, size_t{wire::kFrameHeaderBytes}, whole.size() - 1}) {
      Ends ends;
      FrameReader reader(1000);
      ASSERT_TRUE(ends.writer.Send(std::span(whole).first(cut), DeadlineIn(seconds(20))).ok());
      const auto part = reader.Next(ends.reader, DeadlineIn(seconds(20)), milliseconds(20));
      EXPECT_EQ(part.status().code(), Code::kDeadlineExceeded);
      EXPECT_FALSE(reader.Empty()) << cut << " of " << whole.size();
      reader.Reset();
      EXPECT_TRUE(reader.Empty());
    }
  }
}

}  // namespace
}  // namespace covey::serve
