// What leaves: a cell's message, in pieces, until the next hop has all of them.
#include "micro/node/node.hpp"

namespace covey::micro {

using wire::node::Ack;
using wire::node::FrameType;
using wire::node::FrameWriter;
using wire::node::kPieceBytes;
using wire::node::Piece;
using wire::node::Role;
using wire::node::Verdict;

namespace {

constexpr uint64_t kMs = 1'000'000;
constexpr uint32_t kPiecesInFlight = 8;
constexpr uint64_t kFirstTimeoutNs = 1000 * kMs;
constexpr uint64_t kLongestTimeoutNs = 4000 * kMs;
constexpr uint64_t kBusyNs = 20 * kMs;   // a full receiver is asked again after this
constexpr uint64_t kNoRoomNs = 1 * kMs;  // a full card
// A node that only hands on lets go then: who asked has long given up, or gone another way.
constexpr uint64_t kLetGoNs = 15'000 * kMs;

uint32_t PieceCount(uint32_t total) {
  return (total + uint32_t{kPieceBytes} - 1) / uint32_t{kPieceBytes};
}

bool Acknowledged(const Cell& cell, uint32_t index) {
  return ((cell.pieces[index / 32] >> (index % 32)) & 1) != 0;
}

uint32_t InFlight(const Cell& cell) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < cell.sent; ++i) count += Acknowledged(cell, i) ? 0 : 1;
  return count;
}

}  // namespace

void Node::StartSending(Cell& cell, uint32_t bytes) {
  cell.state = CellState::kSending;
  cell.total = bytes;
  cell.pieces = {};
  cell.sent = 0;
  cell.holes_sent = false;
  cell.since_ns = cell.until_ns = now_ns_;
  cell.timeout_ns = kFirstTimeoutNs;
  if (StageOf(cell).spec.role != Role::kSource) cell.begin_ns = now_ns_;
}

bool Node::SendPiece(const Cell& cell, uint32_t index) {
  const uint32_t offset = index * uint32_t{kPieceBytes};
  const uint32_t left = cell.total - offset;
  const size_t size = left < kPieceBytes ? left : kPieceBytes;
  FrameWriter frame(frame_, Head(StageOf(cell).spec.next, FrameType::kPiece));
  Encode(Piece{.key = KeyOf(cell),
               .total = cell.total,
               .offset = offset,
               .bytes = cell.bytes.subspan(offset, size)},
         frame.body());
  return parts_.port.Send(frame.Finish());
}

void Node::SendDue(Cell& cell) {
  const bool source = StageOf(cell).spec.role == Role::kSource;
  if (!source && now_ns_ >= cell.begin_ns + kLetGoNs) {
    cell.state = CellState::kFree;
    return;
  }
  if (StageOf(cell).spec.next == identity_.mac) return HandOver(cell);
  const uint32_t count = PieceCount(cell.total);
  const bool late = now_ns_ >= cell.since_ns + cell.timeout_ns;
  if (late && cell.sent > 0) {
    // One piece asks what is there; the answer says which others to repeat.
    uint32_t first = 0;
    while (first + 1 < cell.sent && Acknowledged(cell, first)) ++first;
    (void)SendPiece(cell, first);
    cell.holes_sent = false;
    cell.since_ns = now_ns_;
    cell.timeout_ns =
        2 * cell.timeout_ns < kLongestTimeoutNs ? 2 * cell.timeout_ns : kLongestTimeoutNs;
  }
  uint32_t in_flight = InFlight(cell);
  while (cell.sent < count && in_flight < kPiecesInFlight) {
    if (!SendPiece(cell, cell.sent)) {
      cell.until_ns = now_ns_ + kNoRoomNs;
      return;
    }
    if (cell.sent++ == 0) cell.since_ns = now_ns_;
    ++in_flight;
  }
  cell.until_ns = cell.since_ns + cell.timeout_ns;
}

// Pieces that later ones have overtaken are lost: the way keeps order.
void Node::SendHoles(Cell& cell) {
  if (cell.holes_sent) return;
  uint32_t last = 0;
  for (uint32_t i = 0; i < cell.sent; ++i)
    if (Acknowledged(cell, i)) last = i;
  for (uint32_t i = 0; i < last; ++i) {
    if (Acknowledged(cell, i)) continue;
    (void)SendPiece(cell, i);
    cell.holes_sent = true;
  }
}

void Node::TakeAck(const Ack& ack) {
  for (Cell& cell : cells_) {
    if (cell.state != CellState::kSending || cell.bytes.empty() || KeyOf(cell) != ack.key) continue;
    if (ack.verdict == Verdict::kDone) return Sent(cell);
    if (ack.verdict == Verdict::kBusy) {
      const uint64_t begin_ns = cell.begin_ns;
      StartSending(cell, cell.total);
      cell.begin_ns = begin_ns;
      cell.until_ns = now_ns_ + kBusyNs;
      return;
    }
    if (ack.verdict == Verdict::kRefused) {
      // Its route is gone. A source waits for another one, others let go.
      if (StageOf(cell).spec.role != Role::kSource) cell.state = CellState::kFree;
      if (StageOf(cell).spec.role == Role::kSource) cell.until_ns = now_ns_ + kFirstTimeoutNs;
      return;
    }
    bool progress = false;
    for (size_t i = 0; i < kBitmapWords; ++i) {
      progress = progress || (ack.have[i] & ~cell.pieces[i]) != 0;
      cell.pieces[i] |= ack.have[i];
    }
    if (progress) {
      cell.since_ns = now_ns_;
      cell.timeout_ns = kFirstTimeoutNs;
    }
    SendHoles(cell);
    SendDue(cell);
    return;
  }
}

void Node::Sent(Cell& cell) {
  if (StageOf(cell).spec.role != Role::kSource) {
    cell.state = CellState::kFree;
    return;
  }
  const uint64_t give_up_ns = StageOf(cell).spec.give_up_ms * kMs;
  cell.state = CellState::kWaiting;
  cell.since_ns = now_ns_;
  cell.timeout_ns = give_up_ns / 4 + kMs;
}

// The next hop is this node: no radio.
void Node::HandOver(Cell& cell) {
  const Piece whole{.key = KeyOf(cell), .total = cell.total};
  if (StageOf(cell).spec.role == Role::kTarget) {
    (void)TakeResult(whole);
    cell.state = CellState::kFree;
    return;
  }
  Cell* to = nullptr;
  const Verdict verdict = TakeMessage(whole, to);
  if (verdict == Verdict::kBusy || verdict == Verdict::kRefused) {
    cell.until_ns = now_ns_ + kBusyNs;
    if (verdict == Verdict::kRefused && StageOf(cell).spec.role != Role::kSource)
      cell.state = CellState::kFree;
    return;
  }
  Sent(cell);
  if (to == nullptr) return;
  __builtin_memcpy(to->bytes.data(), cell.bytes.data(), whole.total);
  Arrived(*to);
}

}  // namespace covey::micro
