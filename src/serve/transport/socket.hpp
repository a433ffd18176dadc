// Socket is one TCP connection: it owns the descriptor, never blocks past a deadline, never raises
// SIGPIPE and has TCP_NODELAY set.
//
//   COVEY_TRY_ASSIGN(Socket socket, Socket::Connect("edge.local", 7700, deadline));
//   COVEY_TRY(socket.Send(frame, deadline));
//   COVEY_TRY_ASSIGN(size_t n, socket.Receive(buffer, deadline));
//
// Errors: kDeadlineExceeded; kUnavailable (refused, closed by the peer, broken); kNotFound (no such
// host).
// Threads: Shutdown may be called from another thread to wake a blocked one; the rest may not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "core/status.hpp"
#include "serve/transport/deadline.hpp"

namespace covey::serve {

// Closes its descriptor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept;
  ~Fd() { Close(); }
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  void Close();

 private:
  int fd_ = -1;
};

class Socket {
 public:
  Socket() = default;
  explicit Socket(Fd fd);  // a connected one, from accept

  // `stop_fd`: gives up, with kCancelled, as soon as that can be read; -1: none.
  static Result<Socket> Connect(const std::string& host, uint16_t port, Deadline deadline,
                                int stop_fd = -1);

  Status Send(std::span<const std::byte> bytes, Deadline deadline, bool more = false);
  // Both in one write, as far as the connection takes them.
  Status SendBoth(std::span<const std::byte> head, std::span<const std::byte> tail,
                  Deadline deadline);
  // At least one byte, at most buffer.size(). kIdle: nothing is expected to be here yet, so it
  // waits at once, which saves a call in vain.
  enum class Expect { kMore, kIdle };
  Result<size_t> Receive(std::span<std::byte> buffer, Deadline deadline,
                         Expect expect = Expect::kMore);
  // All of it. Long bodies are taken by one call that stays in the kernel.
  Status ReceiveAll(std::span<std::byte> buffer, Deadline deadline);

  // From now on waiting ends, with kCancelled, as soon as that can be read; -1: no more.
  void StopOn(int stop_fd) { stop_fd_ = stop_fd; }

  bool IsOpen() const { return fd_.valid(); }
  void Close() { fd_.Close(); }
  void ShutdownRead();
  void ShutdownBoth();

 private:
  Status Wait(short events, Deadline deadline);
  // What stays in the kernel hears neither of a near deadline nor of a stop.
  bool MayStay(Deadline deadline) const;

  Fd fd_;
  int stop_fd_ = -1;
};

class Listener {
 public:
  // Port 0 takes any free one.
  static Result<Listener> Open(const std::string& host, uint16_t port);
  uint16_t port() const { return port_; }
  // The next connection; kUnavailable when there is none within the time or Wake was called.
  Result<Socket> Accept(Deadline deadline);
  void Wake();  // from any thread, for good

 private:
  Fd fd_, wake_;
  uint16_t port_ = 0;
};

}  // namespace covey::serve
