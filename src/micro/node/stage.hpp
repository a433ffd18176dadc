// A Stage is what a node does for one pipeline on one route; its cells hold the requests that are
// with it, each on its way
//
//   source   free -> sending -> waiting (for the target's word) -> free
//   chunk    free -> arriving -> ready -> loading -> loaded -> running -> ran -> unloading ->
//            sending -> free
//   target   free -> arriving -> free;   a result: free -> sending -> free
//
// Loading and unloading take the node's processor, running its accelerator, sending its radio: one
// cell each at a time, all three at once.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "micro/run/engine.hpp"
#include "wire/node/messages.hpp"

namespace covey::micro {

enum class CellState : uint8_t {
  kFree,
  kArriving,
  kReady,
  kLoading,
  kLoaded,
  kRunning,
  kRan,
  kUnloading,
  kSending,
  kWaiting,
};

inline constexpr size_t kBitmapWords = wire::node::kMaxPieces / 32;

struct Cell {
  CellState state = CellState::kFree;
  uint8_t stage = 0;  // number in the node's table
  bool holes_sent = false;
  uint16_t sent = 0;  // pieces sent at least once
  uint32_t source_boot = 0, request = 0;
  uint32_t total = 0;                           // bytes of the message that arrives or leaves
  std::array<uint32_t, kBitmapWords> pieces{};  // here, or acknowledged
  std::span<std::byte> bytes{};
  uint64_t queued = 0;    // who came first
  uint64_t until_ns = 0;  // a unit's end, or since when it waits for one; sending: try again then
  uint64_t since_ns = 0;  // arriving, sending, waiting: last progress
  uint64_t begin_ns = 0;  // when the request was admitted; elsewhere: when sending began
  uint64_t timeout_ns = 0;
};

struct StageCounters {
  uint32_t accepted = 0, answered = 0, failed = 0;  // source
  uint32_t delivered = 0, repeated = 0, crc = 0;    // target
  uint32_t runs = 0;                                // chunk
};

// What was finished lately: pieces that come again are acknowledged, not taken again.
class History {
 public:
  void Add(uint32_t boot, uint32_t request) {
    entries_[next_++ % entries_.size()] = {boot, request, true};
  }
  bool Has(uint32_t boot, uint32_t request) const {
    for (const Entry& e : entries_)
      if (e.used && e.boot == boot && e.request == request) return true;
    return false;
  }

 private:
  struct Entry {
    uint32_t boot = 0, request = 0;
    bool used = false;
  };
  std::array<Entry, 2 * wire::node::kMaxWindow> entries_{};
  size_t next_ = 0;
};

struct Stage {
  bool used = false;
  wire::node::Stage spec{};
  StageCounters count{};
  History history{};
  std::span<std::byte> arena{};
  std::optional<Engine> engine{};  // chunk
  // Source: what Commit will put in force, and whether it admits.
  wire::node::Stage next_spec{};
  bool has_next = false, admits = false;
  uint32_t next_request = 0;
  uint64_t due_ns = 0;
};

// Which requests of a pipeline a target has delivered, whatever the route: each once.
struct Delivered {
  bool used = false;
  uint16_t pipeline = 0;
  uint32_t source_boot = 0;
  uint32_t highest = 0;  // delivered; 0: none yet (requests count from 1)
  uint64_t below = 0;    // bit i: highest - 1 - i was delivered

  bool Has(uint32_t boot, uint32_t request) const;
  void Add(uint32_t boot, uint32_t request);
};

}  // namespace covey::micro
