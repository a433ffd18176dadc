#include "micro/route/place.hpp"

namespace covey::micro {
namespace {

constexpr size_t kMaxHost = 253;  // what DNS allows

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHostChar(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-';
}

// What follows `prefix` in `text`, or null.
const char* After(const char* text, const char* prefix) {
  while (*prefix != '\0') {
    if (*text++ != *prefix++) return nullptr;
  }
  return text;
}

// 1..65535 and nothing behind it, or 0.
uint16_t ParsePort(const char* text) {
  uint32_t port = 0;
  for (int digits = 0; *text != '\0'; ++text, ++digits) {
    if (!IsDigit(*text) || digits == 5) return 0;
    port = port * 10 + static_cast<uint32_t>(*text - '0');
  }
  return port <= 65535 ? static_cast<uint16_t>(port) : uint16_t{0};
}

}  // namespace

Result<PlaceName> ParsePlace(const char* text) {
  if (text == nullptr) return Status(Code::kInvalidArgument, "place: none given");
  const char* const chosen = After(text, "auto ");
  const char* rest = After(chosen != nullptr ? chosen : text, "local");
  if (rest != nullptr && *rest == '\0') {
    PlaceName name;
    name.automatic = chosen != nullptr;
    return name;
  }
  rest = After(chosen != nullptr ? chosen : text, "agent tcp://");
  if (rest == nullptr)
    return Status(
        Code::kInvalidArgument,
        "place: expected \"local\", \"agent tcp://HOST:PORT\" or \"auto agent tcp://...\"");
  size_t size = 0;
  while (size <= kMaxHost && IsHostChar(rest[size])) ++size;
  if (size == 0 || size > kMaxHost || rest[size] != ':')
    return Status(Code::kInvalidArgument, "place: expected HOST:PORT after \"agent tcp://\"");
  const uint16_t port = ParsePort(rest + size + 1);
  if (port == 0) return Status(Code::kInvalidArgument, "place: expected a port from 1 to 65535");
  return PlaceName{
      .agent = true, .automatic = chosen != nullptr, .host = {rest, size}, .port = port};
}

bool IsIpv4(std::span<const char> host) {
  size_t at = 0;
  for (int part = 0; part < 4; ++part) {
    if (part > 0 && (at >= host.size() || host[at++] != '.')) return false;
    const size_t first = at;
    uint32_t value = 0;
    while (at < host.size() && at - first < 3 && IsDigit(host[at]))
      value = value * 10 + static_cast<uint32_t>(host[at++] - '0');
    if (at == first || value > 255) return false;
    if (host[first] == '0' && at - first > 1) return false;
  }
  return at == host.size();
}

}  // namespace covey::micro
