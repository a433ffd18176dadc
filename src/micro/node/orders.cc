// What a coordinator asks of a node. Orders may come twice: each leaves the same behind.
#include "micro/node/node.hpp"

namespace covey::micro {

using wire::node::Answer;
using wire::node::FrameType;
using wire::node::FrameWriter;
using wire::node::Mac;
using wire::node::Order;
using wire::node::OrderKind;
using wire::node::Role;

void Node::Obey(const Mac& from, const Order& order) {
  Answer answer{.seq = order.seq};
  answer.code = Do(order, answer).code();
  FrameWriter frame(frame_, Head(from, FrameType::kAnswer));
  Encode(answer, frame.body());
  (void)parts_.port.Send(frame.Finish());  // The coordinator asks again.
}

Status Node::Do(const Order& order, Answer& answer) {
  switch (order.kind) {
    case OrderKind::kOffer: {
      const Result<uint32_t> have = store_.Offer(order.image, order.image_bytes);
      if (!have.ok()) {
        answer.values = {order.image_bytes, static_cast<uint32_t>(store_.pool().free_bytes())};
        return have.status();
      }
      answer.values[0] = *have;
      return OkStatus();
    }
    case OrderKind::kBlock: {
      COVEY_TRY_ASSIGN(answer.values[0], store_.Append(order.image, order.offset, order.block));
      return OkStatus();
    }
    case OrderKind::kPrepare:
      return Prepare(order.stage, answer);
    case OrderKind::kDrain:
      return Drain(order.pipeline, answer);
    case OrderKind::kCommit:
      return Commit(order);
    case OrderKind::kRelease:
      Release(order.pipeline, order.route);
      return OkStatus();
    case OrderKind::kForget:
      return store_.Forget(order.image);
    case OrderKind::kCount:
      return Count(order, answer);
  }
  return Status(Code::kUnimplemented, "node: unknown order");
}

Status Node::Prepare(const wire::node::Stage& spec, Answer& answer) {
  if (Stage* const known = Find(spec.pipeline, spec.route, spec.hop); known != nullptr) {
    known->spec.interval_us = spec.interval_us;  // of a source: its pace may change
    return OkStatus();
  }
  if (Stage* const source = FindSource(spec.pipeline);
      source != nullptr && spec.role == Role::kSource) {
    if (spec.in_bytes != source->spec.in_bytes)
      return Status(Code::kInvalidArgument, "node: a source keeps its size");
    source->next_spec = spec;
    source->has_next = true;
    return OkStatus();
  }
  Stage* stage = nullptr;
  for (Stage& slot : stages_)
    if (!slot.used && stage == nullptr) stage = &slot;
  if (stage == nullptr) return Status(Code::kResourceExhausted, "node: no stage is free");
  *stage = {};
  stage->used = true;
  stage->spec = spec;
  stage->next_request = request_base_;
  Status status = OkStatus();
  const size_t larger = spec.in_bytes > spec.out_bytes ? spec.in_bytes : spec.out_bytes;
  if (larger == 0) status = Status(Code::kInvalidArgument, "node: a stage without bytes");
  if (status.ok() && spec.role == Role::kChunk) status = PrepareChunk(*stage, answer);
  if (status.ok()) status = ReserveCells(*stage, larger);
  if (status.ok() && spec.role == Role::kTarget && DeliveredOf(spec.pipeline) == nullptr)
    status = Status(Code::kResourceExhausted, "node: no target is free");
  if (status.ok()) return status;
  if (status.code() == Code::kResourceExhausted && answer.values[0] == 0)
    answer.values = {static_cast<uint32_t>(larger * spec.window),
                     static_cast<uint32_t>(ram_.free_bytes())};
  ReleaseStage(*stage);
  return status;
}

namespace {

size_t BytesOf(const Engine& engine, bool inputs) {
  size_t bytes = 0;
  const int count = inputs ? engine.inputs() : engine.outputs();
  for (int i = 0; i < count; ++i) bytes += inputs ? engine.input(i).bytes : engine.output(i).bytes;
  return bytes;
}

}  // namespace

Status Node::PrepareChunk(Stage& stage, Answer& answer) {
  COVEY_TRY_ASSIGN(const std::span<const std::byte> bytes, store_.Hold(stage.spec.image));
  // The store has checked the digest of all bytes.
  const Result<wire::ImageView> image =
      wire::ImageView::Read(bytes, parts_.diag, wire::Digest::kTrust);
  Status status = image.status();
  if (status.ok()) {
    const uint32_t arena_bytes = image->header().arena_bytes;
    stage.arena = ram_.Take(arena_bytes);
    if (stage.arena.empty()) {
      answer.values = {arena_bytes, static_cast<uint32_t>(ram_.free_bytes())};
      status = Status(Code::kResourceExhausted, "node: no room for the chunk's arena");
    }
  }
  if (status.ok()) {
    const Result<Engine> engine = Engine::Prepare(*image, parts_.kernels, stage.arena, parts_.diag);
    status = engine.status();
    if (status.ok()) stage.engine.emplace(*engine);
  }
  if (status.ok() && (BytesOf(*stage.engine, true) != stage.spec.in_bytes ||
                      BytesOf(*stage.engine, false) != stage.spec.out_bytes))
    status = Status(Code::kInvalidArgument, "node: the chunk takes or gives other sizes");
  // ReleaseStage gives all back, but drops the image only for a stage with an engine.
  if (!status.ok() && !stage.engine) store_.Drop(stage.spec.image);
  return status;
}

Status Node::ReserveCells(Stage& stage, size_t bytes) {
  for (int i = 0; i < stage.spec.window; ++i) {
    Cell* cell = nullptr;
    for (Cell& free : cells_)
      if (free.bytes.empty() && cell == nullptr) cell = &free;
    if (cell == nullptr) return Status(Code::kResourceExhausted, "node: no cell is free");
    const std::span<std::byte> room = ram_.Take(bytes);
    if (room.empty()) return Status(Code::kResourceExhausted, "node: no room for activations");
    *cell = {};
    cell->stage = NumberOf(stage);
    cell->bytes = room;
  }
  return OkStatus();
}

void Node::ReleaseStage(Stage& stage) {
  for (Cell& cell : cells_) {
    if (!Mine(cell, stage)) continue;
    if (stage.spec.role == Role::kSource && cell.state != CellState::kFree)
      GiveUp(cell, Status(Code::kCancelled, "the pipeline was released"));
    if (on_processor_ == &cell) on_processor_ = nullptr;
    if (on_accelerator_ == &cell) on_accelerator_ = nullptr;
    ram_.Give(cell.bytes);
    cell = {};
  }
  // Numbers are never used twice: a target knows a request by its number.
  if (stage.next_request > request_base_) request_base_ = stage.next_request;
  if (stage.engine) store_.Drop(stage.spec.image);
  ram_.Give(stage.arena);
  stage = {};
}

void Node::Release(uint16_t pipeline, uint32_t route) {
  for (Stage& stage : stages_) {
    if (!stage.used) continue;
    // A source stays if it is about to go on.
    const bool kept =
        stage.spec.route >= route || (stage.has_next && stage.next_spec.route >= route);
    const bool meant = pipeline == wire::node::kAllPipelines || stage.spec.pipeline == pipeline;
    if (meant && !kept) ReleaseStage(stage);
  }
}

Status Node::Drain(uint16_t pipeline, Answer& answer) {
  Stage* const source = FindSource(pipeline);
  if (source == nullptr) return Status(Code::kNotFound, "node: no source of that pipeline");
  source->admits = false;
  for (const Cell& cell : cells_)
    answer.values[0] += Mine(cell, *source) && cell.state != CellState::kFree ? 1 : 0;
  return OkStatus();
}

// The new route is in force: what is in flight starts again on it, its target knows what it had.
Status Node::Commit(const Order& order) {
  Stage* const source = FindSource(order.pipeline);
  if (source == nullptr) return Status(Code::kNotFound, "node: no source of that pipeline");
  if (source->spec.route != order.route) {
    if (!source->has_next || source->next_spec.route != order.route)
      return Status(Code::kFailedPrecondition, "node: that route was not prepared");
    source->spec = source->next_spec;
    for (Cell& cell : cells_) {
      if (!Mine(cell, *source) || cell.state == CellState::kFree) continue;
      if (order.flag != 0) {
        GiveUp(cell, Status(Code::kUnavailable, "its target left"));
      } else {
        StartSending(cell, source->spec.in_bytes);
      }
    }
  }
  source->has_next = false;
  if (!source->admits) source->due_ns = now_ns_;
  source->admits = true;
  return OkStatus();
}

Status Node::Count(const Order& order, Answer& answer) const {
  bool found = false;
  for (const Stage& stage : stages_) {
    if (!stage.used || stage.spec.pipeline != order.pipeline) continue;
    if (stage.spec.role != static_cast<Role>(order.flag)) continue;
    const StageCounters& c = stage.count;
    found = true;
    uint32_t flying = 0;
    for (const Cell& cell : cells_)
      flying += Mine(cell, stage) && cell.state != CellState::kFree ? 1 : 0;
    if (stage.spec.role == Role::kSource)
      answer.values = {c.accepted, c.answered, c.failed, flying};
    if (stage.spec.role == Role::kTarget) answer.values = {c.delivered, c.repeated, c.crc};
    if (stage.spec.role == Role::kChunk) answer.values = {c.runs};
  }
  return found ? OkStatus() : Status(Code::kNotFound, "node: no such stage of that pipeline");
}

Delivered* Node::DeliveredOf(uint16_t pipeline) {
  Delivered* free = nullptr;
  for (Delivered& entry : delivered_) {
    if (entry.used && entry.pipeline == pipeline) return &entry;
    bool needed = false;
    for (const Stage& stage : stages_)
      needed = needed || (stage.used && stage.spec.role == Role::kTarget && entry.used &&
                          stage.spec.pipeline == entry.pipeline);
    if (!needed && (free == nullptr || (free->used && !entry.used))) free = &entry;
  }
  if (free != nullptr) *free = {.used = true, .pipeline = pipeline};
  return free;
}

}  // namespace covey::micro
