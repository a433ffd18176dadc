// ScriptLink is a Link in memory with a scripted peer, and FakeClock the time that goes with it;
// for tests and fuzzers of everything that speaks over a Link.
//
//   FakeClock clock;
//   ScriptLink link(clock);
//   link.peer = [](std::string_view frame) { return Reply(frame); };   // called for each request
//   link.chunk = 1;                                                    // byte by byte
//
// Waiting costs no real time: a Receive with nothing to read moves the clock to its deadline, or
// reports that the peer closed if `closes` is set.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/link.hpp"

namespace covey::wire {

class FakeClock final : public Clock {
 public:
  uint64_t NowNs() override { return now_ns += step_ns; }
  uint64_t now_ns = 1'000'000'000;
  uint64_t step_ns = 0;  // how much each look at the clock costs
};

class ScriptLink final : public Link {
 public:
  explicit ScriptLink(FakeClock& clock) : clock_(clock) {}

  std::function<std::string(std::string_view frame)> peer;  // bytes to send back; none: silent
  size_t chunk = SIZE_MAX;                                  // most bytes that one Receive gives
  size_t die_after_sent = SIZE_MAX;  // the connection breaks once so many bytes were sent on it
  bool refuse = false;               // Connect fails
  bool hang = false;                 // Connect takes until its deadline
  bool closes = false;               // after what there was to read, the peer closes
  bool endless = false;              // ... or sends zeros without end
  uint64_t slow_ns = 0;              // what the peer sends comes so much later

  struct Sent {
    size_t bytes;
    bool more;
  };
  std::vector<Sent> sends;       // every Send so far
  std::string sent;              // all bytes sent so far
  std::string unread;            // what the peer has sent and nobody read yet
  int connects = 0, starts = 0;  // Connect, StartConnect

  Status Connect(const Endpoint& to, uint64_t deadline_ns) override;
  void StartConnect(const Endpoint& to) override;
  bool Poll() override { return open_; }
  Status Send(std::span<const std::byte> bytes, uint64_t deadline_ns, bool more) override;
  Result<size_t> Receive(std::span<std::byte> buffer, uint64_t deadline_ns) override;
  bool Await(uint64_t until_ns) override;
  void Close() override { open_ = false; }
  bool IsOpen() const override { return open_; }

  std::string last_host;
  uint16_t last_port = 0;

 private:
  Status Fail(Status status) {
    open_ = false;
    return status;
  }
  Status Late(uint64_t deadline_ns);

  FakeClock& clock_;
  bool open_ = false;
  std::string pending_;   // of the frame that is being sent
  size_t sent_here_ = 0;  // on this connection
  uint64_t here_ns_ = 0;  // when `unread` is there
};

}  // namespace covey::wire
