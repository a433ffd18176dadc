// LinkWriter and LinkReader move the bytes of one frame between a Link and one small buffer, so
// that memory does not grow with the message.
//
//   LinkWriter out(link, clock, buffer, deadline_ns);
//   out.Put(header); out.Put(fields); out.PutBulk(image);    // sent as the buffer fills
//   COVEY_TRY(out.Finish());                                 // the rest, and the packet's end
//
//   LinkReader in(link, clock, buffer, deadline_ns, /*bytes=*/header.length);
//   if (!in.Read(to)) return in.status();
//
// Header and first body bytes leave in one Send; every Send but the last says `more`, so packets
// are full. A reader never takes a byte beyond the `bytes` it was given: the next frame stays in
// the Link.
//
// Memory: the buffer is borrowed; a writer and a reader may use the same one in turn.
// Errors: stick. After the first failure every call returns false and status() says why;
// kDeadlineExceeded also for a peer that keeps sending past the deadline.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/clock.hpp"
#include "core/link.hpp"

namespace covey::wire {

// Bytes that are fetched when they are sent. `read` fills `buffer` with `size` bytes from `offset`
// on, or returns false to break off; offsets come in order.
struct Bulk {
  size_t size = 0;
  bool (*read)(void* context, size_t offset, void* buffer, size_t size) = nullptr;
  void* context = nullptr;
};

class LinkWriter {
 public:
  LinkWriter(Link& link, Clock& clock, std::span<std::byte> buffer, uint64_t deadline_ns)
      : link_(link), clock_(clock), buffer_(buffer), deadline_ns_(deadline_ns) {}

  bool Put(std::span<const std::byte> bytes);
  bool PutBulk(const Bulk& bulk);
  Status Finish();
  Status status() const { return status_; }

 private:
  // The free part of the buffer, sent empty first if it is full; nothing after a failure.
  std::span<std::byte> Room();
  bool Send(bool more);

  Link& link_;
  Clock& clock_;
  std::span<std::byte> buffer_;
  uint64_t deadline_ns_;
  size_t used_ = 0;
  Status status_;
};

class LinkReader {
 public:
  LinkReader(Link& link, Clock& clock, std::span<std::byte> buffer, uint64_t deadline_ns,
             size_t bytes)
      : link_(link), clock_(clock), buffer_(buffer), deadline_ns_(deadline_ns), left_(bytes) {}

  bool Read(std::span<std::byte> to);
  bool Skip(size_t bytes);
  // Bytes not yet handed out.
  size_t left() const { return left_ + (filled_ - next_); }
  // True once the Link gave a byte.
  bool received() const { return received_; }
  Status status() const { return status_; }

 private:
  // Bytes at hand, at most `most`; asks the Link if there are none. Empty after a failure.
  std::span<const std::byte> Take(size_t most);
  bool Fill();

  Link& link_;
  Clock& clock_;
  std::span<std::byte> buffer_;
  uint64_t deadline_ns_;
  size_t left_;  // of the frame, still in the Link
  size_t next_ = 0, filled_ = 0;
  bool received_ = false;
  Status status_;
};

}  // namespace covey::wire
