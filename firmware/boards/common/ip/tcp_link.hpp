// TcpLink is the Link of a board: one lwIP TCP connection, polled until its deadline.
//
//   static TcpLink link(stack);
//   COVEY_TRY(link.Connect({"10.0.2.2", 7700}, board::ClockNs() + 1'000'000'000));
//
// Memory: none beyond lwIP's own; what has arrived stays in lwIP's buffers until it is read.
// Errors: as core/link.hpp says; kInvalidArgument for a host that is no dotted IPv4 address.
#pragma once

#include "common/ip/ip_stack.hpp"
#include "core/link.hpp"
#include "lwip/tcp.h"

namespace covey::board {

class TcpLink final : public Link {
 public:
  explicit TcpLink(IpStack& stack) : stack_(stack) {}

  Status Connect(const Endpoint& peer, uint64_t deadline_ns) override;
  void StartConnect(const Endpoint& peer) override { (void)StartConnecting(peer); }
  bool Poll() override;
  Status Send(std::span<const std::byte> bytes, uint64_t deadline_ns, bool more) override;
  Result<size_t> Receive(std::span<std::byte> buffer, uint64_t deadline_ns) override;
  bool Await(uint64_t until_ns) override;
  void Close() override;
  bool IsOpen() const override { return pcb_ != nullptr && connected_ && !ended_; }

  // Time spent inside these calls, waiting included; IpStack::idle_ns() tells the waiting apart.
  uint64_t busy_and_idle_ns() const { return spent_ns_; }

 private:
  class Stopwatch;
  Status StartConnecting(const Endpoint& peer);
  Status Break(Status status);
  Status Lost();
  size_t TakeArrived(std::span<std::byte> buffer);

  static err_t OnConnected(void* self, tcp_pcb* pcb, err_t error);
  static err_t OnReceived(void* self, tcp_pcb* pcb, pbuf* packet, err_t error);
  static void OnError(void* self, err_t error);

  IpStack& stack_;
  tcp_pcb* pcb_ = nullptr;   // lwIP's; null after OnError
  pbuf* arrived_ = nullptr;  // not read yet
  size_t read_ = 0;          // bytes of arrived_'s first buffer that have been read
  bool connected_ = false;
  bool ended_ = false;  // the peer sends no more
  uint64_t spent_ns_ = 0;
};

}  // namespace covey::board
