// Frames in UDP datagrams: what joins processes and emulated boards to a switch.
//
//   COVEY_TRY_ASSIGN(UdpSocket socket, UdpSocket::Open("127.0.0.1", 0));
//   COVEY_TRY_ASSIGN(const UdpAddress to, UdpAddress::Of("127.0.0.1", 7801));
//   socket.Send(to, frame);
//   if (socket.Wait(until_ns)) while (auto got = socket.Receive(buffer)) Use(got->bytes);
//
// Units: nanoseconds of SteadyClock. Errors: kNotFound (no such host), kUnavailable (the port is
// taken). Threads: one, but Wake may be called from any.
#pragma once

#include <netinet/in.h>

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "core/status.hpp"
#include "micro/node/node.hpp"
#include "serve/transport/socket.hpp"

namespace covey::serve {

struct UdpAddress {
  static Result<UdpAddress> Of(const std::string& host, uint16_t port);
  uint32_t host = 0;  // IPv4, network order
  uint16_t port = 0;  // host order
  auto operator<=>(const UdpAddress&) const = default;
};

class UdpSocket {
 public:
  static Result<UdpSocket> Open(const std::string& host, uint16_t port);  // 0: any free one
  uint16_t port() const { return port_; }

  // False: the system has no room now.
  bool Send(const UdpAddress& to, std::span<const std::byte> bytes);
  struct Got {
    UdpAddress from;
    std::span<const std::byte> bytes;
  };
  std::optional<Got> Receive(std::span<std::byte> buffer);
  // Waits for a datagram, the moment or Wake; true: there may be one.
  bool Wait(uint64_t until_ns);
  void Wake();

 private:
  Fd fd_, wake_;
  uint16_t port_ = 0;
};

// Where a node's or coordinator's frames go: the switch.
class UdpPort final : public micro::FramePort {
 public:
  UdpPort(UdpSocket& socket, const UdpAddress& to) : socket_(socket), to_(to) {}
  bool Send(std::span<const std::byte> frame) override { return socket_.Send(to_, frame); }

 private:
  UdpSocket& socket_;
  UdpAddress to_;
};

}  // namespace covey::serve
