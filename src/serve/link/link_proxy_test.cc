#include "serve/link/link_proxy.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "core/host/diag_text.hpp"
#include "serve/transport/socket.hpp"

namespace covey::serve {
namespace {

// Sends back what it gets, until the peer closes.
class Echo {
 public:
  Echo() : listener_(*Listener::Open("127.0.0.1", 0)), thread_([this] { Run(); }) {}
  ~Echo() {
    listener_.Wake();
    thread_.join();
  }
  uint16_t port() const { return listener_.port(); }

 private:
  void Run() {
    for (;;) {
      auto socket = listener_.Accept(Never());
      if (!socket.ok()) return;
      std::array<std::byte, 4096> buffer;
      for (;;) {
        const auto size = socket->Receive(buffer, Never());
        if (!size.ok()) break;
        if (!socket->Send(std::span(buffer).first(*size), Never()).ok()) break;
      }
    }
  }
  Listener listener_;
  std::thread thread_;
};

class LinkProxyTest : public testing::Test {
 protected:
  void Start(plan::LinkShape shape, std::vector<plan::LinkEvent> events = {}) {
    proxy_ = std::make_unique<LinkProxy>(LinkProxyConfig{.to_host = "127.0.0.1",
                                                         .to_port = echo_.port(),
                                                         .shape = std::move(shape),
                                                         .events = std::move(events)});
    DiagText diag;
    ASSERT_TRUE(proxy_->Start(diag).ok()) << diag.Text();
    auto socket = Socket::Connect("127.0.0.1", proxy_->port(), Never());
    ASSERT_TRUE(socket.ok());
    socket_ = *std::move(socket);
  }
  std::chrono::duration<double> RoundTrip(size_t bytes) {
    const std::vector<std::byte> sent(bytes, std::byte{7});
    std::vector<std::byte> back(bytes);
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_TRUE(socket_.Send(sent, Never()).ok());
    EXPECT_TRUE(socket_.ReceiveAll(back, Never()).ok());
    EXPECT_EQ(back, sent);
    return std::chrono::steady_clock::now() - begin;
  }

  Echo echo_;
  std::unique_ptr<LinkProxy> proxy_;
  Socket socket_;
};

TEST_F(LinkProxyTest, LetsAllBytesThroughInOrder) {
  Start({.name = "", .up_bit_s = 1e9, .down_bit_s = 1e9});
  (void)RoundTrip(1'000'000);
  EXPECT_EQ(proxy_->traffic().connections, 1U);
  EXPECT_EQ(proxy_->traffic().up_bytes, 1'000'000U);
  EXPECT_EQ(proxy_->traffic().down_bytes, 1'000'000U);
}

TEST_F(LinkProxyTest, IsNeverFasterThanItsModel) {
  Start({.name = "", .up_bit_s = 1e6, .down_bit_s = 1e9, .delay_s = 0.005});
  (void)RoundTrip(1);  // the connection stands
  EXPECT_GE(RoundTrip(2'000).count(), 0.016 + 0.010);
}

TEST_F(LinkProxyTest, HoldsEverythingBackDuringAnOutage) {
  Start({.name = "", .up_bit_s = 1e9, .down_bit_s = 1e9},
        {{.from_s = 0, .to_s = 0.05, .out = true}});
  const auto begin = std::chrono::steady_clock::now();
  (void)RoundTrip(1);
  EXPECT_GE(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(), 0.02);
}

TEST_F(LinkProxyTest, EndsAConnectionWhoseTargetIsGone) {
  LinkProxy proxy({.to_host = "127.0.0.1", .to_port = 1, .shape = *plan::FindLinkShape("wired")});
  DiagText diag;
  ASSERT_TRUE(proxy.Start(diag).ok());
  auto socket = Socket::Connect("127.0.0.1", proxy.port(), Never());
  ASSERT_TRUE(socket.ok());
  std::byte byte;
  EXPECT_EQ(socket->Receive(std::span(&byte, 1), Never()).status().code(), Code::kUnavailable);
}

TEST_F(LinkProxyTest, SaysWhatIsWrongWithItsAddresses) {
  DiagText diag;
  EXPECT_FALSE(
      LinkProxy({.host = "not a host", .to_host = "127.0.0.1", .to_port = 1}).Start(diag).ok());
  EXPECT_NE(diag.Text().find("not a host"), std::string::npos);
}

}  // namespace
}  // namespace covey::serve
