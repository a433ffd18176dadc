#include "serve/space/udp.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>

#include "serve/transport/steady_clock.hpp"

namespace covey::serve {
namespace {

sockaddr_in SocketAddress(const UdpAddress& address) {
  sockaddr_in result = {};
  result.sin_family = AF_INET;
  result.sin_addr.s_addr = address.host;
  result.sin_port = htons(address.port);
  return result;
}

}  // namespace

Result<UdpAddress> UdpAddress::Of(const std::string& host, uint16_t port) {
  addrinfo hints = {}, *found = nullptr;
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_DGRAM;
  if (getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0 || found == nullptr)
    return Status(Code::kNotFound, "no such host");
  UdpAddress address;
  address.host = reinterpret_cast<const sockaddr_in*>(found->ai_addr)->sin_addr.s_addr;
  address.port = port;
  freeaddrinfo(found);
  return address;
}

Result<UdpSocket> UdpSocket::Open(const std::string& host, uint16_t port) {
  COVEY_TRY_ASSIGN(const UdpAddress address, UdpAddress::Of(host, port));
  UdpSocket opened;
  opened.fd_ = Fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  opened.wake_ = Fd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!opened.fd_.valid() || !opened.wake_.valid())
    return Status(Code::kResourceExhausted, "no socket can be made");
  constexpr int kBuffer = 4 << 20;  // bursts of a whole space; what does not fit is lost, as in air
  (void)setsockopt(opened.fd_.get(), SOL_SOCKET, SO_RCVBUF, &kBuffer, sizeof(kBuffer));
  const sockaddr_in at = SocketAddress(address);
  if (bind(opened.fd_.get(), reinterpret_cast<const sockaddr*>(&at), sizeof(at)) != 0)
    return Status(Code::kUnavailable, "the UDP port cannot be taken");
  sockaddr_in bound = {};
  socklen_t size = sizeof(bound);
  (void)getsockname(opened.fd_.get(), reinterpret_cast<sockaddr*>(&bound), &size);
  opened.port_ = ntohs(bound.sin_port);
  return opened;
}

bool UdpSocket::Send(const UdpAddress& to, std::span<const std::byte> bytes) {
  const sockaddr_in at = SocketAddress(to);
  return sendto(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL,
                reinterpret_cast<const sockaddr*>(&at), sizeof(at)) >= 0;
}

std::optional<UdpSocket::Got> UdpSocket::Receive(std::span<std::byte> buffer) {
  while (true) {
    sockaddr_in from = {};
    socklen_t size = sizeof(from);
    const ssize_t count = recvfrom(fd_.get(), buffer.data(), buffer.size(), 0,
                                   reinterpret_cast<sockaddr*>(&from), &size);
    // A peer that is gone makes itself felt as an error of a later call: nothing was received.
    if (count < 0 && (errno == ECONNREFUSED || errno == EINTR)) continue;
    if (count < 0) return std::nullopt;
    return Got{{.host = from.sin_addr.s_addr, .port = ntohs(from.sin_port)},
               buffer.first(static_cast<size_t>(count))};
  }
}

bool UdpSocket::Wait(uint64_t until_ns) {
  SteadyClock clock;
  const uint64_t now_ns = clock.NowNs();
  // A second at most, so that no moment is too far for the types below.
  const uint64_t left_ns =
      until_ns <= now_ns ? 0 : std::min<uint64_t>(until_ns - now_ns, 1000000000);
  const timespec left = {.tv_sec = static_cast<time_t>(left_ns / 1000000000),
                         .tv_nsec = static_cast<long>(left_ns % 1000000000)};
  pollfd ends[2] = {{.fd = fd_.get(), .events = POLLIN, .revents = 0},
                    {.fd = wake_.get(), .events = POLLIN, .revents = 0}};
  const bool ready = ppoll(ends, 2, &left, nullptr) > 0;
  uint64_t wakes = 0;
  if (ends[1].revents != 0) (void)!read(wake_.get(), &wakes, sizeof(wakes));
  return ready;
}

void UdpSocket::Wake() {
  constexpr uint64_t kOne = 1;
  (void)!write(wake_.get(), &kOne, sizeof(kOne));
}

}  // namespace covey::serve
