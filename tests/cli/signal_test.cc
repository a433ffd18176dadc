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
