#include "serve/space/orders.hpp"

#include <algorithm>

namespace covey::serve {
namespace {

using wire::node::Answer;
using wire::node::OrderKind;

constexpr uint64_t kMs = 1'000'000;
constexpr uint64_t kWaitNs = 150 * kMs;        // orders do not queue on radios
constexpr uint64_t kBlockWaitNs = 1500 * kMs;  // blocks do
constexpr uint64_t kLongestWaitNs = 3000 * kMs;
constexpr uint32_t kBlocksInFlight = 16;

}  // namespace

void OrderDesk::Send(Open& open) {
  std::array<std::byte, wire::node::kMaxFrameBytes> buffer;
  wire::node::FrameWriter frame(buffer, {.to = open.to,
                                         .from = mac_,
                                         .type = wire::node::FrameType::kOrder,
                                         .boot = boot_,
                                         .epoch = epoch_});
  Encode(open.order, frame.body());
  (void)port_.Send(frame.Finish());  // It is sent again if no answer comes.
  open.again_ns = now_ns_ + open.wait_ns;
  open.wait_ns = std::min(2 * open.wait_ns, kLongestWaitNs);
}

void OrderDesk::Ask(const Mac& to, const Order& order, Done done) {
  const uint32_t seq = ++seq_;
  Open& open = open_[seq];
  open.to = to;
  open.order = order;
  open.order.seq = seq;
  open.block.assign(order.block.begin(), order.block.end());
  open.order.block = open.block;
  open.done = std::move(done);
  open.wait_ns = order.block.empty() ? kWaitNs : kBlockWaitNs;
  Send(open);
}

void OrderDesk::Take(const Mac& from, const Answer& answer) {
  const auto found = open_.find(answer.seq);
  if (found == open_.end() || found->second.to != from) return;
  const Done done = std::move(found->second.done);
  open_.erase(found);
  done(answer);
}

void OrderDesk::Turn(uint64_t now_ns) {
  now_ns_ = now_ns;
  for (auto& [seq, open] : open_)
    if (now_ns >= open.again_ns) Send(open);
}

uint64_t OrderDesk::next_ns() const {
  uint64_t next = UINT64_MAX;
  for (const auto& [seq, open] : open_) next = std::min(next, open.again_ns);
  return next;
}

void OrderDesk::Drop(const Mac& to) {
  std::vector<Done> told;
  for (auto at = open_.begin(); at != open_.end();) {
    if (at->second.to == to) {
      told.push_back(std::move(at->second.done));
      at = open_.erase(at);
    } else {
      ++at;
    }
  }
  for (const Done& done : told) done(Answer{.code = Code::kUnavailable});
}

void OrderDesk::Forget() {
  std::erase_if(open_,
                [](const auto& entry) { return entry.second.order.kind != OrderKind::kRelease; });
  uploads_.clear();
}

void OrderDesk::SendImage(const Mac& to, const wire::node::ImageDigest& digest,
                          std::span<const std::byte> bytes, Ended ended) {
  const UploadKey key{to, digest};
  const auto [at, added] = uploads_.try_emplace(key);
  at->second.ended.push_back(std::move(ended));
  if (!added) return;
  at->second.to = to;
  at->second.digest = digest;
  at->second.bytes = bytes;
  Ask(to,
      {.kind = OrderKind::kOffer,
       .image = digest,
       .image_bytes = static_cast<uint32_t>(bytes.size())},
      [this, key](const Answer& answer) {
        const auto found = uploads_.find(key);
        if (found == uploads_.end()) return;
        if (answer.code != Code::kOk) return EndUpload(key, answer.code);
        found->second.have = found->second.next = answer.values[0];
        Fill(key);
      });
}

void OrderDesk::Fill(const UploadKey& key) {
  Upload& upload = uploads_.at(key);
  const auto size = static_cast<uint32_t>(upload.bytes.size());
  if (upload.have >= size) return EndUpload(key, Code::kOk);
  if (upload.gap && upload.flying > 0) return;
  if (upload.flying == 0) {
    upload.next = upload.have;
    upload.gap = false;
  }
  while (upload.flying < kBlocksInFlight && upload.next < size) {
    const uint32_t offset = upload.next;
    const uint32_t bytes = std::min<uint32_t>(wire::node::kBlockBytes, size - offset);
    upload.next += bytes;
    ++upload.flying;
    image_bytes_sent_ += bytes;
    Ask(key.first,
        {.kind = OrderKind::kBlock,
         .image = key.second,
         .offset = offset,
         .block = upload.bytes.subspan(offset, bytes)},
        [this, key, offset](const Answer& answer) { BlockAnswered(key, offset, answer); });
  }
}

void OrderDesk::BlockAnswered(const UploadKey& key, uint32_t offset, const Answer& answer) {
  const auto found = uploads_.find(key);
  if (found == uploads_.end()) return;
  Upload& upload = found->second;
  --upload.flying;
  if (answer.code != Code::kOk) return EndUpload(key, answer.code);
  upload.have = std::max(upload.have, answer.values[0]);
  // A block before it is missing: what flies now is in vain.
  if (answer.values[0] <= offset) upload.gap = true;
  Fill(key);
}

void OrderDesk::EndUpload(const UploadKey& key, Code code) {
  const std::vector<Ended> told = std::move(uploads_.at(key).ended);
  uploads_.erase(key);
  for (const Ended& ended : told) ended(code);
}

}  // namespace covey::serve
