// Any bytes as a WAV file: what it takes has no more samples than bytes, and what it refuses is
// refused with words.
#include <cstdlib>

#include "core/host/diag_text.hpp"
#include "serve/preprocess/wav.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  covey::DiagText diag;
  const auto audio = covey::serve::ReadWav(std::as_bytes(std::span(data, size)), diag);
  if (!audio.ok()) {
    if (diag.Text().empty()) std::abort();
    return 0;
  }
  if (audio->samples.empty() || audio->samples.size() > size || audio->rate == 0) std::abort();
  return 0;
}
