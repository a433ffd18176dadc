// Link is one byte stream to a peer (a TCP connection, say), as the device floor sees it. Sockets
// implement it in serve/transport, lwIP in firmware/boards; tests use one in memory.
//
//   COVEY_TRY(link.Connect({"10.0.2.2", 7700}, deadline_ns));
//   COVEY_TRY(link.Send(header, deadline_ns, /*more=*/true));
//   COVEY_TRY_ASSIGN(size_t n, link.Receive(buffer, deadline_ns));
//
// Units: deadlines are absolute, in nanoseconds of the Clock that the same main() hands out.
// Errors: kDeadlineExceeded when the deadline passes first, kUnavailable when the peer refuses,
// closes or breaks off. After an error the link is closed; Connect opens it again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/status.hpp"

namespace covey {

struct Endpoint {
  const char* host = "";  // numeric IPv4 on a device; a name also resolves on the host
  uint16_t port = 0;
};

class Link {
 public:
  virtual Status Connect(const Endpoint& peer, uint64_t deadline_ns) = 0;
  // Begins to connect and returns at once; Poll tells, at any time later and without waiting,
  // whether the connection stands. Connect, StartConnect and Close give up what was begun.
  virtual void StartConnect(const Endpoint& peer) = 0;
  virtual bool Poll() = 0;
  // Hands over all bytes or fails. With `more`, the bytes may wait for the next Send to share a
  // packet with it.
  virtual Status Send(std::span<const std::byte> bytes, uint64_t deadline_ns, bool more) = 0;
  // At least one byte, at most buffer.size(); how many is the result.
  virtual Result<size_t> Receive(std::span<std::byte> buffer, uint64_t deadline_ns) = 0;
  // True if there is something to receive, or the connection has ended; waits for that until
  // `until_ns`, 0: not at all. A link that cannot tell says false at once.
  virtual bool Await(uint64_t until_ns) {
    (void)until_ns;
    return false;
  }
  virtual void Close() = 0;
  virtual bool IsOpen() const = 0;

 protected:
  ~Link() = default;
};

}  // namespace covey
