#include "apps/covey/place/place.hpp"

#include "apps/covey/data/audio.hpp"
#include "apps/covey/io/fail.hpp"
#include "serve/preprocess/wav.hpp"

namespace covey::app {

Expected<std::unique_ptr<Place>> OpenPlace(const Target& target, const std::string& model,
                                           const PlaceOptions& options) {
  switch (target.kind) {
    case Target::Kind::kBoard:
      return OpenBoard(target.board, model, options);
    case Target::Kind::kAgent:
      return OpenAgent(target.agent, model, options);
    case Target::Kind::kHost:
      break;
  }
  return OpenHost(model, options);
}

void FillStream(const Place& place, std::vector<std::byte>& input) {
  const bool jpeg = input.size() > 2 && input[0] == std::byte{0xFF} && input[1] == std::byte{0xD8};
  if (jpeg && input.size() < place.sample_bytes() && place.inputs().starts_with("uint8[1,"))
    input.resize(place.sample_bytes());
}

Expected<void> TakeAudio(const Place& place, const std::string& source, uint32_t rate,
                         std::vector<std::byte>& input) {
  if (!serve::IsWav(input)) return {};
  if (!place.inputs().starts_with("int16[1,"))
    return MakeError(Code::kInvalidArgument,
                     source + ": is a WAV file, and the model takes " + place.inputs() +
                         ", expected int16[1,n]; `covey signal` puts a front end before it");
  auto samples = SamplesOfWav(source, input, rate, place.sample_bytes());
  if (!samples) return samples.error();
  input = std::move(samples.value());
  return {};
}

Expected<size_t> CountSamples(const std::string& source, size_t size, const Place& place) {
  const size_t sample = place.sample_bytes();
  if (size > 0 && sample > 0 && size % sample == 0) return size / sample;
  return MakeError(Code::kInvalidArgument,
                   (source == "-" ? "stdin" : source) + ": found " + std::to_string(size) +
                       " bytes, expected a multiple of " + std::to_string(sample) +
                       " (one sample is " + place.inputs() + "), at least one sample");
}

}  // namespace covey::app
