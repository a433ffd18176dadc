#include "serve/transport/tcp_link.hpp"

namespace covey::serve {

Deadline TcpLink::ToDeadline(uint64_t deadline_ns) {
  const uint64_t now = clock_.NowNs();
  const uint64_t left = deadline_ns > now ? deadline_ns - now : 0;
  return DeadlineIn(std::chrono::nanoseconds(std::min<uint64_t>(left, INT64_MAX)));
}

Status TcpLink::Connect(const Endpoint& peer, uint64_t deadline_ns) {
  Close();
  COVEY_TRY_ASSIGN(socket_, Socket::Connect(peer.host, peer.port, ToDeadline(deadline_ns)));
  return OkStatus();
}

void TcpLink::StartConnect(const Endpoint& peer) {
  (void)Connect(peer, clock_.NowNs() + 20'000'000);  // Poll tells whether it stands.
}

Status TcpLink::Send(std::span<const std::byte> bytes, uint64_t deadline_ns, bool more) {
  const Status sent = socket_.Send(bytes, ToDeadline(deadline_ns), more);
  if (!sent.ok()) Close();
  return sent;
}

Result<size_t> TcpLink::Receive(std::span<std::byte> buffer, uint64_t deadline_ns) {
  Result<size_t> received = socket_.Receive(buffer, ToDeadline(deadline_ns));
  if (!received.ok()) Close();
  return received;
}

}  // namespace covey::serve
