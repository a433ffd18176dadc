// ParsePlace reads the words that say where inference runs.
//
//   place = ["auto "] ("local" | "agent tcp://" host ":" port)
//
//   COVEY_TRY_ASSIGN(auto place, micro::ParsePlace("agent tcp://10.0.2.2:7700"));
//   if (place.agent && !micro::IsIpv4(place.host)) ...   // a device resolves no names
//
// Memory: `host` points into the text.
// Errors: kInvalidArgument; the message says what was expected.
#pragma once

#include <cstdint>
#include <span>

#include "core/status.hpp"

namespace covey::micro {

struct PlaceName {
  bool agent = false;          // else local
  bool automatic = false;      // the router chooses: variants of the local model, that agent
  std::span<const char> host;  // letters, digits, '.', '-'
  uint16_t port = 0;           // 1..65535
};

Result<PlaceName> ParsePlace(const char* text);

// Four decimal numbers 0..255 with dots between, no leading zeros.
bool IsIpv4(std::span<const char> host);

}  // namespace covey::micro
