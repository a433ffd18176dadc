#include "serve/space/udp.hpp"

#include <gtest/gtest.h>

#include <array>

namespace covey::serve {
namespace {

TEST(UdpSocket, CarriesADatagramAndSaysWhoSentIt) {
  auto a = UdpSocket::Open("127.0.0.1", 0), b = UdpSocket::Open("127.0.0.1", 0);
  ASSERT_TRUE(a.ok() && b.ok());
  const std::array<std::byte, 3> sent = {std::byte{1}, std::byte{2}, std::byte{3}};
  ASSERT_TRUE(a->Send(*UdpAddress::Of("127.0.0.1", b->port()), sent));
  ASSERT_TRUE(b->Wait(UINT64_MAX));
  std::array<std::byte, 16> buffer;
  const auto got = b->Receive(buffer);
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->from.port, a->port());
  EXPECT_EQ(got->bytes.size(), 3u);
  EXPECT_FALSE(b->Receive(buffer).has_value());
}

// A wake that stayed would turn every later wait into a busy loop.
TEST(UdpSocket, WakesOnceForEachWake) {
  auto socket = UdpSocket::Open("127.0.0.1", 0);
  ASSERT_TRUE(socket.ok());
  socket->Wake();
  EXPECT_TRUE(socket->Wait(UINT64_MAX));
  EXPECT_FALSE(socket->Wait(0));
}

TEST(UdpSocket, RefusesATakenPort) {
  auto first = UdpSocket::Open("127.0.0.1", 0);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(UdpSocket::Open("127.0.0.1", first->port()).status().code(), Code::kUnavailable);
}

}  // namespace
}  // namespace covey::serve
