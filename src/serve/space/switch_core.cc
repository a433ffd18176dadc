#include "serve/space/switch_core.hpp"

#include <algorithm>

#include "wire/node/messages.hpp"

namespace covey::serve {
namespace {

using wire::node::FrameType;

std::pair<wire::node::Mac, wire::node::Mac> PairOf(const wire::node::Mac& a,
                                                   const wire::node::Mac& b) {
  return a < b ? std::pair(a, b) : std::pair(b, a);
}

bool Group(const wire::node::Mac& mac) { return (mac[0] & 1) != 0; }

struct Load {
  uint64_t bytes = 0;
  bool opens = false;  // the first of its message
};

// Bytes of the frame that the radio is charged for.
Load LoadOf(std::span<const std::byte> bytes) {
  const auto frame = wire::node::ReadFrame(bytes);
  if (!frame.ok()) return {};
  if (frame->head.type == FrameType::kPiece) {
    const auto piece = wire::node::DecodePiece(frame->body);
    if (!piece.ok() || piece->key.hop == wire::node::kResultHop) return {};
    return {piece->bytes.size(), piece->offset == 0};
  }
  if (frame->head.type == FrameType::kOrder) {
    const auto order = wire::node::DecodeOrder(frame->body);
    if (order.ok()) return {order->block.size(), false};
  }
  return {};
}

}  // namespace

void SwitchCore::SetLink(const Mac& a, const Mac& b, const LinkShape& shape) {
  links_[PairOf(a, b)] = shape;
}

void SwitchCore::Cut(const Mac& node, bool cut) {
  if (cut) {
    cut_.insert(node);
  } else {
    cut_.erase(node);
  }
}

LinkShape SwitchCore::ShapeOf(const Mac& a, const Mac& b) const {
  const auto found = links_.find(PairOf(a, b));
  return found == links_.end() ? shape_ : found->second;
}

uint64_t SwitchCore::Charge(const LinkShape& shape, std::span<const std::byte> frame) const {
  const Load load = LoadOf(frame);
  double us = load.opens ? shape.overhead_us : 0;
  if (shape.kbit_s > 0) us += 8e3 * static_cast<double>(load.bytes) / shape.kbit_s;
  return static_cast<uint64_t>(us * 1e3);
}

uint64_t SwitchCore::Occupy(const Mac& node, uint64_t from_ns, uint64_t charge_ns) {
  if (charge_ns == 0) return from_ns;  // control frames do not queue
  uint64_t& free_ns = free_ns_[node];
  free_ns = std::max(free_ns, from_ns) + charge_ns;
  return free_ns;
}

void SwitchCore::Push(Event event) {
  event.order = ++order_;
  events_.push(std::move(event));
}

void SwitchCore::Take(uint64_t now_ns, std::span<const std::byte> frame) {
  const auto ends = wire::node::ReadEnds(frame);
  if (!ends.ok() || frame.size() > wire::node::kMaxFrameBytes || Group(ends->from)) return;
  if (cut_.count(ends->from) != 0) return;
  known_.insert(ends->from);
  if (!Group(ends->to)) return SendOne(now_ns, ends->from, ends->to, frame);
  for (const Mac& to : known_)
    if (to != ends->from) SendOne(now_ns, ends->from, to, frame);
}

void SwitchCore::SendOne(uint64_t now_ns, const Mac& from, const Mac& to,
                         std::span<const std::byte> frame) {
  const LinkShape shape = ShapeOf(from, to);
  const uint64_t charge_ns = Charge(shape, frame);
  if (charge_ns > 0) radio_bytes_ += LoadOf(frame).bytes;
  const uint64_t sent_ns = Occupy(from, now_ns, charge_ns);
  if (shape.loss > 0 && std::uniform_real_distribution<double>(0, 1)(random_) < shape.loss) {
    ++lost_;
    return;
  }
  Push({.at_ns = sent_ns,
        .step = Step::kSent,
        .charge_ns = charge_ns,
        .from = from,
        .to = to,
        .frame = Bytes(frame.begin(), frame.end())});
}

std::optional<SwitchCore::Delivery> SwitchCore::Due(uint64_t now_ns) {
  while (!events_.empty() && events_.top().at_ns <= now_ns) {
    Event event = events_.top();
    events_.pop();
    if (cut_.count(event.to) != 0 || cut_.count(event.from) != 0) continue;
    if (event.step == Step::kArrived) return Delivery{event.to, std::move(event.frame)};
    const auto delay_ns = static_cast<uint64_t>(ShapeOf(event.from, event.to).delay_us * 1e3);
    event.at_ns = Occupy(event.to, event.at_ns, event.charge_ns) + delay_ns;
    event.step = Step::kArrived;
    Push(std::move(event));
  }
  return std::nullopt;
}

}  // namespace covey::serve
