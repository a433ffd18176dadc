// TcpLink is core/link.hpp over a socket of the host, so that the device's client runs here as on a
// board.
//
//   SteadyClock clock;
//   TcpLink link(clock);
//   COVEY_TRY(link.Connect({"127.0.0.1", 7700}, clock.NowNs() + 1'000'000'000));
#pragma once

#include "core/clock.hpp"
#include "core/link.hpp"
#include "serve/transport/socket.hpp"

namespace covey::serve {

class TcpLink final : public Link {
 public:
  explicit TcpLink(Clock& clock) : clock_(clock) {}
  Status Connect(const Endpoint& peer, uint64_t deadline_ns) override;
  // Waits up to 20 ms: a socket that is still connecting is no use to the host's callers.
  void StartConnect(const Endpoint& peer) override;
  bool Poll() override { return IsOpen(); }
  Status Send(std::span<const std::byte> bytes, uint64_t deadline_ns, bool more) override;
  Result<size_t> Receive(std::span<std::byte> buffer, uint64_t deadline_ns) override;
  void Close() override { socket_.Close(); }
  bool IsOpen() const override { return socket_.IsOpen(); }

 private:
  Deadline ToDeadline(uint64_t deadline_ns);

  Clock& clock_;
  Socket socket_;
};

}  // namespace covey::serve
