// A frame is one Ethernet frame of the node protocol (docs/spec/node.md): nodes of a computing
// space announce themselves, take chunks of models and hand activations on, without an IP stack.
//
//   Ethernet: to 6 | from 6 | type 0x88B5 | header 20 | body        little-endian from here on
//   header:   'C' 'N' | version 1 | type 1 | body bytes 2 | 0 2 | boot 4 | epoch 4 | CRC-32 4
//
//   FrameWriter frame(buffer, {.to = peer, .from = me, .type = FrameType::kAck, .boot = boot});
//   Encode(ack, frame.body());
//   port.Send(frame.Finish());
//
//   COVEY_TRY_ASSIGN(const Frame frame, ReadFrame(bytes));
//
// Exact: the checksum covers header (its own field zero) and body; bytes behind the body (an
// Ethernet card pads to 60) are ignored. It finds damage, not an enemy: frames are not signed.
// Errors: kNotFound for a frame that is not ours, kUnimplemented for another version, kDataLoss.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/status.hpp"
#include "wire/node/bytes.hpp"

namespace covey::wire::node {

using Mac = std::array<uint8_t, 6>;
inline constexpr Mac kEveryone = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
inline constexpr Mac kNobody = {};

enum class FrameType : uint8_t {
  kHello = 1,   // I am here; also the heartbeat
  kProbe = 2,   // say hello now
  kOrder = 3,   // of a coordinator to a node
  kAnswer = 4,  // to an order
  kPiece = 5,   // part of a message: activations, or a result
  kAck = 6,     // of pieces
};

inline constexpr uint16_t kEtherType = 0x88B5;  // IEEE 802: local experimental use
inline constexpr uint8_t kVersion = 1;
inline constexpr size_t kEthernetBytes = 14;
inline constexpr size_t kHeaderBytes = 20;
inline constexpr size_t kMaxFrameBytes = 1514;
inline constexpr size_t kMaxBodyBytes = kMaxFrameBytes - kEthernetBytes - kHeaderBytes;

struct FrameHead {
  Mac to = kNobody, from = kNobody;
  FrameType type = FrameType::kHello;
  uint32_t boot = 0;   // of the sender: another number after each start
  uint32_t epoch = 0;  // the newest plan that the sender knows
};

struct Frame {
  FrameHead head;
  std::span<const std::byte> body;
};

Result<Frame> ReadFrame(std::span<const std::byte> bytes);

// Only who it is from and to; for a switch, which carries frames of any kind. nullopt: too short.
struct Ends {
  Mac to, from;
};
Result<Ends> ReadEnds(std::span<const std::byte> bytes);

class FrameWriter {
 public:
  // `buffer` holds kMaxFrameBytes.
  FrameWriter(std::span<std::byte> buffer, const FrameHead& head);
  Put& body() { return body_; }
  // The whole frame; empty if the body did not fit.
  std::span<const std::byte> Finish();

 private:
  std::span<std::byte> buffer_;
  Put body_;
};

}  // namespace covey::wire::node
