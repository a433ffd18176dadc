// ReadWav makes samples of one channel, int16, of a WAV file's bytes.
//
//   COVEY_TRY_ASSIGN(const Audio audio, ReadWav(bytes, diag));
//   audio.rate;      // samples a second
//   audio.samples;   // -32768 to 32767
//
// Takes PCM of 8, 16, 24 and 32 bits and floats of 32 bits, one to 64 channels (their mean), plain
// or as WAVE_FORMAT_EXTENSIBLE, with any other chunks before and behind. A data chunk whose size is
// FFFFFFFF, as recorders into a pipe write it, lasts to the end of the file.
// Exact: 16-bit samples of one channel as they are; others rounded to the nearest, what is louder
// than full scale cut off there.
// Errors: kInvalidArgument (no WAV, or one of another kind), kDataLoss (damaged or cut off); a
// Finding says what was found, where, and what was expected.
// Source: Microsoft and IBM, "Multimedia Programming Interface and Data Specifications 1.0", 1991.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/diag.hpp"
#include "core/status.hpp"

namespace covey::serve {

struct Audio {
  uint32_t rate = 0;
  std::vector<int16_t> samples;
};

// Whether the bytes begin as a WAV file does: "RIFF", four more, "WAVE".
bool IsWav(std::span<const std::byte> bytes);
Result<Audio> ReadWav(std::span<const std::byte> bytes, Diag& diag);

}  // namespace covey::serve
