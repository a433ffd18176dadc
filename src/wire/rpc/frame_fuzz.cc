// Every header that ReadFrameHeader accepts is within its limits and writes back to the same bytes.
#include <cstdlib>
#include <cstring>

#include "wire/rpc/frame.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace covey::wire;
  if (size < kFrameHeaderBytes + 4) return 0;
  uint32_t max_bytes;
  std::memcpy(&max_bytes, data + kFrameHeaderBytes, sizeof max_bytes);
  std::array<std::byte, kFrameHeaderBytes> bytes;
  std::memcpy(bytes.data(), data, bytes.size());
  const auto header = ReadFrameHeader(bytes, max_bytes);
  if (!header.ok()) return 0;
  if (header->length > max_bytes || header->stream == 0) std::abort();
  if (WriteFrameHeader(*header) != bytes) std::abort();
  return 0;
}
