#include "serve/preprocess/wav.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>

namespace covey::serve {
namespace {

using Bytes = std::span<const std::byte>;

constexpr size_t kHeader = 12, kChunkHeader = 8, kFormatBytes = 16, kExtensibleBytes = 40;
constexpr uint32_t kUntilTheEnd = 0xFFFFFFFF;
constexpr uint32_t kPcm = 1, kFloat = 3, kExtensible = 0xFFFE;
constexpr uint32_t kMostChannels = 64, kMostRate = 1'000'000;

uint32_t Number(Bytes bytes, size_t at, size_t count) {
  uint32_t value = 0;
  for (size_t i = 0; i < count; ++i) value |= static_cast<uint32_t>(bytes[at + i]) << (8 * i);
  return value;
}

std::string Name(Bytes bytes, size_t at) {
  std::string name;
  for (size_t i = 0; i < 4; ++i) {
    const auto c = static_cast<char>(bytes[at + i]);
    name += c >= ' ' && c <= '~' ? c : '?';
  }
  return name;
}

Status Refuse(Diag& diag, Code code, size_t at, const std::string& problem) {
  diag.Report({.subject = "wav", .problem = problem.c_str(), .at = static_cast<int64_t>(at)});
  return Status(code, "wav: cannot be read");
}

struct Format {
  uint32_t kind = 0, channels = 0, rate = 0, bits = 0;
  uint32_t sample_bytes() const { return bits / 8; }
};

const char* NameOfKind(uint32_t kind) {
  switch (kind) {
    case 2:
    case 0x11:
      return "ADPCM";
    case 6:
      return "A-law";
    case 7:
      return "mu-law";
    case 0x55:
      return "MP3";
    default:
      return "of an unknown kind";
  }
}

// A WAVE "fmt " chunk's body, which begins at `at` of the file.
Result<Format> ReadFormat(Bytes body, size_t at, Diag& diag) {
  if (body.size() < kFormatBytes)
    return Refuse(
        diag, Code::kDataLoss, at,
        "its 'fmt ' chunk has " + std::to_string(body.size()) + " bytes, expected 16 or more");
  Format format{.kind = Number(body, 0, 2),
                .channels = Number(body, 2, 2),
                .rate = Number(body, 4, 4),
                .bits = Number(body, 14, 2)};
  const uint32_t frame = Number(body, 12, 2);
  if (format.kind == kExtensible) {
    if (body.size() < kExtensibleBytes)
      return Refuse(
          diag, Code::kDataLoss, at,
          "its extensible 'fmt ' chunk has " + std::to_string(body.size()) + " bytes, expected 40");
    format.kind = Number(body, 24, 2);
  }
  const uint32_t bits = format.bits;
  const bool pcm = format.kind == kPcm && (bits == 8 || bits == 16 || bits == 24 || bits == 32);
  if (format.kind != kPcm && format.kind != kFloat)
    return Refuse(diag, Code::kInvalidArgument, at,
                  "its samples are " + std::string(NameOfKind(format.kind)) + " (format " +
                      std::to_string(format.kind) + "), expected PCM or floats");
  if (!pcm && !(format.kind == kFloat && bits == 32))
    return Refuse(diag, Code::kInvalidArgument, at,
                  "its samples have " + std::to_string(bits) +
                      " bits, expected 8, 16, 24 or 32, of floats 32");
  if (format.channels == 0 || format.channels > kMostChannels)
    return Refuse(diag, Code::kInvalidArgument, at,
                  "has " + std::to_string(format.channels) + " channels, expected 1 to 64");
  if (format.rate == 0 || format.rate > kMostRate)
    return Refuse(
        diag, Code::kInvalidArgument, at,
        "has " + std::to_string(format.rate) + " samples a second, expected 1 to 1000000");
  if (frame != format.channels * format.sample_bytes())
    return Refuse(diag, Code::kDataLoss, at,
                  "says that a frame has " + std::to_string(frame) + " bytes, expected " +
                      std::to_string(format.channels * format.sample_bytes()));
  return format;
}

// One sample, full scale 2^31; nothing: no number.
std::optional<double> SampleAt(const Format& format, Bytes data, size_t at) {
  const uint32_t raw = Number(data, at, format.sample_bytes());
  if (format.kind == kFloat) {
    const auto value = static_cast<double>(std::bit_cast<float>(raw));
    if (std::isnan(value)) return {};
    return std::clamp(value, -1.0, 1.0) * 2147483648.0;
  }
  if (format.bits == 8) return (static_cast<double>(raw) - 128) * 16777216.0;
  return static_cast<double>(static_cast<int32_t>(raw << (32 - format.bits)));
}

Result<Audio> ReadSamples(const Format& format, Bytes data, size_t begin, Diag& diag) {
  const size_t frame = size_t{format.channels} * format.sample_bytes();
  if (data.size() % frame != 0)
    return Refuse(diag, Code::kDataLoss, begin,
                  "its 'data' chunk has " + std::to_string(data.size()) +
                      " bytes, expected a multiple of " + std::to_string(frame));
  Audio audio{.rate = format.rate, .samples = {}};
  audio.samples.reserve(data.size() / frame);
  for (size_t at = 0; at < data.size(); at += frame) {
    double sum = 0;
    for (uint32_t c = 0; c < format.channels; ++c) {
      const auto sample = SampleAt(format, data, at + c * format.sample_bytes());
      if (!sample) return Refuse(diag, Code::kDataLoss, begin + at, "a sample is no number (nan)");
      sum += *sample;
    }
    const double value = std::floor(sum / format.channels / 65536.0 + 0.5);
    audio.samples.push_back(static_cast<int16_t>(std::clamp(value, -32768.0, 32767.0)));
  }
  if (audio.samples.empty())
    return Refuse(diag, Code::kInvalidArgument, begin, "has no samples, expected at least one");
  return audio;
}

}  // namespace

bool IsWav(std::span<const std::byte> bytes) {
  return bytes.size() >= kHeader && Name(bytes, 0) == "RIFF" && Name(bytes, 8) == "WAVE";
}

Result<Audio> ReadWav(std::span<const std::byte> bytes, Diag& diag) {
  if (!IsWav(bytes))
    return Refuse(diag, Code::kInvalidArgument, 0,
                  bytes.size() >= kHeader && (Name(bytes, 0) == "RIFX" || Name(bytes, 0) == "RF64")
                      ? "is '" + Name(bytes, 0) + "', expected 'RIFF'"
                      : "no WAV file, expected it to start with 'RIFF', a size and 'WAVE'");
  std::optional<Format> format;
  // What the header says of the file's size is often wrong and not needed.
  for (size_t at = kHeader; at + kChunkHeader <= bytes.size();) {
    const std::string name = Name(bytes, at);
    const uint32_t size = Number(bytes, at + 4, 4);
    const size_t begin = at + kChunkHeader, left = bytes.size() - begin;
    const bool data = name == "data";
    if (size > left && !(data && size == kUntilTheEnd))
      return Refuse(diag, Code::kDataLoss, at,
                    "its '" + name + "' chunk says that it has " + std::to_string(size) +
                        " bytes, expected at most the " + std::to_string(left) + " that are left");
    const Bytes body = bytes.subspan(begin, std::min<size_t>(size, left));
    if (data) {
      if (!format)
        return Refuse(diag, Code::kDataLoss, at, "has samples before their format ('fmt ')");
      return ReadSamples(*format, body, begin, diag);
    }
    if (name == "fmt " && !format) {
      COVEY_TRY_ASSIGN(format, ReadFormat(body, begin, diag));
    }
    at = begin + body.size() + body.size() % 2;  // chunks begin at even places
  }
  return Refuse(diag, Code::kDataLoss, bytes.size(), "ends before its samples ('data')");
}

}  // namespace covey::serve
