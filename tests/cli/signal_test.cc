// `covey signal`: an image of signal processing runs here and at an agent, with the same bytes.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "tests/cli/process.hpp"

namespace covey::cli_test {
namespace {

class Signal : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = TempPath("signal");
    std::filesystem::create_directory(folder_);
    std::minstd_rand random(3);
    std::ofstream samples(folder_ + "/samples", std::ios::binary);
    for (int i = 0; i < 2 * 2 * 2000; ++i) samples.put(static_cast<char>(random() >> 9));
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Run(const std::string& model, const std::string& place) {
    const std::string out = folder_ + "/out";
    const Ended run =
        Covey({"run", model, "--on", place, "--input", folder_ + "/samples", "--output", out});
    EXPECT_EQ(run.code, 0) << run.err;
    std::ifstream file(out, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::string folder_;
};

TEST_F(Signal, CepstraAreTheSameHereAndAtAnAgent) {
  const std::string image = folder_ + "/mfcc.covey";
  const Ended made = Covey({"signal", "mfcc", "--from-rate", "32000", "--length", "1000", "--to",
                            "int8", "--scale", "0.5", "-o", image, "--json"});
  ASSERT_EQ(made.code, 0) << made.err;
  EXPECT_EQ(made.json()["shapes"], "int16[1,2000] -> int8[1,2,10,1]");
  Agent agent({"--models", folder_});
  ASSERT_NE(agent.address(), "") << agent.log();
  const std::string here = Run(image, "host");
  EXPECT_EQ(here.size(), 2U * 20);
  EXPECT_EQ(Run("mfcc", "agent:" + agent.address()), here);
}

// A WAV file of PCM, its samples those of `raw`.
std::string WavOf(const std::string& raw, uint16_t channels, uint32_t rate) {
  const auto little = [](uint32_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
    return text;
  };
  const uint32_t frame = channels * 2U;
  return "RIFF" + little(static_cast<uint32_t>(raw.size()) + 36, 4) + "WAVEfmt " + little(16, 4) +
         little(1, 2) + little(channels, 2) + little(rate, 4) + little(rate * frame, 4) +
         little(frame, 2) + little(16, 2) + "data" + little(static_cast<uint32_t>(raw.size()), 4) +
         raw;
}

std::string Read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
void Write(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

// 2,000 samples a clip, of whatever rate.
class SignalWav : public Signal {
 protected:
  void SetUp() override {
    Signal::SetUp();
    image_ = folder_ + "/mfcc.covey";
    const Ended made = Covey(
        {"signal", "mfcc", "--length", "2000", "--to", "int8", "--scale", "0.5", "-o", image_});
    ASSERT_EQ(made.code, 0) << made.err;
  }
  Ended RunWav(const std::string& wav, std::vector<std::string> more = {}) {
    Write(folder_ + "/clip.wav", wav);
    std::vector<std::string> words = {"run",      image_,          "--input", folder_ + "/clip.wav",
                                      "--output", folder_ + "/out"};
    words.insert(words.end(), more.begin(), more.end());
    return Covey(words);
  }
  std::string image_;
};

TEST_F(SignalWav, GivesWhatItsSamplesGive) {
  const std::string raw = Read(folder_ + "/samples");
  const std::string expected = Run(image_, "host");
  const Ended run = RunWav(WavOf(raw, 1, 16000));
  ASSERT_EQ(run.code, 0) << run.err;
  EXPECT_EQ(Read(folder_ + "/out"), expected);
  ASSERT_EQ(RunWav(WavOf(raw, 1, 8000), {"--rate", "8000"}).code, 0);
  EXPECT_EQ(Read(folder_ + "/out"), expected);
}

TEST_F(SignalWav, GoesOnWithSilenceToAWholeClip) {
  const std::string raw = Read(folder_ + "/samples").substr(0, 3000);
  std::string filled = raw;
  filled.resize(4000);
  Write(folder_ + "/samples", filled);
  const std::string expected = Run(image_, "host");
  ASSERT_EQ(RunWav(WavOf(raw, 1, 16000)).code, 0);
  EXPECT_EQ(Read(folder_ + "/out"), expected);
}

TEST_F(SignalWav, IsRefusedInWordsWhereItIsHostile) {
  const std::string wav = WavOf(Read(folder_ + "/samples"), 2, 16000);
  const auto refusal = [&](const std::string& text) {
    const Ended run = RunWav(text);
    EXPECT_EQ(run.code, 1) << run.err;
    EXPECT_NE(run.err.find("clip.wav: "), std::string::npos) << run.err;
    return run.err;
  };
  const auto with = [&](size_t at, const std::string& bytes) {
    return std::string(wav).replace(at, bytes.size(), bytes);
  };
  EXPECT_NE(refusal(wav.substr(0, wav.size() - 1)).find("'data' chunk says"), std::string::npos);
  EXPECT_NE(refusal(wav.substr(0, 30)).find("'fmt ' chunk says"), std::string::npos);
  EXPECT_NE(refusal(with(22, std::string(2, '\0'))).find("0 channels"), std::string::npos);
  EXPECT_NE(refusal(with(20, "\x07")).find("mu-law"), std::string::npos);
  EXPECT_NE(refusal(with(40, "\xFF\xFF\xFF\x7F")).find("2147483647"), std::string::npos);
  EXPECT_NE(refusal(WavOf("ab", 1, 44100)).find("found 44100 samples a second, expected 16000"),
            std::string::npos);
  Write(folder_ + "/pictures.wav", wav);
  const Ended made = Covey({"signal", "resize", "--from-size", "4x4x1", "--to-size", "2x2", "-o",
                            folder_ + "/resize.covey"});
  ASSERT_EQ(made.code, 0) << made.err;
  const Ended run = Covey({"run", folder_ + "/resize.covey", "--input", folder_ + "/pictures.wav"});
  EXPECT_NE(run.err.find("is a WAV file, and the model takes"), std::string::npos) << run.err;
}

TEST_F(Signal, RefusesInWordsWhatCannotBe) {
  const auto refusal = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "signal");
    words.insert(words.end(), {"-o", folder_ + "/x.covey"});
    const Ended run = Covey(words);
    EXPECT_NE(run.code, 0);
    EXPECT_FALSE(std::filesystem::exists(folder_ + "/x.covey"));
    return run.err;
  };
  EXPECT_NE(refusal({"mfcc", "--window", "30m"}).find("expected a length such as 30ms"),
            std::string::npos);
  EXPECT_NE(refusal({"mfcc", "--length", "10ms"}).find("window"), std::string::npos);
  EXPECT_NE(refusal({"mfcc", "--high", "9000"}).find("highest frequency"), std::string::npos);
  EXPECT_NE(refusal({"resample"}).find("nothing to resample"), std::string::npos);
  EXPECT_NE(refusal({"resize", "--from-size", "0x3"}).find("--from-size"), std::string::npos);
  EXPECT_NE(refusal({"cosine"}).find("cosine"), std::string::npos);
  EXPECT_NE(refusal({"mfcc", "--before", "absent.tflite"}).find("absent.tflite"),
            std::string::npos);
}

}  // namespace
}  // namespace covey::cli_test
