#include "wire/rpc/link_stream.hpp"

namespace covey::wire {
namespace {

constexpr Status kLate{Code::kDeadlineExceeded, "agent: no answer in time"};

size_t Min(size_t a, size_t b) { return a < b ? a : b; }

}  // namespace

bool LinkWriter::Send(bool more) {
  if (clock_.NowNs() >= deadline_ns_) {
    status_ = kLate;
  } else {
    status_ = link_.Send(buffer_.first(used_), deadline_ns_, more);
  }
  used_ = 0;
  return status_.ok();
}

std::span<std::byte> LinkWriter::Room() {
  if (!status_.ok()) return {};
  if (used_ == buffer_.size() && !Send(/*more=*/true)) return {};
  return buffer_.subspan(used_);
}

bool LinkWriter::Put(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const std::span<std::byte> room = Room();
    if (room.empty()) return false;
    const size_t size = Min(room.size(), bytes.size());
    __builtin_memcpy(room.data(), bytes.data(), size);
    used_ += size;
    bytes = bytes.subspan(size);
  }
  return status_.ok();
}

bool LinkWriter::PutBulk(const Bulk& bulk) {
  for (size_t offset = 0; offset < bulk.size;) {
    const std::span<std::byte> room = Room();
    if (room.empty()) return false;
    const size_t size = Min(room.size(), bulk.size - offset);
    if (!bulk.read(bulk.context, offset, room.data(), size)) {
      status_ = Status(Code::kInvalidArgument, "input: its read callback broke off");
      return false;
    }
    used_ += size;
    offset += size;
  }
  return status_.ok();
}

Status LinkWriter::Finish() {
  if (status_.ok() && used_ > 0) Send(/*more=*/false);
  return status_;
}

bool LinkReader::Fill() {
  if (!status_.ok()) return false;
  if (left_ == 0) {
    status_ = Status(Code::kDataLoss, "agent: its message ends too early");
    return false;
  }
  if (clock_.NowNs() >= deadline_ns_) {
    status_ = kLate;
    return false;
  }
  const size_t most = Min(buffer_.size(), left_);
  Result<size_t> got = link_.Receive(buffer_.first(most), deadline_ns_);
  if (!got.ok()) {
    status_ = got.status();
  } else if (*got == 0 || *got > most) {
    status_ = Status(Code::kInternal, "link: received no byte, or more than asked for");
  } else {
    received_ = true;
    next_ = 0;
    filled_ = *got;
    left_ -= *got;
  }
  return status_.ok();
}

std::span<const std::byte> LinkReader::Take(size_t most) {
  if (next_ == filled_ && !Fill()) return {};
  const std::span<const std::byte> bytes = buffer_.subspan(next_, Min(most, filled_ - next_));
  next_ += bytes.size();
  return bytes;
}

bool LinkReader::Read(std::span<std::byte> to) {
  while (!to.empty()) {
    const std::span<const std::byte> bytes = Take(to.size());
    if (bytes.empty()) return false;
    __builtin_memcpy(to.data(), bytes.data(), bytes.size());
    to = to.subspan(bytes.size());
  }
  return status_.ok();
}

bool LinkReader::Skip(size_t bytes) {
  while (bytes > 0) {
    const size_t size = Take(bytes).size();
    if (size == 0) return false;
    bytes -= size;
  }
  return status_.ok();
}

}  // namespace covey::wire
