#include "wire/rpc/frame.hpp"

namespace covey::wire {
namespace {

void PutU32(std::span<std::byte> out, uint32_t value) {
  for (int i = 0; i < 4; ++i) out[i] = static_cast<std::byte>(value >> (24 - 8 * i));
}

uint32_t GetU32(std::span<const std::byte> in) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<uint32_t>(in[i]);
  return value;
}

}  // namespace

std::array<std::byte, kFrameHeaderBytes> WriteFrameHeader(const FrameHeader& header) {
  std::array<std::byte, kFrameHeaderBytes> bytes{};
  PutU32(std::span(bytes).subspan(0, 4), header.length);
  PutU32(std::span(bytes).subspan(4, 4), header.stream);
  bytes[8] = static_cast<std::byte>(header.type);
  bytes[9] = static_cast<std::byte>(header.flags);
  return bytes;
}

Result<FrameHeader> ReadFrameHeader(std::span<const std::byte, kFrameHeaderBytes> bytes,
                                    uint32_t max_bytes) {
  FrameHeader header;
  header.length = GetU32(bytes.subspan(0, 4));
  header.stream = GetU32(bytes.subspan(4, 4));
  const auto type = static_cast<uint8_t>(bytes[8]);
  header.flags = static_cast<uint8_t>(bytes[9]);
  if (type != 1 && type != 2)
    return Status(Code::kInvalidArgument, "frame: type is neither request nor response");
  header.type = static_cast<FrameType>(type);
  if (header.stream == 0) return Status(Code::kInvalidArgument, "frame: stream id is 0");
  if (header.length > max_bytes)
    return Status(Code::kResourceExhausted, "frame: message larger than allowed");
  return header;
}

}  // namespace covey::wire
