#include "common/ip/tcp_link.hpp"

#include "common/board.hpp"

namespace covey::board {

class TcpLink::Stopwatch {
 public:
  explicit Stopwatch(TcpLink& link) : link_(link), begin_ns_(ClockNs()) {}
  ~Stopwatch() { link_.spent_ns_ += ClockNs() - begin_ns_; }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  TcpLink& link_;
  uint64_t begin_ns_;
};

Status TcpLink::Connect(const Endpoint& peer, uint64_t deadline_ns) {
  const Stopwatch stopwatch(*this);
  COVEY_TRY(StartConnecting(peer));
  while (!connected_) {
    if (pcb_ == nullptr) return Break(Status(Code::kUnavailable, "the peer refused to connect"));
    if (ClockNs() >= deadline_ns) {
      return Break(Status(Code::kDeadlineExceeded, "no connection before the deadline"));
    }
    stack_.Turn();
  }
  return OkStatus();
}

Status TcpLink::StartConnecting(const Endpoint& peer) {
  Close();
  ip4_addr_t address;
  if (ip4addr_aton(peer.host, &address) == 0) {
    return Status(Code::kInvalidArgument, "the peer's host is no IPv4 address");
  }
  pcb_ = tcp_new();
  if (pcb_ == nullptr) return Status(Code::kResourceExhausted, "no TCP connection is free");
  tcp_arg(pcb_, this);
  tcp_recv(pcb_, OnReceived);
  tcp_err(pcb_, OnError);
  tcp_nagle_disable(pcb_);
  if (tcp_connect(pcb_, &address, peer.port, OnConnected) != ERR_OK) {
    return Break(Status(Code::kUnavailable, "the connection cannot be started"));
  }
  return OkStatus();
}

bool TcpLink::Poll() {
  const Stopwatch stopwatch(*this);
  stack_.Take();
  return IsOpen();
}

Status TcpLink::Send(std::span<const std::byte> bytes, uint64_t deadline_ns, bool more) {
  const Stopwatch stopwatch(*this);
  while (!bytes.empty()) {
    if (pcb_ == nullptr || !connected_) return Lost();
    size_t piece = tcp_sndbuf(pcb_);
    if (piece > bytes.size()) piece = bytes.size();
    const bool push = !more && piece == bytes.size();
    const auto flags = static_cast<u8_t>(TCP_WRITE_FLAG_COPY | (push ? 0 : TCP_WRITE_FLAG_MORE));
    err_t error = ERR_MEM;
    if (piece > 0) error = tcp_write(pcb_, bytes.data(), static_cast<u16_t>(piece), flags);
    if (error == ERR_OK) {
      bytes = bytes.subspan(piece);
      continue;
    }
    if (error != ERR_MEM) return Lost();
    // The buffer is full: send it and wait for room.
    if (ClockNs() >= deadline_ns) {
      return Break(Status(Code::kDeadlineExceeded, "the peer took the request too slowly"));
    }
    (void)tcp_output(pcb_);
    stack_.Turn();
  }
  if (pcb_ == nullptr || !connected_) return Lost();
  // ERR_MEM here is no loss: lwIP's timer sends what is queued.
  if (!more) (void)tcp_output(pcb_);
  return OkStatus();
}

Result<size_t> TcpLink::Receive(std::span<std::byte> buffer, uint64_t deadline_ns) {
  const Stopwatch stopwatch(*this);
  if (buffer.empty()) return Status(Code::kInvalidArgument, "no room to receive into");
  while (arrived_ == nullptr) {
    if (pcb_ == nullptr || ended_) return Lost();
    if (ClockNs() >= deadline_ns) {
      return Break(Status(Code::kDeadlineExceeded, "no answer before the deadline"));
    }
    stack_.Turn();
  }
  return TakeArrived(buffer);
}

bool TcpLink::Await(uint64_t until_ns) {
  const Stopwatch stopwatch(*this);
  stack_.Take();
  while (arrived_ == nullptr && pcb_ != nullptr && !ended_) {
    if (ClockNs() >= until_ns) return false;
    stack_.Turn();
  }
  return true;
}

size_t TcpLink::TakeArrived(std::span<std::byte> buffer) {
  size_t taken = arrived_->tot_len - read_;
  if (taken > buffer.size()) taken = buffer.size();
  pbuf_copy_partial(arrived_, buffer.data(), static_cast<u16_t>(taken), static_cast<u16_t>(read_));
  read_ += taken;
  // Give back each buffer of the chain that has been read to its end.
  while (arrived_ != nullptr && read_ >= arrived_->len) {
    pbuf* const first = arrived_;
    read_ -= first->len;
    arrived_ = first->next;
    if (arrived_ != nullptr) pbuf_ref(arrived_);
    pbuf_free(first);
  }
  if (pcb_ != nullptr) tcp_recved(pcb_, static_cast<u16_t>(taken));
  return taken;
}

void TcpLink::Close() {
  if (arrived_ != nullptr) pbuf_free(arrived_);
  arrived_ = nullptr;
  read_ = 0;
  if (pcb_ != nullptr) {
    tcp_arg(pcb_, nullptr);
    tcp_recv(pcb_, nullptr);
    tcp_err(pcb_, nullptr);
    if (!connected_ || tcp_close(pcb_) != ERR_OK) tcp_abort(pcb_);
  }
  pcb_ = nullptr;
  connected_ = false;
  ended_ = false;
}

// A connection that failed in the middle is of no more use to either side.
Status TcpLink::Break(Status status) {
  connected_ = false;
  Close();
  return status;
}

Status TcpLink::Lost() {
  return Break(Status(Code::kUnavailable, "the connection is closed or broke off"));
}

err_t TcpLink::OnConnected(void* self, tcp_pcb*, err_t) {
  static_cast<TcpLink*>(self)->connected_ = true;
  return ERR_OK;
}

err_t TcpLink::OnReceived(void* self, tcp_pcb*, pbuf* packet, err_t) {
  auto& link = *static_cast<TcpLink*>(self);
  if (packet == nullptr) {
    link.ended_ = true;
  } else if (link.arrived_ == nullptr) {
    link.arrived_ = packet;
  } else {
    pbuf_cat(link.arrived_, packet);
  }
  return ERR_OK;
}

void TcpLink::OnError(void* self, err_t) {
  auto& link = *static_cast<TcpLink*>(self);
  link.pcb_ = nullptr;  // lwIP has freed it
  link.connected_ = false;
}

}  // namespace covey::board
