// A model that costs next to nothing: it answers kReplyBytes bytes that depend on its input, so
// that what remains of a call's time is the way there and back.
#pragma once

#include <memory>
#include <span>

#include "serve/backends/backend.hpp"

namespace covey::bench {

inline constexpr size_t kReplyBytes = 4096;

// reply[i] = request[i % size] + i. Both spans may be any bytes; `request` is not empty.
void Answer(std::span<const std::byte> request, std::span<std::byte> reply);

// Gives an echo model for every file: NAME.covey holds the number of input bytes as text.
std::unique_ptr<serve::Backend> MakeEchoBackend();

}  // namespace covey::bench
