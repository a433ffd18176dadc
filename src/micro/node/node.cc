#include "micro/node/node.hpp"

namespace covey::micro {

using wire::node::FrameHead;
using wire::node::FrameType;
using wire::node::FrameWriter;
using wire::node::Mac;

namespace {

constexpr uint64_t kMs = 1'000'000;

}  // namespace

Node::Node(const NodeParts& parts, const NodeIdentity& identity)
    : parts_(parts), identity_(identity), store_(parts.flash), ram_(parts.ram) {
  now_ns_ = hello_ns_ = parts_.clock.NowNs();
}

FrameHead Node::Head(const Mac& to, FrameType type) const {
  return {.to = to, .from = identity_.mac, .type = type, .boot = identity_.boot, .epoch = epoch_};
}

void Node::SayHello(const Mac& to) {
  int stages = 0;
  for (const Stage& stage : stages_) stages += stage.used ? 1 : 0;
  FrameWriter frame(frame_, Head(to, FrameType::kHello));
  Encode(wire::node::Hello{.name = wire::node::NameOf(identity_.name),
                           .kind = wire::node::NameOf(identity_.kind),
                           .images = static_cast<uint8_t>(store_.images()),
                           .stages = static_cast<uint8_t>(stages),
                           .interval_ms = identity_.hello_ms,
                           .flash_bytes = static_cast<uint32_t>(store_.pool().size()),
                           .flash_free = static_cast<uint32_t>(store_.pool().free_bytes()),
                           .ram_bytes = static_cast<uint32_t>(ram_.size()),
                           .ram_free = static_cast<uint32_t>(ram_.free_bytes()),
                           .runs = runs_},
         frame.body());
  (void)parts_.port.Send(frame.Finish());  // The next one is soon.
}

void Node::Take(std::span<const std::byte> bytes) {
  const Result<wire::node::Frame> frame = wire::node::ReadFrame(bytes);
  if (!frame.ok()) return;
  const FrameHead& head = frame->head;
  if (head.to != identity_.mac && head.to != wire::node::kEveryone) return;
  if (head.from == identity_.mac) return;
  now_ns_ = parts_.clock.NowNs();
  switch (head.type) {
    case FrameType::kProbe:
      SayHello(head.from);
      break;
    case FrameType::kOrder: {
      const Result<wire::node::Order> order = wire::node::DecodeOrder(frame->body);
      if (!order.ok()) break;
      if (head.epoch > epoch_) epoch_ = head.epoch;
      Obey(head.from, *order);
      break;
    }
    case FrameType::kPiece: {
      const Result<wire::node::Piece> piece = wire::node::DecodePiece(frame->body);
      if (piece.ok()) TakePiece(head.from, *piece);
      break;
    }
    case FrameType::kAck: {
      const Result<wire::node::Ack> ack = wire::node::DecodeAck(frame->body);
      if (ack.ok()) TakeAck(*ack);
      break;
    }
    case FrameType::kHello:
    case FrameType::kAnswer:
      break;
  }
}

void Node::Turn() {
  now_ns_ = parts_.clock.NowNs();
  if (now_ns_ >= hello_ns_) {
    SayHello(wire::node::kEveryone);
    hello_ns_ = now_ns_ + identity_.hello_ms * kMs;
  }
  for (Stage& stage : stages_) {
    if (stage.used && stage.spec.role == wire::node::Role::kSource) TurnSource(stage);
  }
  Work();
  for (Cell& cell : cells_) {
    if (cell.state == CellState::kSending && now_ns_ >= cell.until_ns) SendDue(cell);
    // Its sender is gone, or has taken another way.
    if (cell.state == CellState::kArriving && now_ns_ >= CellDue(cell))
      cell.state = CellState::kFree;
  }
}

uint64_t Node::CellDue(const Cell& cell) const {
  constexpr uint64_t kAbandonedNs = 5000 * kMs;
  switch (cell.state) {
    case CellState::kArriving:
      return cell.since_ns + kAbandonedNs;
    case CellState::kReady:
    case CellState::kRan:
      return on_processor_ == nullptr ? 0 : UINT64_MAX;
    case CellState::kLoaded:
      return on_accelerator_ == nullptr ? 0 : UINT64_MAX;
    case CellState::kLoading:
    case CellState::kRunning:
    case CellState::kUnloading:
    case CellState::kSending:
      return cell.until_ns;
    case CellState::kFree:
    case CellState::kWaiting:
      return UINT64_MAX;
  }
  return UINT64_MAX;
}

uint64_t Node::next_ns() const {
  uint64_t next = hello_ns_;
  const auto sooner = [&next](uint64_t moment) { next = moment < next ? moment : next; };
  for (const Cell& cell : cells_) {
    sooner(CellDue(cell));
    if (cell.state == CellState::kFree || StageOf(cell).spec.role != wire::node::Role::kSource)
      continue;
    const wire::node::Stage& spec = StageOf(cell).spec;
    sooner(cell.begin_ns + spec.give_up_ms * kMs);
    if (cell.state == CellState::kWaiting) sooner(cell.since_ns + cell.timeout_ns);
  }
  for (const Stage& stage : stages_) {
    if (!stage.used || !stage.admits) continue;
    if (stage.spec.limit != 0 && stage.count.accepted >= stage.spec.limit) continue;
    for (const Cell& cell : cells_) {
      if (!Mine(cell, stage) || cell.state != CellState::kFree) continue;
      sooner(stage.due_ns);
      break;
    }
  }
  return next;
}

Stage* Node::Find(uint16_t pipeline, uint32_t route, uint8_t hop) {
  for (Stage& stage : stages_) {
    if (stage.used && stage.spec.pipeline == pipeline && stage.spec.route == route &&
        stage.spec.hop == hop)
      return &stage;
  }
  return nullptr;
}

Stage* Node::FindSource(uint16_t pipeline) {
  for (Stage& stage : stages_) {
    if (stage.used && stage.spec.pipeline == pipeline &&
        stage.spec.role == wire::node::Role::kSource)
      return &stage;
  }
  return nullptr;
}

Cell* Node::FindCell(const Stage& stage, uint32_t boot, uint32_t request) {
  for (Cell& cell : cells_) {
    if (Mine(cell, stage) && cell.state != CellState::kFree && cell.source_boot == boot &&
        cell.request == request)
      return &cell;
  }
  return nullptr;
}

Cell* Node::FreeCell(const Stage& stage) {
  for (Cell& cell : cells_)
    if (Mine(cell, stage) && cell.state == CellState::kFree) return &cell;
  return nullptr;
}

wire::node::MessageKey Node::KeyOf(const Cell& cell) const {
  const wire::node::Stage& spec = StageOf(cell).spec;
  const bool result = spec.role == wire::node::Role::kTarget;
  return {.pipeline = spec.pipeline,
          .route = spec.route,
          .hop = result ? wire::node::kResultHop : static_cast<uint8_t>(spec.hop + 1),
          .source_boot = cell.source_boot,
          .request = cell.request};
}

bool Delivered::Has(uint32_t boot, uint32_t request) const {
  if (highest == 0 || boot != source_boot || request > highest) return false;
  if (request == highest) return true;
  const uint32_t back = highest - 1 - request;
  return back >= 64 || ((below >> back) & 1) != 0;
}

void Delivered::Add(uint32_t boot, uint32_t request) {
  if (highest == 0 || boot != source_boot) {
    source_boot = boot;
    highest = request;
    below = 0;
    return;
  }
  if (request < highest) {
    below |= uint64_t{1} << (highest - 1 - request);
    return;
  }
  const uint32_t ahead = request - highest;
  below = ahead >= 64 ? 0 : below << ahead;
  if (ahead <= 64) below |= uint64_t{1} << (ahead - 1);
  highest = request;
}

}  // namespace covey::micro
