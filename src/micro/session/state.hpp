// State is what a device session keeps between calls, Job one call as the application made it.
//
//   Job job{.what = What::kClassify, .input = image, .result = result};
//   SessionPlaces places(state, job);   // micro/session/places.hpp
#pragma once

#include <optional>

#include "covey/micro.h"
#include "micro/route/router.hpp"
#include "micro/session/parts.hpp"
#include "wire/rpc/client.hpp"

namespace covey::micro {

// Rows of the router: the model itself, its variants, then State's agent_row() and the cascade of
// both. Places that are not there are not asked for.
inline constexpr uint8_t kLocal = 0;
inline constexpr size_t kMostVariants = 3;

inline constexpr size_t kHostBytes = 16;  // "255.255.255.255" and NUL

struct State {
  covey_parts parts = {};
  std::optional<wire::Client> client = {};  // none: no link
  Router router = {};
  uint64_t request_id = 0;  // of the last request
  uint16_t port = 0;
  bool agent = false, automatic = false;  // the place; else local
  bool remembers = false;                 // the model keeps something from call to call
  uint8_t probed = kNoPlace;
  uint8_t agent_row = 1;
  char host[kHostBytes] = {};
  char place[COVEY_PLACE_BYTES] = {};
  char model[COVEY_MODEL_BYTES] = {};
};

struct Session {
  State state;
  std::byte buffer[wire::Client::kBufferBytes];
};

enum class What { kClassify, kInfer, kModels };

// One call, as the application made it.
struct Job {
  What what;
  const covey_input* input = nullptr;
  const covey_input* sent = nullptr;  // to the agent: the input, or `made`
  covey_input made = {};              // the input in a form that the session chose
  std::span<std::byte> output = {};
  size_t output_bytes = 0;
  covey_found found = nullptr;
  void* context = nullptr;
  uint32_t top_k = 1;
  uint16_t keep = kOne;  // answers that a form must keep
  covey_result* result = nullptr;
  wire::AgentTiming timing = {};  // as the agent says
  Status status = OkStatus();     // of the last place
};

inline uint32_t Us(uint64_t ns) {
  return static_cast<uint32_t>(ns / 1000 < UINT32_MAX ? ns / 1000 : UINT32_MAX);
}

}  // namespace covey::micro
