#include "apps/covey/place/place.hpp"

#include "apps/covey/io/fail.hpp"

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

Expected<size_t> CountSamples(const std::string& source, size_t size, const Place& place) {
  const size_t sample = place.sample_bytes();
  if (size > 0 && sample > 0 && size % sample == 0) return size / sample;
  return MakeError(Code::kInvalidArgument,
                   (source == "-" ? "stdin" : source) + ": found " + std::to_string(size) +
                       " bytes, expected a multiple of " + std::to_string(sample) +
                       " (one sample is " + place.inputs() + "), at least one sample");
}

}  // namespace covey::app
