// `covey classify` through the application's own API.
#include <gtest/gtest.h>
#include <png.h>
#include <signal.h>

#include "pictures/pictures.hpp"
#include "tests/cli/material.hpp"

namespace covey::cli_test {
namespace {

// A picture of the report set as a PNG file.
std::string WritePng(const std::string& name, const pictures::Picture& picture) {
  const std::string path = TempPath(name);
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  image.width = image.height = pictures::kSide;
  image.format = PNG_FORMAT_RGB;
  EXPECT_NE(png_image_write_to_file(&image, path.c_str(), 0, picture.rgb.data(), 0, nullptr), 0);
  return path;
}

class Classify : public testing::Test {
 protected:
  Repository models_;
  pictures::Picture picture_ = pictures::Draw(pictures::kReportSeed, 3);
  std::string png_ = WritePng("picture.png", picture_);
};

TEST_F(Classify, OnHostTellsClassesAndPlace) {
  const Ended run = Covey({"classify", png_, "--model", kDeviceModel, "--top-k", "3", "--json"});
  ASSERT_EQ(run.code, 0) << run.err;
  const Json answer = run.json()["answers"][0];
  EXPECT_EQ(answer["image"], png_);
  EXPECT_EQ(answer["place"], "local");
  EXPECT_EQ(answer["fell_back"], false);
  ASSERT_EQ(answer["classes"].size(), 3U);
  EXPECT_GE(answer["classes"][0]["confidence"], answer["classes"][1]["confidence"]);
  EXPECT_NE(answer["classes"][0]["label"], "");
}

// The full-precision network as an image: what its model.toml says goes with it.
TEST_F(Classify, AFloatNetworkCompiledTellsWhatOnnxRuntimeTells) {
  const std::string image = TempPath("full.covey");
  const Ended compiled = Covey({"compile", kFullModel, "-o", image});
  ASSERT_EQ(compiled.code, 0) << compiled.err;
  const Ended run = Covey({"classify", png_, "--model", image, "--json"});
  (void)unlink(image.c_str());
  ASSERT_EQ(run.code, 0) << run.err;
  const Ended other = Covey({"classify", png_, "--model", kFullModel, "--json"});
  ASSERT_EQ(other.code, 0) << other.err;
  const Json here = run.json()["answers"][0]["classes"][0];
  const Json there = other.json()["answers"][0]["classes"][0];
  EXPECT_EQ(here["label"], there["label"]);
  EXPECT_NEAR(here["confidence"].get<double>(), there["confidence"].get<double>(), 1e-4);
}

TEST_F(Classify, OnAnAgentNamesTheAgent) {
  Agent agent({"--models", models_.path()});
  ASSERT_NE(agent.address(), "") << agent.log();
  const Ended run = Covey(
      {"classify", png_, png_, "--on", "agent:" + agent.address(), "--model", "device", "--json"});
  ASSERT_EQ(run.code, 0) << run.err;
  ASSERT_EQ(run.json()["answers"].size(), 2U);
  EXPECT_EQ(run.json()["answers"][0]["place"], "agent tcp://" + agent.address());
  const Ended here = Covey({"classify", png_, "--model", kDeviceModel, "--json"});
  EXPECT_EQ(run.json()["answers"][0]["classes"], here.json()["answers"][0]["classes"]);
}

TEST_F(Classify, FallsBackToAModelHereAndSaysSo) {
  Agent agent({"--models", models_.path()});
  const std::string address = agent.address();
  ASSERT_EQ(agent.Stop(SIGTERM), 0);
  const Ended run = Covey({"classify", png_, "--on", "agent:" + address, "--model", "full",
                           "--fallback", kDeviceModel, "--json"});
  ASSERT_EQ(run.code, 0) << run.err;
  const Json answer = run.json()["answers"][0];
  EXPECT_EQ(answer["place"], "local");
  EXPECT_EQ(answer["fell_back"], true);
  EXPECT_NE(answer["fallback_reason"], "");
}

TEST_F(Classify, WithoutFallbackAnAgentThatIsAwayIsAnError) {
  Agent agent({"--models", models_.path()});
  const std::string address = agent.address();
  ASSERT_EQ(agent.Stop(SIGTERM), 0);
  const Ended run =
      Covey({"classify", png_, "--on", "agent:" + address, "--model", "full", "--json"});
  EXPECT_EQ(run.code, 1);
  EXPECT_EQ(run.err_json()["error"]["code"], "UNAVAILABLE") << run.err;
}

TEST_F(Classify, GoesOnAfterABadPictureAndFails) {
  const std::string bad = WriteTemp("bad.png", ReadAll(png_).substr(0, 60));
  const Ended run = Covey({"classify", bad, png_, "--model", kDeviceModel, "--json"});
  EXPECT_EQ(run.code, 1);
  EXPECT_NE(run.err.find(bad), std::string::npos) << run.err;
  EXPECT_EQ(run.json()["answers"].size(), 1U) << run.out;
}

// The board runs the same bytes, so it gives the same classes; a picture that cannot be read does
// not stop the others.
TEST_F(Classify, OnABoardTellsWhatTheHostTells) {
  const std::string missing = TempPath("missing.png");
  const Ended run =
      Covey({"classify", png_, missing, "--model", kDeviceModel, "--on", "board:m33", "--json"});
  if (run.err.find("no firmware") != std::string::npos ||
      run.err.find("qemu") != std::string::npos) {
    GTEST_SKIP() << "firmware: " << run.err;
  }
  EXPECT_EQ(run.code, 1);
  EXPECT_NE(run.err.find(missing), std::string::npos) << run.err;
  ASSERT_EQ(run.json()["answers"].size(), 1U) << run.out;
  const Json answer = run.json()["answers"][0];
  EXPECT_EQ(answer["place"], "board:m33 (modelled)");
  EXPECT_GT(answer["latency_ms"], 0);
  const Ended here = Covey({"classify", png_, "--model", kDeviceModel, "--json"});
  EXPECT_EQ(answer["classes"], here.json()["answers"][0]["classes"]);
}

}  // namespace
}  // namespace covey::cli_test
