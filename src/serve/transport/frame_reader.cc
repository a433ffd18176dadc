#include "serve/transport/frame_reader.hpp"

#include <cstring>

namespace covey::serve {
namespace {

constexpr size_t kReadAhead = 16384;
constexpr size_t kKeepBytes = 1U << 20;  // a larger buffer is given back after use

}  // namespace

// Makes sure that `need` bytes are there from begin_ on.
Status FrameReader::Fill(Socket& socket, size_t need, Deadline deadline, Socket::Expect expect) {
  if (begin_ + need > buffer_.bytes().size()) {
    // With the next header, so that a frame of the same length needs no move.
    const size_t room = std::max(need + wire::kFrameHeaderBytes, kReadAhead);
    if (begin_ > 0 && have() > 0)
      std::memmove(buffer_.bytes().data(), buffer_.bytes().data() + begin_, have());
    end_ = have();
    begin_ = 0;
    if (room > buffer_.bytes().size()) buffer_.Resize(room, end_);
  }
  if (need > have() + kReadAhead) {
    // A long body: exactly it, so that it needs one call.
    const size_t missing = need - have();
    COVEY_TRY(socket.ReceiveAll(buffer_.bytes().subspan(end_, missing), deadline));
    end_ += missing;
  }
  while (have() < need) {
    COVEY_TRY_ASSIGN(const size_t n,
                     socket.Receive(buffer_.bytes().subspan(end_), deadline, expect));
    end_ += n;
  }
  return OkStatus();
}

Status FrameReader::Discard(Socket& socket, size_t bytes, Deadline deadline) {
  const size_t buffered = std::min(bytes, have());
  begin_ += buffered;
  bytes -= buffered;
  if (bytes == 0) return OkStatus();
  begin_ = end_ = 0;
  while (bytes > 0) {
    std::span<std::byte> room = buffer_.bytes();
    COVEY_TRY_ASSIGN(const size_t n,
                     socket.Receive(room.first(std::min(bytes, room.size())), deadline));
    bytes -= n;
  }
  return OkStatus();
}

Result<Frame> FrameReader::Next(Socket& socket, Deadline begin_by,
                                std::chrono::nanoseconds frame_time) {
  if (have() == 0) {
    if (buffer_.capacity() > kKeepBytes) buffer_.Trim(kKeepBytes);
    Reset();
    COVEY_TRY(Fill(socket, 1, begin_by, Socket::Expect::kIdle));
  }
  inside_ = true;
  Frame frame;
  frame.began = std::chrono::steady_clock::now();
  const Deadline deadline = DeadlineIn(frame_time);
  COVEY_TRY(Fill(socket, wire::kFrameHeaderBytes, deadline));
  COVEY_TRY_ASSIGN(frame.header, wire::ReadFrameHeader(
                                     std::span<const std::byte, wire::kFrameHeaderBytes>(
                                         buffer_.bytes().data() + begin_, wire::kFrameHeaderBytes),
                                     UINT32_MAX));
  begin_ += wire::kFrameHeaderBytes;
  const size_t length = frame.header.length;
  frame.oversize = length > max_bytes_;
  frame.beyond_discard = frame.oversize && length > kMaxDiscardBytes;
  if (frame.beyond_discard) return frame;
  if (frame.oversize) {
    COVEY_TRY(Discard(socket, length, deadline));
    inside_ = false;
    return frame;
  }
  COVEY_TRY(Fill(socket, length, deadline));
  frame.body = buffer_.bytes().subspan(begin_, length);
  begin_ += length;
  inside_ = false;
  return frame;
}

}  // namespace covey::serve
