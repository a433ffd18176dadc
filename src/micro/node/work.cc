// The node's units: a processor that loads and unloads, an accelerator that runs chunks; and the
// sources that start requests.
#include "micro/node/node.hpp"

namespace covey::micro {

using wire::node::Role;

namespace {

constexpr uint64_t kUs = 1000;
constexpr uint64_t kMs = 1'000'000;
// How far the youngest request may run ahead of the oldest in flight: what Delivered remembers.
constexpr uint32_t kMostAhead = 48;
// A unit takes the next cell when it could have, not when this node came round to it; a node that
// is late by more than this is slower than the device that it stands for.
constexpr uint64_t kMostLateNs = 20 * kMs;

}  // namespace

Cell* Node::First(CellState state) {
  Cell* first = nullptr;
  for (Cell& cell : cells_) {
    if (cell.state != state || cell.bytes.empty()) continue;
    if (first == nullptr || cell.queued < first->queued) first = &cell;
  }
  return first;
}

void Node::Compute(Cell& cell) {
  Stage& stage = StageOf(cell);
  const std::byte* from = cell.bytes.data();
  for (int i = 0; i < stage.engine->inputs(); ++i) {
    const TensorView input = stage.engine->input(i);
    __builtin_memcpy(input.data, from, input.bytes);
    from += input.bytes;
  }
  stage.engine->Run();
  std::byte* to = cell.bytes.data();
  for (int i = 0; i < stage.engine->outputs(); ++i) {
    const TensorView output = stage.engine->output(i);
    __builtin_memcpy(to, output.data, output.bytes);
    to += output.bytes;
  }
  ++stage.count.runs;
  ++runs_;
}

void Node::Occupy(Cell& cell, uint64_t& free_ns, uint32_t time_us) {
  uint64_t begin_ns = cell.until_ns > free_ns ? cell.until_ns : free_ns;
  if (begin_ns > now_ns_ || begin_ns + kMostLateNs < now_ns_) begin_ns = now_ns_;
  free_ns = cell.until_ns = begin_ns + time_us * kUs;
}

// Moves a cell whose unit has finished on; false: not yet.
bool Node::Step(Cell& cell) {
  if (now_ns_ < cell.until_ns) return false;
  switch (cell.state) {
    case CellState::kLoading:
      cell.state = CellState::kLoaded;
      on_processor_ = nullptr;
      break;
    case CellState::kRunning:
      cell.state = CellState::kRan;
      on_accelerator_ = nullptr;
      break;
    case CellState::kUnloading:
      on_processor_ = nullptr;
      StartSending(cell, StageOf(cell).spec.out_bytes);
      break;
    default:
      return false;
  }
  cell.queued = ++queued_;
  return true;
}

void Node::Work() {
  bool moved = true;
  // Each round moves at least one cell on, and a cell has seven states.
  while (moved) {
    moved = false;
    if (on_processor_ != nullptr) moved = Step(*on_processor_) || moved;
    if (on_accelerator_ != nullptr) moved = Step(*on_accelerator_) || moved;
    if (on_processor_ == nullptr) {
      // What leaves goes before what comes.
      Cell* cell = First(CellState::kRan);
      const bool unload = cell != nullptr;
      if (!unload) cell = First(CellState::kReady);
      if (cell != nullptr) {
        const wire::node::Stage& spec = StageOf(*cell).spec;
        cell->state = unload ? CellState::kUnloading : CellState::kLoading;
        Occupy(*cell, processor_free_ns_, unload ? spec.unload_us : spec.load_us);
        on_processor_ = cell;
        moved = true;
      }
    }
    if (on_accelerator_ != nullptr) continue;
    if (Cell* const cell = First(CellState::kLoaded); cell != nullptr) {
      cell->state = CellState::kRunning;
      Occupy(*cell, accelerator_free_ns_, StageOf(*cell).spec.compute_us);
      on_accelerator_ = cell;
      Compute(*cell);
      now_ns_ = parts_.clock.NowNs();
      moved = true;
    }
  }
}

void Node::GiveUp(Cell& cell, Status why) {
  Stage& source = StageOf(cell);
  ++source.count.failed;
  cell.state = CellState::kFree;
  parts_.outlet.Failed(RequestOf(cell), why);
}

void Node::TurnSource(Stage& stage) {
  const uint64_t give_up_ns = stage.spec.give_up_ms * kMs;
  uint32_t oldest = stage.next_request + 1;
  for (Cell& cell : cells_) {
    if (!Mine(cell, stage) || cell.state == CellState::kFree) continue;
    if (now_ns_ >= cell.begin_ns + give_up_ns) {
      GiveUp(cell, Status(Code::kDeadlineExceeded, "no answer before the request's deadline"));
      continue;
    }
    // Lost with a node on its way, perhaps: once more. Who has it already says so.
    if (cell.state == CellState::kWaiting && now_ns_ >= cell.since_ns + cell.timeout_ns)
      StartSending(cell, stage.spec.in_bytes);
    if (cell.request < oldest) oldest = cell.request;
  }
  if (stage.next_request + 1 - oldest < kMostAhead) Admit(stage);
}

// Starts the requests that are due, as far as the window has room.
void Node::Admit(Stage& stage) {
  const uint64_t interval_ns = stage.spec.interval_us * kUs;
  while (stage.admits && now_ns_ >= stage.due_ns) {
    if (stage.spec.limit != 0 && stage.count.accepted >= stage.spec.limit) return;
    Cell* const cell = FreeCell(stage);
    if (cell == nullptr) return;
    cell->source_boot = identity_.boot;
    cell->request = ++stage.next_request;
    cell->begin_ns = now_ns_;
    cell->queued = ++queued_;
    parts_.sensor.Read(stage.spec.pipeline, stage.spec.seed, cell->request,
                       cell->bytes.first(stage.spec.in_bytes));
    ++stage.count.accepted;
    StartSending(*cell, stage.spec.in_bytes);
    // What was held up is made good, but for no more than a few intervals.
    stage.due_ns += interval_ns;
    if (stage.due_ns + 4 * interval_ns < now_ns_) stage.due_ns = now_ns_ - 4 * interval_ns;
  }
}

}  // namespace covey::micro
