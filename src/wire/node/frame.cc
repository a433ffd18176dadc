#include "wire/node/frame.hpp"

#include "wire/node/crc32.hpp"

namespace covey::wire::node {
namespace {

constexpr size_t kLengthAt = kEthernetBytes + 4;
constexpr size_t kCrcAt = kEthernetBytes + 16;
constexpr size_t kBodyAt = kEthernetBytes + kHeaderBytes;
constexpr std::byte kZeros[4] = {};

Mac TakeMac(Take& in) {
  Mac mac{};
  for (uint8_t& byte : mac) byte = in.U8();
  return mac;
}

// Of header and body, with the checksum's own field as zero.
uint32_t Checksum(std::span<const std::byte> frame) {
  uint32_t crc = Crc32(frame.subspan(kEthernetBytes, kCrcAt - kEthernetBytes));
  crc = Crc32(kZeros, crc);
  return Crc32(frame.subspan(kBodyAt), crc);
}

}  // namespace

Result<Ends> ReadEnds(std::span<const std::byte> bytes) {
  if (bytes.size() < kEthernetBytes) return Status(Code::kNotFound, "node frame: too short");
  Take in(bytes);
  Ends ends;
  ends.to = TakeMac(in);
  ends.from = TakeMac(in);
  return ends;
}

Result<Frame> ReadFrame(std::span<const std::byte> bytes) {
  Take in(bytes);
  Frame frame;
  frame.head.to = TakeMac(in);
  frame.head.from = TakeMac(in);
  const uint32_t high = in.U8(), low = in.U8();  // network order, as Ethernet wants it
  if (!in.ok() || (high << 8 | low) != kEtherType)
    return Status(Code::kNotFound, "node frame: not of this protocol");
  if (in.U8() != 'C' || in.U8() != 'N') return Status(Code::kNotFound, "node frame: no magic");
  if (in.U8() != kVersion) return Status(Code::kUnimplemented, "node frame: another version");
  const uint8_t type = in.U8();
  const size_t length = in.U16();
  (void)in.U16();
  frame.head.boot = in.U32();
  frame.head.epoch = in.U32();
  const uint32_t crc = in.U32();
  frame.body = in.Span(length);
  if (!in.ok()) return Status(Code::kDataLoss, "node frame: cut short");
  if (length > kMaxBodyBytes) return Status(Code::kDataLoss, "node frame: body too long");
  if (Checksum(bytes.first(kBodyAt + length)) != crc)
    return Status(Code::kDataLoss, "node frame: checksum differs");
  if (type < static_cast<uint8_t>(FrameType::kHello) ||
      type > static_cast<uint8_t>(FrameType::kAck))
    return Status(Code::kUnimplemented, "node frame: unknown type");
  frame.head.type = static_cast<FrameType>(type);
  if ((frame.head.from[0] & 1) != 0) return Status(Code::kDataLoss, "node frame: from a group");
  return frame;
}

FrameWriter::FrameWriter(std::span<std::byte> buffer, const FrameHead& head)
    : buffer_(buffer.first(kMaxFrameBytes)), body_(buffer_.subspan(kBodyAt)) {
  Put out(buffer_.first(kBodyAt));
  out.Bytes(std::as_bytes(std::span(head.to))).Bytes(std::as_bytes(std::span(head.from)));
  out.U8(kEtherType >> 8).U8(kEtherType & 0xFF).U8('C').U8('N').U8(kVersion);
  out.U8(static_cast<uint32_t>(head.type)).U16(0).U16(0).U32(head.boot).U32(head.epoch).U32(0);
}

std::span<const std::byte> FrameWriter::Finish() {
  if (!body_.ok()) return {};
  const std::span<std::byte> frame = buffer_.first(kBodyAt + body_.size());
  Put(frame.subspan(kLengthAt, 2)).U16(static_cast<uint32_t>(body_.size()));
  Put(frame.subspan(kCrcAt, 4)).U32(Checksum(frame));
  return frame;
}

}  // namespace covey::wire::node
