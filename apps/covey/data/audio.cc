#include "apps/covey/data/audio.hpp"

#include "apps/covey/io/fail.hpp"
#include "core/host/diag_text.hpp"
#include "serve/preprocess/wav.hpp"

namespace covey::app {

Expected<std::vector<std::byte>> SamplesOfWav(const std::string& source,
                                              std::span<const std::byte> file, uint32_t rate,
                                              size_t clip_bytes) {
  DiagText diag;
  const Result<serve::Audio> audio = serve::ReadWav(file, diag);
  if (!audio.ok()) return Explain(source, audio.status(), diag);
  if (audio->rate != rate)
    return MakeError(Code::kInvalidArgument,
                     source + ": found " + std::to_string(audio->rate) +
                         " samples a second, expected " + std::to_string(rate) +
                         "; --rate says what the model takes, `covey signal --from-rate` makes "
                         "one that takes another");
  const auto samples = std::as_bytes(std::span(audio->samples));
  std::vector<std::byte> bytes(samples.begin(), samples.end());
  if (clip_bytes > 0) bytes.resize((bytes.size() + clip_bytes - 1) / clip_bytes * clip_bytes);
  return bytes;
}

}  // namespace covey::app
