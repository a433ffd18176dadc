// FrameReader takes frames off a socket: one buffer for all of them, read ahead, so that a short
// message costs one read.
//
//   FrameReader reader(max_message_bytes);
//   COVEY_TRY_ASSIGN(Frame frame, reader.Next(socket, idle_deadline, std::chrono::seconds(10)));
//   Use(frame.header, frame.body);                 // until the next call
//
// Errors: kDeadlineExceeded (no frame began before the deadline, or one that began was not complete
// in `frame_time`), kUnavailable (closed, broken), kInvalidArgument (not a frame; nothing after it
// can be understood, so close). A body above the limit is read and dropped, and the frame says so;
// above kMaxDiscardBytes it is left in the socket: answer and close.
#pragma once

#include "serve/transport/socket.hpp"
#include "wire/rpc/frame.hpp"
#include "wire/rpc/host/buffer.hpp"

namespace covey::serve {

inline constexpr uint32_t kMaxDiscardBytes = 64U << 20;

struct Frame {
  wire::FrameHeader header;
  std::span<const std::byte> body;
  Deadline began;               // when its first byte was here
  bool oversize = false;        // the body was dropped
  bool beyond_discard = false;  // the body is still to come
};

class FrameReader {
 public:
  explicit FrameReader(uint32_t max_message_bytes) : max_bytes_(max_message_bytes) {}
  Result<Frame> Next(Socket& socket, Deadline begin_by, std::chrono::nanoseconds frame_time);
  void Reset() { begin_ = end_ = 0, inside_ = false; }
  bool Empty() const { return have() == 0 && !inside_; }  // nothing of a next frame was here

 private:
  Status Fill(Socket& socket, size_t need, Deadline deadline,
              Socket::Expect expect = Socket::Expect::kMore);
  Status Discard(Socket& socket, size_t bytes, Deadline deadline);
  size_t have() const { return end_ - begin_; }

  uint32_t max_bytes_;
  wire::Buffer buffer_;
  size_t begin_ = 0, end_ = 0;  // what was read and not yet given out
  bool inside_ = false;         // a frame has begun and is not complete
};

}  // namespace covey::serve
