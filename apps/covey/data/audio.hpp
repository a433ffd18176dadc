// What a WAV file is to a model that takes samples: int16 of one channel at the model's rate.
//
//   if (serve::IsWav(bytes)) samples = SamplesOfWav("clip.wav", bytes, kUsualRate, 32000);
//
// Samples go on with silence to a multiple of `clip_bytes` (0: they end where the file does).
// Errors: those of serve/preprocess/wav.hpp, and another rate than the one asked for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "covey/covey.hpp"

namespace covey::app {

inline constexpr uint32_t kUsualRate = 16000;  // of networks that listen to speech

Expected<std::vector<std::byte>> SamplesOfWav(const std::string& source,
                                              std::span<const std::byte> file, uint32_t rate,
                                              size_t clip_bytes);

}  // namespace covey::app
