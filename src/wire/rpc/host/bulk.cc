#include "wire/rpc/host/bulk.hpp"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <cstring>

namespace covey::wire {
namespace {

using google::protobuf::MessageLite;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
using google::protobuf::io::CodedOutputStream;

constexpr uint32_t kLengthDelimited = 2;

const uint8_t* Raw(std::span<const std::byte> bytes) {
  return reinterpret_cast<const uint8_t*>(bytes.data());
}

bool Merge(std::span<const std::byte> bytes, MessageLite& message) {
  if (bytes.empty()) return true;
  CodedInputStream in(Raw(bytes), static_cast<int>(bytes.size()));
  return message.MergeFromCodedStream(&in) && in.ConsumedEntireMessage();
}

// Groups are nested without a length; no message of ours has one, so none needs to be walked.
bool IsGroup(uint32_t tag) { return (tag & 7U) == 3 || (tag & 7U) == 4; }

}  // namespace

bool ParseAround(std::span<const std::byte> bytes, uint32_t bulk_field, size_t max_small_bytes,
                 MessageLite& rest, BulkSink on_bulk) {
  rest.Clear();
  if (bytes.size() > INT32_MAX) return false;
  CodedInputStream in(Raw(bytes), static_cast<int>(bytes.size()));
  const uint32_t bulk_tag = bulk_field << 3 | kLengthDelimited;
  size_t small = 0;
  size_t run = 0;  // where the fields not yet merged into `rest` begin
  auto merge_until = [&](size_t end) {
    small += end - run;
    return small <= max_small_bytes && Merge(bytes.subspan(run, end - run), rest);
  };
  for (;;) {
    const auto at = static_cast<size_t>(in.CurrentPosition());
    const uint32_t tag = in.ReadTag();
    if (tag == 0) return in.ConsumedEntireMessage() && merge_until(at);
    if (tag != bulk_tag) {
      if (IsGroup(tag) || !WireFormatLite::SkipField(&in, tag)) return false;
      continue;
    }
    uint32_t size = 0;
    if (!merge_until(at) || !in.ReadVarint32(&size)) return false;
    const auto begin = static_cast<size_t>(in.CurrentPosition());
    if (size > bytes.size() - begin || !on_bulk(bytes.subspan(begin, size))) return false;
    if (!in.Skip(static_cast<int>(size))) return false;
    run = begin + size;
  }
}

size_t BulkFieldBytes(uint32_t field, size_t size) {
  if (size == 0) return 0;
  return CodedOutputStream::VarintSize32(field << 3 | kLengthDelimited) +
         CodedOutputStream::VarintSize64(size) + size;
}

void BulkWriter::Message(const MessageLite& message) {
  to_ = message.SerializeWithCachedSizesToArray(to_);
}

void BulkWriter::FieldHead(uint32_t field, size_t size) {
  if (size == 0) return;
  to_ = CodedOutputStream::WriteTagToArray(field << 3 | kLengthDelimited, to_);
  to_ = CodedOutputStream::WriteVarint64ToArray(size, to_);
}

void BulkWriter::Bytes(std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  std::memcpy(to_, bytes.data(), bytes.size());
  to_ += bytes.size();
}

}  // namespace covey::wire
