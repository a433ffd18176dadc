#include <cstddef>

#include "core/sha256.hpp"
#include "wire/image/check.hpp"

namespace covey::wire {
namespace {

constexpr const char* kSubject = "image header";

Status Refuse(Diag& diag, const char* problem, size_t at, int64_t found, int64_t expected) {
  diag.Report({.subject = kSubject,
               .problem = problem,
               .at = static_cast<int64_t>(at),
               .found = found,
               .expected = expected,
               .numbers = true});
  return Status(Code::kDataLoss, "image: damaged header");
}

// One of the tables that follow the header. They come in a fixed order, each after the one before.
struct Table {
  const char* problem;
  size_t at;  // where the header says how many
  uint32_t count, offset;
  uint32_t element_bytes, alignment;
};

Status CheckTable(const Table& table, uint64_t& end, uint32_t total, Diag& diag) {
  const size_t offset_at = table.at + sizeof(uint32_t);
  if (table.offset < end || table.offset % table.alignment != 0)
    return Refuse(diag, table.problem, offset_at, table.offset, static_cast<int64_t>(end));
  end = uint64_t{table.offset} + uint64_t{table.count} * table.element_bytes;
  if (end > total) return Refuse(diag, table.problem, table.at, static_cast<int64_t>(end), total);
  return OkStatus();
}

Status CheckTables(const ImageHeader& h, Diag& diag) {
  const Table tables[] = {
      {"tensors: table is misplaced or runs past the end", offsetof(ImageHeader, tensor_count),
       h.tensor_count, h.tensors_offset, sizeof(TensorRecord), 4},
      {"ops: table is misplaced or runs past the end", offsetof(ImageHeader, op_count), h.op_count,
       h.ops_offset, sizeof(OpRecord), 4},
      {"indices: table is misplaced or runs past the end", offsetof(ImageHeader, index_count),
       h.index_count, h.indices_offset, sizeof(uint16_t), 4},
      {"params: table is misplaced or runs past the end", offsetof(ImageHeader, param_count),
       h.param_count, h.params_offset, sizeof(int32_t), 4},
      {"strings: section is misplaced or runs past the end", offsetof(ImageHeader, strings_bytes),
       h.strings_bytes, h.strings_offset, 1, 4},
      {"data: section is misplaced or runs past the end", offsetof(ImageHeader, data_bytes),
       h.data_bytes, h.data_offset, 1, kImageAlign}};
  uint64_t end = sizeof(ImageHeader);
  for (const Table& table : tables) COVEY_TRY(CheckTable(table, end, h.total_bytes, diag));
  const uint64_t padded = (end + kImageAlign - 1) / kImageAlign * kImageAlign;
  if (padded != h.total_bytes)
    return Refuse(diag, "data does not end the image", offsetof(ImageHeader, data_bytes),
                  h.total_bytes, static_cast<int64_t>(padded));
  if (h.tensor_count > kMaxTensors)
    return Refuse(diag, "too many tensors", offsetof(ImageHeader, tensor_count), h.tensor_count,
                  kMaxTensors);
  return OkStatus();
}

// What this build must know before it may look at anything else.
Status CheckVersion(const ImageHeader& h, size_t size, Diag& diag) {
  for (size_t i = 0; i < sizeof(kImageMagic); ++i)
    if (h.magic[i] != kImageMagic[i])
      return Refuse(diag, "magic is not COVEYIMG: not a model image", i, h.magic[i],
                    kImageMagic[i]);
  if (h.major != kImageMajor || h.minor > kImageMinor) {
    const bool major = h.major != kImageMajor;
    (void)Refuse(diag, major ? "major version differs" : "minor version is newer than this build",
                 major ? offsetof(ImageHeader, major) : offsetof(ImageHeader, minor),
                 major ? h.major : h.minor, major ? kImageMajor : kImageMinor);
    return Status(Code::kUnimplemented, "image: written for another version");
  }
  if (h.header_bytes != sizeof(ImageHeader))
    return Refuse(diag, "header_bytes is wrong", offsetof(ImageHeader, header_bytes),
                  h.header_bytes, sizeof(ImageHeader));
  if (h.total_bytes != size)
    return Refuse(diag, "total_bytes differs from the bytes given: cut off, or bytes appended",
                  offsetof(ImageHeader, total_bytes), h.total_bytes, static_cast<int64_t>(size));
  if (h.flags != 0)
    return Refuse(diag, "flags are not 0", offsetof(ImageHeader, flags), h.flags, 0);
  for (uint32_t word : h.reserved)
    if (word != 0)
      return Refuse(diag, "reserved is not 0", offsetof(ImageHeader, reserved), word, 0);
  return OkStatus();
}

Status CheckPixelTable(const ImageHeader& h, Diag& diag) {
  if (h.pixel_table == kNone) {
    if (h.pixel_channels == 0) return OkStatus();
    return Refuse(diag, "pixel_channels without a pixel_table",
                  offsetof(ImageHeader, pixel_channels), h.pixel_channels, 0);
  }
  const uint64_t bytes = uint64_t{h.pixel_channels} * 256;
  if (bytes == 0 || h.pixel_table + bytes > h.data_bytes)
    return Refuse(diag, "pixel_table runs past the end of data", offsetof(ImageHeader, pixel_table),
                  static_cast<int64_t>(h.pixel_table + bytes), h.data_bytes);
  return OkStatus();
}

Status CheckStrings(const ImageHeader& h, Diag& diag) {
  if (h.name >= h.strings_bytes)
    return Refuse(diag, "name lies outside strings", offsetof(ImageHeader, name), h.name,
                  h.strings_bytes);
  if (h.labels != kNone && h.labels >= h.strings_bytes)
    return Refuse(diag, "labels lie outside strings", offsetof(ImageHeader, labels), h.labels,
                  h.strings_bytes);
  const uint32_t last = h.strings_offset + h.strings_bytes - 1;
  const char end = Section<char>(h, last)[0];
  if (end != '\0') return Refuse(diag, "strings do not end in a NUL", last, end, 0);
  return OkStatus();
}

}  // namespace

Status CheckHeader(std::span<const std::byte> bytes, Diag& diag) {
  if (reinterpret_cast<uintptr_t>(bytes.data()) % kImageAlign != 0) {
    diag.Report({.subject = "image",
                 .problem = "must start at a 16-byte boundary; address modulo 16",
                 .found = static_cast<int64_t>(reinterpret_cast<uintptr_t>(bytes.data()) % 16),
                 .expected = 0,
                 .numbers = true});
    return Status(Code::kInvalidArgument, "image: not 16-byte aligned");
  }
  if (bytes.size() < sizeof(ImageHeader))
    return Refuse(diag, "image is shorter than its header", bytes.size(),
                  static_cast<int64_t>(bytes.size()), sizeof(ImageHeader));
  const auto& header = *reinterpret_cast<const ImageHeader*>(bytes.data());
  COVEY_TRY(CheckVersion(header, bytes.size(), diag));
  COVEY_TRY(CheckTables(header, diag));
  COVEY_TRY(CheckStrings(header, diag));
  COVEY_TRY(CheckPixelTable(header, diag));
  if (header.output_kind > static_cast<uint32_t>(OutputKind::kLogits))
    return Refuse(diag, "output_kind is unknown", offsetof(ImageHeader, output_kind),
                  header.output_kind, static_cast<int64_t>(OutputKind::kLogits));
  return OkStatus();
}

Status CheckDigest(std::span<const std::byte> bytes, Diag& diag) {
  constexpr size_t kAt = offsetof(ImageHeader, digest);
  constexpr std::array<std::byte, kDigestBytes> kBlank{};
  Sha256 hash;
  hash.Update(bytes.first(kAt));
  hash.Update(kBlank);
  hash.Update(bytes.subspan(kAt + kDigestBytes));
  const Sha256Digest digest = hash.Finish();
  for (size_t i = 0; i < kDigestBytes; ++i)
    if (digest[i] != bytes[kAt + i]) {
      diag.Report({.subject = kSubject,
                   .problem = "digest does not fit the bytes: the image is damaged",
                   .at = static_cast<int64_t>(kAt + i),
                   .found = static_cast<int64_t>(bytes[kAt + i]),
                   .expected = static_cast<int64_t>(digest[i]),
                   .numbers = true});
      return Status(Code::kDataLoss, "image: digest mismatch");
    }
  return OkStatus();
}

}  // namespace covey::wire
