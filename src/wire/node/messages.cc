#include "wire/node/messages.hpp"

namespace covey::wire::node {
namespace {

Status Damaged(const char* what) { return Status(Code::kDataLoss, what); }

void PutName(const Name& name, Put& out) { out.Bytes(std::as_bytes(std::span(name))); }

// False if it does not end, or holds what no name holds.
bool TakeName(Take& in, Name& name) {
  in.Bytes(std::as_writable_bytes(std::span(name)));
  bool ended = false;
  for (const char c : name) {
    if (ended && c != '\0') return false;
    ended = ended || c == '\0';
    if (!ended && (c <= ' ' || c > '~')) return false;
  }
  return ended;
}

void PutMac(const Mac& mac, Put& out) { out.Bytes(std::as_bytes(std::span(mac))); }
Mac TakeMac(Take& in) {
  Mac mac{};
  in.Bytes(std::as_writable_bytes(std::span(mac)));
  return mac;
}

void PutStage(const Stage& s, Put& out) {
  out.U16(s.pipeline).U32(s.route).U8(s.hop).U8(static_cast<uint32_t>(s.role)).U8(s.window);
  PutMac(s.next, out);
  out.U32(s.in_bytes).U32(s.out_bytes).Bytes(s.image);
  out.U32(s.load_us).U32(s.compute_us).U32(s.unload_us);
  out.U32(s.interval_us).U32(s.limit).U32(s.give_up_ms).U32(s.seed);
}

Result<Stage> TakeStage(Take& in) {
  Stage s;
  s.pipeline = in.U16();
  s.route = in.U32();
  s.hop = in.U8();
  const uint8_t role = in.U8();
  s.window = in.U8();
  s.next = TakeMac(in);
  s.in_bytes = in.U32();
  s.out_bytes = in.U32();
  in.Bytes(s.image);
  s.load_us = in.U32();
  s.compute_us = in.U32();
  s.unload_us = in.U32();
  s.interval_us = in.U32();
  s.limit = in.U32();
  s.give_up_ms = in.U32();
  s.seed = in.U32();
  if (!in.ok()) return Damaged("node stage: cut short");
  if (s.pipeline >= kMaxPipelines) return Damaged("node stage: pipeline");
  if (s.hop >= kMaxHops) return Damaged("node stage: hop");
  if (role > static_cast<uint8_t>(Role::kTarget)) return Damaged("node stage: role");
  if ((role == static_cast<uint8_t>(Role::kSource)) != (s.hop == 0))
    return Damaged("node stage: hop 0 is the source, and only that");
  if (s.window < 1 || s.window > kMaxWindow) return Damaged("node stage: window");
  if (s.in_bytes > kMaxMessageBytes || s.out_bytes > kMaxMessageBytes)
    return Damaged("node stage: message too long");
  s.role = static_cast<Role>(role);
  return s;
}

void PutKey(const MessageKey& key, Put& out) {
  out.U16(key.pipeline).U32(key.route).U8(key.hop).U32(key.source_boot).U32(key.request);
}
MessageKey TakeKey(Take& in) {
  MessageKey key;
  key.pipeline = in.U16();
  key.route = in.U32();
  key.hop = in.U8();
  key.source_boot = in.U32();
  key.request = in.U32();
  return key;
}

Result<Order> TakeOrderOf(OrderKind kind, Order order, Take& in) {
  switch (kind) {
    case OrderKind::kOffer:
      in.Bytes(order.image);
      order.image_bytes = in.U32();
      if (order.image_bytes == 0 || order.image_bytes > kMaxImageBytes)
        return Damaged("node order: image bytes");
      return order;
    case OrderKind::kBlock:
      in.Bytes(order.image);
      order.offset = in.U32();
      order.block = in.Rest();
      if (order.block.empty() || order.block.size() > kBlockBytes)
        return Damaged("node order: block bytes");
      return order;
    case OrderKind::kPrepare: {
      COVEY_TRY_ASSIGN(order.stage, TakeStage(in));
      return order;
    }
    case OrderKind::kCommit:
    case OrderKind::kRelease:
    case OrderKind::kDrain:
    case OrderKind::kCount:
      order.pipeline = in.U16();
      order.route = in.U32();
      order.flag = in.U8();
      return order;
    case OrderKind::kForget:
      in.Bytes(order.image);
      return order;
  }
  return Damaged("node order: unknown kind");
}

}  // namespace

Name NameOf(const char* text) {
  Name name{};
  for (size_t i = 0; i + 1 < kNameBytes && text[i] != '\0'; ++i) name[i] = text[i];
  return name;
}

void Encode(const Hello& h, Put& out) {
  PutName(h.name, out);
  PutName(h.kind, out);
  out.U8(h.coordinator).U8(h.images).U8(h.stages).U16(h.interval_ms);
  out.U32(h.flash_bytes).U32(h.flash_free).U32(h.ram_bytes).U32(h.ram_free).U32(h.runs);
}

Result<Hello> DecodeHello(std::span<const std::byte> body) {
  Take in(body);
  Hello h;
  const bool named = TakeName(in, h.name) && h.name[0] != '\0';
  const bool of_a_kind = TakeName(in, h.kind);
  h.coordinator = in.U8();
  h.images = in.U8();
  h.stages = in.U8();
  h.interval_ms = in.U16();
  h.flash_bytes = in.U32();
  h.flash_free = in.U32();
  h.ram_bytes = in.U32();
  h.ram_free = in.U32();
  h.runs = in.U32();
  if (!in.Ended()) return Damaged("node hello: length");
  if (!named || !of_a_kind) return Damaged("node hello: name or kind");
  if (h.coordinator > 1) return Damaged("node hello: coordinator");
  if (h.interval_ms == 0) return Damaged("node hello: interval");
  return h;
}

void Encode(const Order& order, Put& out) {
  out.U32(order.seq).U8(static_cast<uint32_t>(order.kind));
  switch (order.kind) {
    case OrderKind::kOffer:
      out.Bytes(order.image).U32(order.image_bytes);
      break;
    case OrderKind::kBlock:
      out.Bytes(order.image).U32(order.offset).Bytes(order.block);
      break;
    case OrderKind::kPrepare:
      PutStage(order.stage, out);
      break;
    case OrderKind::kCommit:
    case OrderKind::kRelease:
    case OrderKind::kDrain:
    case OrderKind::kCount:
      out.U16(order.pipeline).U32(order.route).U8(order.flag);
      break;
    case OrderKind::kForget:
      out.Bytes(order.image);
      break;
  }
}

Result<Order> DecodeOrder(std::span<const std::byte> body) {
  Take in(body);
  Order order;
  order.seq = in.U32();
  order.kind = static_cast<OrderKind>(in.U8());
  COVEY_TRY_ASSIGN(order, TakeOrderOf(order.kind, order, in));
  if (!in.Ended()) return Damaged("node order: length");
  return order;
}

void Encode(const Answer& answer, Put& out) {
  out.U32(answer.seq).U8(static_cast<uint32_t>(answer.code));
  for (const uint32_t value : answer.values) out.U32(value);
}

Result<Answer> DecodeAnswer(std::span<const std::byte> body) {
  Take in(body);
  Answer answer;
  answer.seq = in.U32();
  const uint8_t code = in.U8();
  for (uint32_t& value : answer.values) value = in.U32();
  if (!in.Ended()) return Damaged("node answer: length");
  if (code >= kCodeCount) return Damaged("node answer: code");
  answer.code = static_cast<Code>(code);
  return answer;
}

void Encode(const Piece& piece, Put& out) {
  PutKey(piece.key, out);
  out.U32(piece.total).U32(piece.offset).Bytes(piece.bytes);
}

Result<Piece> DecodePiece(std::span<const std::byte> body) {
  Take in(body);
  Piece piece;
  piece.key = TakeKey(in);
  piece.total = in.U32();
  piece.offset = in.U32();
  piece.bytes = in.Rest();
  if (!in.ok()) return Damaged("node piece: cut short");
  if (piece.total == 0 || piece.total > kMaxMessageBytes) return Damaged("node piece: total");
  if (piece.offset >= piece.total || piece.offset % kPieceBytes != 0)
    return Damaged("node piece: offset");
  const size_t left = piece.total - piece.offset;
  if (piece.bytes.size() != (left < kPieceBytes ? left : kPieceBytes))
    return Damaged("node piece: length");
  return piece;
}

void Encode(const Ack& ack, Put& out) {
  PutKey(ack.key, out);
  out.U8(static_cast<uint32_t>(ack.verdict));
  for (const uint32_t bits : ack.have) out.U32(bits);
}

Result<Ack> DecodeAck(std::span<const std::byte> body) {
  Take in(body);
  Ack ack;
  ack.key = TakeKey(in);
  const uint8_t verdict = in.U8();
  for (uint32_t& bits : ack.have) bits = in.U32();
  if (!in.Ended()) return Damaged("node ack: length");
  if (verdict > static_cast<uint8_t>(Verdict::kRefused)) return Damaged("node ack: verdict");
  ack.verdict = static_cast<Verdict>(verdict);
  return ack;
}

}  // namespace covey::wire::node
