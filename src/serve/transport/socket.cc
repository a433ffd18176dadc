#include "serve/transport/socket.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>

namespace covey::serve {
namespace {

struct FreeAddresses {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

Result<Addresses> Resolve(const std::string& host, uint16_t port, bool passive) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | (passive ? AI_PASSIVE : 0);
  addrinfo* list = nullptr;
  if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list) != 0)
    return Status(Code::kNotFound, "no such host");
  return Addresses(list);
}

// poll's time-out: rounded up, so that a wait never ends before the deadline.
timespec ToTimespec(int64_t ns) {
  return {.tv_sec = static_cast<time_t>(ns / 1'000'000'000), .tv_nsec = ns % 1'000'000'000};
}

// > 0 ready, 0 too late, < 0 error.
int PollUntil(std::span<pollfd> fds, Deadline deadline) {
  for (;;) {
    const int64_t left = LeftNs(deadline);
    const timespec time = ToTimespec(left);
    const int ready = ppoll(fds.data(), fds.size(), deadline == Never() ? nullptr : &time, nullptr);
    if (ready > 0) return ready;
    if (ready < 0 && errno != EINTR) return ready;
    if (ready == 0 && LeftNs(deadline) == 0) return 0;
  }
}

// A read that blocks comes back after this, to look at its deadline. Only deadlines that are
// further away than two ticks are waited for in this way, which saves a call to poll; nearer ones
// exactly.
constexpr int64_t kTickNs = 1'000'000'000;

void SetOptions(int fd) {
  const int on = 1;
  // Best effort: without it calls are slower, not wrong.
  (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const timeval tick{.tv_sec = kTickNs / 1'000'000'000, .tv_usec = 0};
  (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tick, sizeof tick);
}

Status ConnectOne(const addrinfo& address, Deadline deadline, int stop_fd, Fd& out) {
  Fd fd(socket(address.ai_family, address.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
               address.ai_protocol));
  if (!fd.valid()) return Status(Code::kResourceExhausted, "connect: no socket left");
  if (connect(fd.get(), address.ai_addr, address.ai_addrlen) != 0) {
    if (errno != EINPROGRESS) return Status(Code::kUnavailable, "connect: refused or unreachable");
    // poll leaves out what is no descriptor.
    std::array<pollfd, 2> wait{pollfd{.fd = fd.get(), .events = POLLOUT, .revents = 0},
                               pollfd{.fd = stop_fd, .events = POLLIN, .revents = 0}};
    const int ready = PollUntil(wait, deadline);
    if (wait[1].revents != 0) return Status(Code::kCancelled, "connect: not wanted any more");
    if (ready == 0) return Status(Code::kDeadlineExceeded, "connect: no answer in time");
    int error = 0;
    socklen_t size = sizeof error;
    if (ready < 0 || getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0)
      return Status(Code::kUnavailable, "connect: refused or unreachable");
  }
  out = std::move(fd);
  return OkStatus();
}

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    Close();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void Fd::Close() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

Socket::Socket(Fd fd) : fd_(std::move(fd)) { SetOptions(fd_.get()); }

Result<Socket> Socket::Connect(const std::string& host, uint16_t port, Deadline deadline,
                               int stop_fd) {
  COVEY_TRY_ASSIGN(Addresses addresses, Resolve(host, port, false));
  Status last(Code::kUnavailable, "connect: no address");
  for (const addrinfo* a = addresses.get(); a != nullptr; a = a->ai_next) {
    Fd fd;
    last = ConnectOne(*a, deadline, stop_fd, fd);
    if (last.ok()) return Socket(std::move(fd));
    if (last.code() == Code::kDeadlineExceeded || last.code() == Code::kCancelled) break;
  }
  return last;
}

Status Socket::Wait(short events, Deadline deadline) {
  // poll leaves out what is no descriptor.
  std::array<pollfd, 2> wait{pollfd{.fd = fd_.get(), .events = events, .revents = 0},
                             pollfd{.fd = stop_fd_, .events = POLLIN, .revents = 0}};
  const int ready = PollUntil(wait, deadline);
  if (wait[1].revents != 0) return Status(Code::kCancelled, "connection: not waited for any more");
  if (ready > 0) return OkStatus();
  if (ready == 0) return Status(Code::kDeadlineExceeded, "connection: no progress in time");
  return Status(Code::kUnavailable, "connection: broken");
}

bool Socket::MayStay(Deadline deadline) const {
  return stop_fd_ < 0 && LeftNs(deadline) > 2 * kTickNs;
}

Status Socket::Send(std::span<const std::byte> bytes, Deadline deadline, bool more) {
  if (!IsOpen()) return Status(Code::kUnavailable, "connection: not open");
  const int flags = MSG_NOSIGNAL | MSG_DONTWAIT | (more ? MSG_MORE : 0);
  while (!bytes.empty()) {
    const ssize_t n = send(fd_.get(), bytes.data(), bytes.size(), flags);
    if (n >= 0) {
      bytes = bytes.subspan(static_cast<size_t>(n));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      COVEY_TRY(Wait(POLLOUT, deadline));
    } else if (errno != EINTR) {
      return Status(Code::kUnavailable, "connection: broken while sending");
    }
  }
  return OkStatus();
}

Status Socket::SendBoth(std::span<const std::byte> head, std::span<const std::byte> tail,
                        Deadline deadline) {
  if (!IsOpen()) return Status(Code::kUnavailable, "connection: not open");
  if (tail.empty()) return Send(head, deadline);
  // sendmsg does not write through these pointers; iovec is shared with recvmsg.
  std::array<iovec, 2> parts{iovec{const_cast<std::byte*>(head.data()), head.size()},
                             iovec{const_cast<std::byte*>(tail.data()), tail.size()}};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  const ssize_t n = sendmsg(fd_.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  // What did not go in one piece goes in the usual loop, which also names the errors.
  const size_t sent = n > 0 ? static_cast<size_t>(n) : 0;
  if (sent < head.size()) COVEY_TRY(Send(head.subspan(sent), deadline, /*more=*/true));
  return Send(tail.subspan(sent > head.size() ? sent - head.size() : 0), deadline);
}

Result<size_t> Socket::Receive(std::span<std::byte> buffer, Deadline deadline, Expect expect) {
  if (!IsOpen()) return Status(Code::kUnavailable, "connection: not open");
  bool may_be_idle = expect == Expect::kIdle;
  for (;;) {
    const bool block = may_be_idle && MayStay(deadline);
    if (may_be_idle && !block) COVEY_TRY(Wait(POLLIN, deadline));
    const ssize_t n = recv(fd_.get(), buffer.data(), buffer.size(), block ? 0 : MSG_DONTWAIT);
    if (n > 0) return static_cast<size_t>(n);
    if (n == 0) return Status(Code::kUnavailable, "connection: closed by the peer");
    if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
      return Status(Code::kUnavailable, "connection: broken while receiving");
    may_be_idle = true;  // nothing was here
  }
}

Status Socket::ReceiveAll(std::span<std::byte> buffer, Deadline deadline) {
  while (!buffer.empty()) {
    // One call that stays in the kernel until all is here or a tick has passed.
    if (IsOpen() && MayStay(deadline)) {
      const ssize_t n = recv(fd_.get(), buffer.data(), buffer.size(), MSG_WAITALL);
      if (n > 0) {
        buffer = buffer.subspan(static_cast<size_t>(n));
        continue;
      }
    }
    COVEY_TRY_ASSIGN(const size_t n, Receive(buffer, deadline));
    buffer = buffer.subspan(n);
  }
  return OkStatus();
}

void Socket::ShutdownRead() { (void)shutdown(fd_.get(), SHUT_RD); }
void Socket::ShutdownBoth() { (void)shutdown(fd_.get(), SHUT_RDWR); }

Result<Listener> Listener::Open(const std::string& host, uint16_t port) {
  COVEY_TRY_ASSIGN(Addresses addresses, Resolve(host, port, true));
  for (const addrinfo* a = addresses.get(); a != nullptr; a = a->ai_next) {
    Fd fd(socket(a->ai_family, a->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, a->ai_protocol));
    if (!fd.valid()) continue;
    const int on = 1;
    (void)setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd.get(), a->ai_addr, a->ai_addrlen) != 0 || listen(fd.get(), 128) != 0) continue;
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    if (getsockname(fd.get(), reinterpret_cast<sockaddr*>(&bound), &size) != 0) continue;
    Listener listener;
    // sin_port and sin6_port lie at the same place.
    listener.port_ = ntohs(reinterpret_cast<const sockaddr_in*>(&bound)->sin_port);
    listener.fd_ = std::move(fd);
    listener.wake_ = Fd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!listener.wake_.valid()) return Status(Code::kResourceExhausted, "listen: no eventfd");
    return listener;
  }
  return Status(Code::kUnavailable, "listen: the address is taken or not ours");
}

Result<Socket> Listener::Accept(Deadline deadline) {
  std::array<pollfd, 2> wait{pollfd{.fd = fd_.get(), .events = POLLIN, .revents = 0},
                             pollfd{.fd = wake_.get(), .events = POLLIN, .revents = 0}};
  if (PollUntil(wait, deadline) <= 0 || wait[1].revents != 0)
    return Status(Code::kUnavailable, "accept: none");
  Fd fd(accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (fd.valid()) return Socket(std::move(fd));
  if (errno == EMFILE || errno == ENFILE)
    return Status(Code::kResourceExhausted, "accept: no descriptor left");
  return Status(Code::kUnavailable, "accept: none");
}

void Listener::Wake() { (void)eventfd_write(wake_.get(), 1); }

}  // namespace covey::serve
