// What arrives: pieces of activations and of results.
#include "micro/node/node.hpp"
#include "wire/node/crc32.hpp"

namespace covey::micro {

using wire::node::Ack;
using wire::node::FrameType;
using wire::node::FrameWriter;
using wire::node::kPieceBytes;
using wire::node::Mac;
using wire::node::MessageKey;
using wire::node::Piece;
using wire::node::Role;
using wire::node::Verdict;

namespace {

constexpr uint32_t kPiecesPerAck = 4;

uint32_t PieceCount(uint32_t total) {
  return (total + uint32_t{kPieceBytes} - 1) / uint32_t{kPieceBytes};
}

bool AllHere(const Cell& cell) {
  const uint32_t count = PieceCount(cell.total);
  for (uint32_t i = 0; i < count; ++i)
    if (((cell.pieces[i / 32] >> (i % 32)) & 1) == 0) return false;
  return true;
}

// Whether all pieces before this one are here: if not, the sender should know at once.
bool Gap(const Cell& cell, uint32_t index) {
  for (uint32_t i = 0; i < index; ++i)
    if (((cell.pieces[i / 32] >> (i % 32)) & 1) == 0) return true;
  return false;
}

}  // namespace

void Node::SendAck(const Mac& to, const MessageKey& key, Verdict verdict, const Cell* cell) {
  Ack ack{.key = key, .verdict = verdict};
  if (cell != nullptr) ack.have = cell->pieces;
  FrameWriter frame(frame_, Head(to, FrameType::kAck));
  Encode(ack, frame.body());
  (void)parts_.port.Send(frame.Finish());  // A lost one is asked for again by its piece.
}

// Finds the cell that the piece belongs in; null: nothing to write, the verdict says why.
Verdict Node::TakeMessage(const Piece& piece, Cell*& cell) {
  const MessageKey& key = piece.key;
  cell = nullptr;
  Stage* const stage = Find(key.pipeline, key.route, key.hop);
  if (stage == nullptr || stage->spec.role == Role::kSource) return Verdict::kRefused;
  if (piece.total != stage->spec.in_bytes) return Verdict::kRefused;
  Cell* const known = FindCell(*stage, key.source_boot, key.request);
  if (known != nullptr && known->state != CellState::kArriving) return Verdict::kDone;
  if (known == nullptr && stage->history.Has(key.source_boot, key.request)) return Verdict::kDone;
  cell = known != nullptr ? known : FreeCell(*stage);
  if (cell == nullptr) return Verdict::kBusy;
  if (known == nullptr) {
    cell->state = CellState::kArriving;
    cell->source_boot = key.source_boot;
    cell->request = key.request;
    cell->total = piece.total;
    cell->pieces = {};
  }
  return Verdict::kTaken;
}

void Node::TakePiece(const Mac& from, const Piece& piece) {
  if (piece.key.hop == wire::node::kResultHop) {
    SendAck(from, piece.key, TakeResult(piece), nullptr);
    return;
  }
  Cell* cell = nullptr;
  const Verdict verdict = TakeMessage(piece, cell);
  if (cell == nullptr) {
    SendAck(from, piece.key, verdict, nullptr);
    return;
  }
  const uint32_t index = piece.offset / uint32_t{kPieceBytes};
  const bool again = ((cell->pieces[index / 32] >> (index % 32)) & 1) != 0;
  if (!again) {
    __builtin_memcpy(cell->bytes.data() + piece.offset, piece.bytes.data(), piece.bytes.size());
    cell->pieces[index / 32] |= 1U << (index % 32);
    cell->since_ns = now_ns_;
  }
  const bool done = AllHere(*cell);
  if (done || again || Gap(*cell, index) || (index + 1) % kPiecesPerAck == 0)
    SendAck(from, piece.key, done ? Verdict::kDone : Verdict::kTaken, cell);
  if (done) Arrived(*cell);
}

void Node::Arrived(Cell& cell) {
  Stage& stage = StageOf(cell);
  stage.history.Add(cell.source_boot, cell.request);
  cell.queued = ++queued_;
  if (stage.spec.role == Role::kTarget) {
    Deliver(cell);
  } else {
    cell.state = CellState::kReady;
    cell.until_ns = now_ns_;
  }
}

// A request is delivered once; its source hears of it each time.
void Node::Deliver(Cell& cell) {
  Stage& stage = StageOf(cell);
  const std::span<const std::byte> output = cell.bytes.first(cell.total);
  uint32_t crc = wire::node::Crc32(output);
  Delivered* const delivered = DeliveredOf(stage.spec.pipeline);
  if (delivered != nullptr && delivered->Has(cell.source_boot, cell.request)) {
    ++stage.count.repeated;
  } else {
    if (delivered != nullptr) delivered->Add(cell.source_boot, cell.request);
    ++stage.count.delivered;
    const uint32_t request = cell.request;
    stage.count.crc ^=
        wire::node::Crc32(output, wire::node::Crc32(std::as_bytes(std::span(&request, 1))));
    parts_.outlet.Delivered(RequestOf(cell), output);
  }
  if (cell.bytes.size() < sizeof(crc)) {  // Too small to hold the word for the source.
    crc &= (1U << (8 * cell.bytes.size())) - 1;
  }
  const size_t word = cell.bytes.size() < sizeof(crc) ? cell.bytes.size() : sizeof(crc);
  __builtin_memcpy(cell.bytes.data(), &crc, word);
  StartSending(cell, static_cast<uint32_t>(word));
}

Verdict Node::TakeResult(const Piece& piece) {
  Stage* const source = FindSource(piece.key.pipeline);
  // One of an earlier start, or given up: nobody waits for it, and its sender may rest.
  if (source == nullptr || piece.key.source_boot != identity_.boot) return Verdict::kDone;
  Cell* const cell = FindCell(*source, identity_.boot, piece.key.request);
  if (cell == nullptr) return Verdict::kDone;
  ++source->count.answered;
  cell->state = CellState::kFree;
  parts_.outlet.Answered(RequestOf(*cell));
  return Verdict::kDone;
}

}  // namespace covey::micro
