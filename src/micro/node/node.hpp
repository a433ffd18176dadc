// Node is one member of a computing space: it says that it is here, keeps chunks of models, runs
// them and hands activations on to the next node, as a coordinator ordered (docs/spec/node.md). The
// same state machine on boards, in host processes and under a test's clock.
//
//   Node node({.clock = clock, .port = port, .sensor = sensor, .outlet = outlet, .diag = diag,
//              .kernels = kernels, .flash = flash, .ram = ram},
//             {.mac = mac, .name = "watch", .kind = "max78000", .boot = 7});
//   while (true) {
//     while (const size_t n = card.Receive(frame)) node.Take(frame.first(n));
//     node.Turn();
//     SleepUntil(node.next_ns());           // or until a frame comes
//   }
//
// Memory: none but flash and ram, which are borrowed: images lie in flash, arenas and activations
// in ram. Prepare of a stage reserves all that its requests will need.
// Exact: each request that a source admits is answered or failed, once; a target delivers each
// once, whatever is lost, repeated or moved to another route.
// Threads: one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/clock.hpp"
#include "core/diag.hpp"
#include "core/op_view.hpp"
#include "core/status.hpp"
#include "micro/node/pool.hpp"
#include "micro/node/stage.hpp"
#include "micro/node/store.hpp"
#include "wire/node/frame.hpp"
#include "wire/node/messages.hpp"

namespace covey::micro {

// Where frames leave. False: no room now, try again.
class FramePort {
 public:
  virtual bool Send(std::span<const std::byte> frame) = 0;

 protected:
  ~FramePort() = default;
};

// What a source reads. `request` counts from 1; the same numbers give the same bytes.
class Sensor {
 public:
  virtual void Read(uint16_t pipeline, uint32_t seed, uint32_t request,
                    std::span<std::byte> to) = 0;

 protected:
  ~Sensor() = default;
};

struct Request {
  uint16_t pipeline = 0;
  uint32_t source_boot = 0, number = 0;  // the number counts within one start of the source
};

// Told what becomes of requests: at their target once, at their source once.
class Outlet {
 public:
  virtual void Delivered(const Request& request, std::span<const std::byte> output) = 0;
  virtual void Answered(const Request& request) = 0;
  virtual void Failed(const Request& request, Status why) = 0;

 protected:
  ~Outlet() = default;
};

struct NodeParts {
  Clock& clock;
  FramePort& port;
  Sensor& sensor;
  Outlet& outlet;
  Diag& diag;
  std::span<const Kernel> kernels;
  std::span<std::byte> flash, ram;  // 16-byte aligned
};

struct NodeIdentity {
  wire::node::Mac mac{};
  const char* name = "";
  const char* kind = "";
  uint32_t boot = 0;  // not the number of an earlier start
  uint16_t hello_ms = 250;
};

class Node {
 public:
  static constexpr size_t kMaxStages = 24;
  static constexpr size_t kMaxCells = 96;
  static constexpr size_t kMaxTargets = 16;

  Node(const NodeParts& parts, const NodeIdentity& identity);
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  // A frame that arrived; what is not ours, or damaged, is dropped.
  void Take(std::span<const std::byte> frame);
  // Does all that is due.
  void Turn();
  // When Turn has something to do if no frame comes before.
  uint64_t next_ns() const;

  // For those who show it.
  std::span<const Stage> stages() const { return stages_; }
  const Store& store() const { return store_; }
  const Pool& ram() const { return ram_; }
  uint32_t runs() const { return runs_; }
  uint32_t epoch() const { return epoch_; }

 private:
  // node.cc
  void SayHello(const wire::node::Mac& to);
  wire::node::FrameHead Head(const wire::node::Mac& to, wire::node::FrameType type) const;
  uint64_t CellDue(const Cell& cell) const;

  // orders.cc
  void Obey(const wire::node::Mac& from, const wire::node::Order& order);
  Status Do(const wire::node::Order& order, wire::node::Answer& answer);
  Status Prepare(const wire::node::Stage& spec, wire::node::Answer& answer);
  Status PrepareChunk(Stage& stage, wire::node::Answer& answer);
  Status ReserveCells(Stage& stage, size_t bytes);
  Status Commit(const wire::node::Order& order);
  Status Drain(uint16_t pipeline, wire::node::Answer& answer);
  void Release(uint16_t pipeline, uint32_t route);
  void ReleaseStage(Stage& stage);
  Status Count(const wire::node::Order& order, wire::node::Answer& answer) const;

  // messages.cc: what arrives
  void TakePiece(const wire::node::Mac& from, const wire::node::Piece& piece);
  wire::node::Verdict TakeMessage(const wire::node::Piece& piece, Cell*& cell);
  wire::node::Verdict TakeResult(const wire::node::Piece& piece);
  void Arrived(Cell& cell);
  void Deliver(Cell& cell);
  void SendAck(const wire::node::Mac& to, const wire::node::MessageKey& key,
               wire::node::Verdict verdict, const Cell* cell);

  // send.cc: what leaves
  void TakeAck(const wire::node::Ack& ack);
  void StartSending(Cell& cell, uint32_t bytes);
  void SendDue(Cell& cell);
  bool SendPiece(const Cell& cell, uint32_t index);
  void HandOver(Cell& cell);
  void Sent(Cell& cell);
  void SendHoles(Cell& cell);

  // work.cc: the node's units, and its sources
  void Work();
  bool Step(Cell& cell);
  void Compute(Cell& cell);
  void Occupy(Cell& cell, uint64_t& free_ns, uint32_t time_us);
  Cell* First(CellState state);
  void Admit(Stage& stage);
  void TurnSource(Stage& stage);
  void GiveUp(Cell& cell, Status why);

  Stage* Find(uint16_t pipeline, uint32_t route, uint8_t hop);
  Stage* FindSource(uint16_t pipeline);
  Stage& StageOf(const Cell& cell) { return stages_[cell.stage]; }
  const Stage& StageOf(const Cell& cell) const { return stages_[cell.stage]; }
  Cell* FindCell(const Stage& stage, uint32_t boot, uint32_t request);
  Cell* FreeCell(const Stage& stage);
  Delivered* DeliveredOf(uint16_t pipeline);
  wire::node::MessageKey KeyOf(const Cell& cell) const;
  Request RequestOf(const Cell& cell) const {
    return {StageOf(cell).spec.pipeline, cell.source_boot, cell.request};
  }
  uint8_t NumberOf(const Stage& stage) const {
    return static_cast<uint8_t>(&stage - stages_.data());
  }
  bool Mine(const Cell& cell, const Stage& stage) const {
    return !cell.bytes.empty() && cell.stage == NumberOf(stage);
  }

  NodeParts parts_;
  NodeIdentity identity_;
  Store store_;
  Pool ram_;
  std::array<Stage, kMaxStages> stages_{};
  std::array<Cell, kMaxCells> cells_{};
  std::array<Delivered, kMaxTargets> delivered_{};
  std::array<std::byte, wire::node::kMaxFrameBytes> frame_{};
  uint64_t hello_ns_ = 0;
  uint64_t now_ns_ = 0;  // of this turn
  uint64_t queued_ = 0;  // cells that have queued so far
  uint32_t epoch_ = 0;   // the newest seen
  uint32_t runs_ = 0;
  uint32_t request_base_ = 0;  // the highest number that a source released since has used
  Cell* on_processor_ = nullptr;
  Cell* on_accelerator_ = nullptr;
  uint64_t processor_free_ns_ = 0, accelerator_free_ns_ = 0;
};

}  // namespace covey::micro
