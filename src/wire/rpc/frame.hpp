// The ttRPC frame header: ten bytes, big-endian, before every message (docs/spec/rpc.md).
//
//   u32 body length | u32 stream id | u8 type | u8 flags
//
// Errors: ReadFrameHeader refuses lengths above `max_bytes` (kResourceExhausted), unknown types and
// stream id 0 (kInvalidArgument).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/status.hpp"

namespace covey::wire {

inline constexpr size_t kFrameHeaderBytes = 10;
inline constexpr uint32_t kDefaultMaxMessageBytes = 4U << 20;
inline constexpr char kInferenceService[] = "covey.v1.Inference";

enum class FrameType : uint8_t { kRequest = 1, kResponse = 2 };

struct FrameHeader {
  uint32_t length = 0;  // of the body that follows
  uint32_t stream = 0;  // odd, chosen by the client; the response repeats it
  FrameType type = FrameType::kRequest;
  uint8_t flags = 0;
};

std::array<std::byte, kFrameHeaderBytes> WriteFrameHeader(const FrameHeader& header);
Result<FrameHeader> ReadFrameHeader(std::span<const std::byte, kFrameHeaderBytes> bytes,
                                    uint32_t max_bytes);

}  // namespace covey::wire
