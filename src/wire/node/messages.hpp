// The bodies of the node protocol's frames (docs/spec/node.md), checked once here: what Decode
// hands out has numbers in range and lists that end.
//
//   Encode(Hello{.name = NameOf("watch")}, frame.body());
//   COVEY_TRY_ASSIGN(const Hello hello, DecodeHello(frame.body));
//
// A message (a request's activations, or its result) travels as pieces, each acknowledged; orders
// are small and idempotent, so that a coordinator may repeat one until its answer comes.
//
// Units: microseconds, bytes. Errors: kDataLoss; the literal names body and field.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/status.hpp"
#include "wire/node/bytes.hpp"
#include "wire/node/frame.hpp"

namespace covey::wire::node {

inline constexpr size_t kNameBytes = 24;     // NUL-padded, at least one NUL
inline constexpr size_t kPieceBytes = 1400;  // of a message, in each piece but its last
inline constexpr size_t kMaxPieces = 128;    // of one message
inline constexpr size_t kMaxMessageBytes = kPieceBytes * kMaxPieces;
inline constexpr size_t kBlockBytes = 1024;  // of an image, in one order
inline constexpr size_t kDigestBytes = 32;
inline constexpr uint32_t kMaxImageBytes = 1U << 26;
inline constexpr uint16_t kMaxPipelines = 256;
inline constexpr uint8_t kMaxWindow = 16;
inline constexpr uint8_t kMaxHops = 32;
inline constexpr uint8_t kResultHop = 255;  // the way from a pipeline's target back to its source

using Name = std::array<char, kNameBytes>;
using ImageDigest = std::array<std::byte, kDigestBytes>;
Name NameOf(const char* text);  // cut off if longer

struct Hello {
  Name name{}, kind{};
  uint8_t coordinator = 0;  // 1: gives orders
  uint8_t images = 0, stages = 0;
  uint16_t interval_ms = 0;  // until the next one
  uint32_t flash_bytes = 0, flash_free = 0;
  uint32_t ram_bytes = 0, ram_free = 0;
  uint32_t runs = 0;  // chunks computed since the start
};

enum class Role : uint8_t { kSource = 0, kChunk = 1, kTarget = 2 };

// What a node does for one pipeline. Hop 0 is the source, the target comes last.
struct Stage {
  uint16_t pipeline = 0;
  uint32_t route = 0;  // the epoch of the plan in which this pipeline's way was chosen
  uint8_t hop = 0;
  Role role = Role::kChunk;
  uint8_t window = 1;  // requests in flight, and messages that are kept here at once
  Mac next = kNobody;  // who takes what this hop gives; of a target: the source
  uint32_t in_bytes = 0, out_bytes = 0;
  ImageDigest image{};  // kChunk
  // A node that stands for another device takes this long; others leave it.
  uint32_t load_us = 0, compute_us = 0, unload_us = 0;
  // kSource: time between two requests, how many (0: without end), and when to give one up.
  uint32_t interval_us = 0, limit = 0, give_up_ms = 0, seed = 0;
};

enum class OrderKind : uint8_t {
  kOffer = 1,    // image of that digest and size is to be taken; answer: bytes that are here
  kBlock = 2,    // of the image; answer: bytes that are here
  kPrepare = 3,  // stage; one that is there already: of a source, its interval changes
  kDrain = 4,    // source of pipeline admits no more; answer: requests in flight
  kCommit = 5,   // source of pipeline goes on with route; flag 1: what is in flight fails
  kRelease = 6,  // stages of pipeline (0xFFFF: of all) with a route before this one go
  kForget = 7,   // the image goes, if no stage needs it
  kCount = 8,    // answer: the stage's counters
};
inline constexpr uint16_t kAllPipelines = 0xFFFF;

struct Order {
  uint32_t seq = 0;
  OrderKind kind = OrderKind::kOffer;
  ImageDigest image{};                   // kOffer, kBlock, kForget
  uint32_t image_bytes = 0, offset = 0;  // kOffer; kBlock
  std::span<const std::byte> block{};    // kBlock
  Stage stage{};                         // kPrepare
  uint16_t pipeline = 0;                 // kDrain, kCommit, kRelease, kCount
  uint32_t route = 0;                    // kCommit, kRelease
  uint8_t flag = 0;                      // kCommit
};

// Of kCount: source: accepted, answered, failed, in flight; target: delivered, repeated, CRC-32 of
// all results in order; chunk: runs.
struct Answer {
  uint32_t seq = 0;
  Code code = Code::kOk;
  std::array<uint32_t, 5> values{};
};

// Which message a piece belongs to.
struct MessageKey {
  uint16_t pipeline = 0;
  uint32_t route = 0;
  uint8_t hop = 0;           // that takes it; kResultHop: the source
  uint32_t source_boot = 0;  // whose count `request` is
  uint32_t request = 0;
  bool operator==(const MessageKey&) const = default;
};

struct Piece {
  MessageKey key{};
  uint32_t total = 0, offset = 0;
  std::span<const std::byte> bytes{};
};

enum class Verdict : uint8_t {
  kTaken = 0,    // those pieces are here
  kDone = 1,     // all are
  kBusy = 2,     // no room now: later
  kRefused = 3,  // no such stage or size: give it up
};

struct Ack {
  MessageKey key{};
  Verdict verdict = Verdict::kTaken;
  std::array<uint32_t, kMaxPieces / 32> have{};  // bit i: piece i is here
};

void Encode(const Hello& hello, Put& out);
void Encode(const Order& order, Put& out);
void Encode(const Answer& answer, Put& out);
void Encode(const Piece& piece, Put& out);
void Encode(const Ack& ack, Put& out);

Result<Hello> DecodeHello(std::span<const std::byte> body);
Result<Order> DecodeOrder(std::span<const std::byte> body);
Result<Answer> DecodeAnswer(std::span<const std::byte> body);
Result<Piece> DecodePiece(std::span<const std::byte> body);
Result<Ack> DecodeAck(std::span<const std::byte> body);

}  // namespace covey::wire::node
