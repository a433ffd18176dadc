#include "wire/rpc/host/script_link.hpp"

#include <algorithm>
#include <cstring>

#include "wire/rpc/frame.hpp"

namespace covey::wire {

Status ScriptLink::Late(uint64_t deadline_ns) {
  clock_.now_ns = std::max(clock_.now_ns, deadline_ns);
  return Fail(Status(Code::kDeadlineExceeded, "script: nothing came in time"));
}

Status ScriptLink::Connect(const Endpoint& to, uint64_t deadline_ns) {
  ++connects;
  last_host = to.host;
  last_port = to.port;
  unread.clear();
  pending_.clear();
  sent_here_ = 0;
  if (hang) return Late(deadline_ns);
  if (refuse) return Fail(Status(Code::kUnavailable, "script: connection refused"));
  open_ = true;
  return OkStatus();
}

void ScriptLink::StartConnect(const Endpoint& to) {
  ++starts;
  open_ = false;
  if (hang || refuse) return;
  --connects;
  (void)Connect(to, 0);
}

Status ScriptLink::Send(std::span<const std::byte> bytes, uint64_t deadline_ns, bool more) {
  if (!open_) return Status(Code::kUnavailable, "script: not open");
  if (clock_.now_ns >= deadline_ns) return Late(deadline_ns);
  sends.push_back({bytes.size(), more});
  const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  sent += text;
  sent_here_ += text.size();
  if (sent_here_ >= die_after_sent)
    return Fail(Status(Code::kUnavailable, "script: connection reset"));
  pending_ += text;
  while (pending_.size() >= kFrameHeaderBytes) {
    std::byte header[kFrameHeaderBytes];
    std::memcpy(header, pending_.data(), sizeof header);
    const auto frame = ReadFrameHeader(header, UINT32_MAX);
    if (!frame.ok()) return Fail(frame.status());
    const size_t size = kFrameHeaderBytes + frame->length;
    if (pending_.size() < size) break;
    if (peer) unread += peer(std::string_view(pending_).substr(0, size));
    here_ns_ = clock_.now_ns + slow_ns;
    pending_.erase(0, size);
  }
  return OkStatus();
}

bool ScriptLink::Await(uint64_t until_ns) {
  const bool comes = !open_ || closes || endless || !unread.empty();
  if (comes && (!open_ || here_ns_ <= std::max(clock_.now_ns, until_ns))) {
    clock_.now_ns = std::max(clock_.now_ns, open_ ? here_ns_ : 0);
    return true;
  }
  clock_.now_ns = std::max(clock_.now_ns, until_ns);
  return false;
}

Result<size_t> ScriptLink::Receive(std::span<std::byte> buffer, uint64_t deadline_ns) {
  if (!open_) return Status(Code::kUnavailable, "script: not open");
  if (unread.empty() && endless) unread.assign(buffer.size(), '\0');
  if (unread.empty() && closes) return Fail(Status(Code::kUnavailable, "script: peer closed"));
  if (unread.empty()) return Late(deadline_ns);
  if (here_ns_ > deadline_ns) return Late(deadline_ns);
  clock_.now_ns = std::max(clock_.now_ns, here_ns_);
  const size_t size = std::min({buffer.size(), unread.size(), chunk});
  std::memcpy(buffer.data(), unread.data(), size);
  unread.erase(0, size);
  return size;
}

}  // namespace covey::wire
