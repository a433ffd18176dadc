#include "serve/preprocess/wav.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <functional>
#include <string>

#include "core/host/diag_text.hpp"

namespace covey::serve {
namespace {

std::string Little(uint32_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
  return text;
}

std::string Chunk(const std::string& name, const std::string& body) {
  return name + Little(static_cast<uint32_t>(body.size()), 4) + body +
         std::string(body.size() % 2, '\0');
}

// Of the bytes of a frame, in a file without chunks before its format.
constexpr size_t kFrameAt = 12 + 8 + 12;

struct Wav {
  uint32_t kind = 1, channels = 1, rate = 16000, bits = 16;
  std::string data = Little(1, 2) + Little(0x8000, 2);
  std::string before = {}, behind = {}, format_rest = {};

  std::string Format() const {
    const uint32_t frame = channels * bits / 8;
    return Little(kind, 2) + Little(channels, 2) + Little(rate, 4) + Little(rate * frame, 4) +
           Little(frame, 2) + Little(bits, 2) + format_rest;
  }
  std::string Text() const {
    const std::string chunks = before + Chunk("fmt ", Format()) + Chunk("data", data) + behind;
    return "RIFF" + Little(static_cast<uint32_t>(chunks.size() + 4), 4) + "WAVE" + chunks;
  }
};

Result<Audio> Read(const std::string& text, DiagText& diag) {
  return ReadWav(std::as_bytes(std::span(text.data(), text.size())), diag);
}

std::vector<int16_t> Samples(const Wav& wav) {
  DiagText diag;
  const auto audio = Read(wav.Text(), diag);
  EXPECT_TRUE(audio.ok()) << diag.Text();
  return audio.ok() ? audio->samples : std::vector<int16_t>{};
}

std::string Complaint(const std::string& text) {
  DiagText diag;
  const auto audio = Read(text, diag);
  EXPECT_FALSE(audio.ok());
  return diag.Text();
}

std::string FloatBits(float value) { return Little(std::bit_cast<uint32_t>(value), 4); }

TEST(Wav, GivesSixteenBitSamplesAsTheyAre) {
  DiagText diag;
  const auto audio = Read(Wav{.rate = 8000}.Text(), diag);
  ASSERT_TRUE(audio.ok()) << diag.Text();
  EXPECT_EQ(audio->rate, 8000U);
  EXPECT_EQ(audio->samples, (std::vector<int16_t>{1, -32768}));
}

TEST(Wav, RoundsOtherWidthsToTheNearest) {
  EXPECT_EQ(Samples({.bits = 8, .data = {'\x80', '\0', '\xFF'}}),
            (std::vector<int16_t>{0, -32768, 127 * 256}));
  EXPECT_EQ(Samples({.bits = 24,
                     .data = Little(0x00017F, 3) + Little(0x000180, 3) + Little(0x7FFFFF, 3) +
                             Little(0x800000, 3)}),
            (std::vector<int16_t>{1, 2, 32767, -32768}));
  EXPECT_EQ(Samples({.bits = 32, .data = Little(0x00018000, 4) + Little(0xFFFF8000, 4)}),
            (std::vector<int16_t>{2, 0}));
  EXPECT_EQ(
      Samples(
          {.kind = 3, .bits = 32, .data = FloatBits(0.5F) + FloatBits(-7) + FloatBits(INFINITY)}),
      (std::vector<int16_t>{16384, -32768, 32767}));
}

TEST(Wav, TakesTheMeanOfItsChannels) {
  EXPECT_EQ(
      Samples({.channels = 2,
               .data = Little(10, 2) + Little(21, 2) + Little(0x8000, 2) + Little(0x8000, 2)}),
      (std::vector<int16_t>{16, -32768}));
}

TEST(Wav, PassesOverOtherChunksAndTheirPadding) {
  const std::vector<int16_t> expected{1, -32768};
  EXPECT_EQ(Samples({.before = Chunk("LIST", "odd"), .behind = Chunk("id3 ", "x")}), expected);
  EXPECT_EQ(Samples({.behind = "rest"}), expected);
  const std::string guid = Little(1, 2) + std::string(14, 'g');
  EXPECT_EQ(
      Samples({.kind = 0xFFFE, .format_rest = Little(22, 2) + Little(16, 2) + Little(4, 4) + guid}),
      expected);
}

TEST(Wav, OfAnUnknownLengthLastsToItsEnd) {
  std::string text = Wav{}.Text();
  text.replace(text.find("data") + 4, 4, Little(0xFFFFFFFF, 4));
  DiagText diag;
  const auto audio = Read(text, diag);
  ASSERT_TRUE(audio.ok()) << diag.Text();
  EXPECT_EQ(audio->samples.size(), 2U);
}

TEST(Wav, SaysWhatIsWrongWithOne) {
  const auto says = [](const Wav& wav, const char* words) {
    EXPECT_NE(Complaint(wav.Text()).find(words), std::string::npos) << Complaint(wav.Text());
  };
  says({.kind = 7, .bits = 8}, "mu-law (format 7), expected PCM or floats");
  says({.bits = 12}, "12 bits");
  says({.kind = 3, .bits = 16}, "16 bits, expected 8, 16, 24 or 32, of floats 32");
  says({.channels = 0}, "has 0 channels, expected 1 to 64");
  says({.channels = 65}, "has 65 channels");
  says({.rate = 0}, "has 0 samples a second");
  says({.data = "odd"}, "'data' chunk has 3 bytes, expected a multiple of 2");
  says({.data = ""}, "has no samples");
  says({.kind = 3, .bits = 32, .data = FloatBits(NAN)}, "no number");
  says({.kind = 0xFFFE}, "extensible 'fmt ' chunk has 16 bytes, expected 40");
  EXPECT_NE(Complaint("ID3").find("expected it to start with 'RIFF'"), std::string::npos);
  EXPECT_NE(Complaint("RIFX" + Wav{}.Text().substr(4)).find("is 'RIFX'"), std::string::npos);
}

TEST(Wav, RefusesSizesThatTheFileDoesNotHave) {
  for (const uint32_t size : {5U, 0x7FFFFFFFU, 0xFFFFFFFEU}) {
    std::string text = Wav{}.Text();
    text.replace(text.find("data") + 4, 4, Little(size, 4));
    EXPECT_NE(Complaint(text).find("'data' chunk says that it has " + std::to_string(size)),
              std::string::npos);
  }
  std::string text = Wav{.before = Chunk("LIST", "abcd")}.Text();
  text.replace(text.find("LIST") + 4, 4, Little(0xFFFFFFFF, 4));
  EXPECT_NE(Complaint(text).find("'LIST' chunk says"), std::string::npos);
  std::string frame = Wav{}.Text();
  frame[kFrameAt] = 3;
  EXPECT_NE(Complaint(frame).find("a frame has 3 bytes, expected 2"), std::string::npos);
  const std::string no_format = "RIFF1234WAVE" + Chunk("data", "ab");
  EXPECT_NE(Complaint(no_format).find("before their format"), std::string::npos);
}

TEST(Wav, RefusesEveryTruncation) {
  const std::string text = Wav{.before = Chunk("LIST", "odd")}.Text();
  for (size_t size = 0; size < text.size(); ++size)
    EXPECT_NE(Complaint(text.substr(0, size)), "") << size;
}

}  // namespace
}  // namespace covey::serve
