// covey compile --dynamic, on the network and the pictures of this project.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pictures/pictures.hpp"
#include "tests/cli/material.hpp"

namespace covey::cli_test {
namespace {

using testing::HasSubstr;

std::string Pixels(int count) {
  std::string pixels;
  for (int i = 0; i < count; ++i) {
    const pictures::Picture drawn =
        pictures::Draw(pictures::kSelectionSeed, static_cast<uint64_t>(i));
    pixels.append(reinterpret_cast<const char*>(drawn.rgb.data()), drawn.rgb.size());
  }
  return WriteTemp("dynamic.u8", pixels);
}

std::string OutputsOf(const std::string& image) {
  std::string bytes;
  for (int i = 0; i < 8 * 3072; ++i) bytes += static_cast<char>(i * 37 % 251);
  const Ended run = Covey({"run", image, "--input", WriteTemp("dynamic.raw", bytes)});
  EXPECT_EQ(run.code, 0) << run.err;
  return run.out;
}

TEST(CompileDynamic, SamplesDecideAndTheBytesStayTheSame) {
  const std::string plain = TempPath("plain.covey"), passing = TempPath("dynamic.covey");
  ASSERT_EQ(Covey({"compile", kDeviceModel, "--target", "m4", "-o", plain}).code, 0);
  const Ended run = Covey({"compile", kDeviceModel, "--calibrate", Pixels(90), "--type", "uint8",
                           "--dynamic", "auto", "--target", "m4", "-o", passing, "--json"});
  ASSERT_EQ(run.code, 0) << run.err;
  EXPECT_FALSE(run.json().contains("approximation"));
  const Json made = run.json()["dynamic"];
  EXPECT_EQ(made["samples"], 90);
  for (const Json& trial : made["trials"]) {
    EXPECT_LE(trial["kept_least"], trial["kept"]);
    EXPECT_LE(trial["kept"], trial["kept_most"]);
    EXPECT_TRUE(!trial["taken"] || trial["estimated_after"] < trial["estimated_before"]) << trial;
  }
  EXPECT_EQ(OutputsOf(passing), OutputsOf(plain));
}

TEST(CompileDynamic, AllNeedsNoSamples) {
  const std::string plain = TempPath("plain.covey"), passing = TempPath("dynamic.covey");
  ASSERT_EQ(Covey({"compile", kDeviceModel, "-o", plain}).code, 0);
  const Ended run = Covey(
      {"compile", kDeviceModel, "--dynamic", "all", "--target", "m33", "-o", passing, "--json"});
  ASSERT_EQ(run.code, 0) << run.err;
  EXPECT_GT(run.json()["dynamic"]["layers"].size(), 0U);
  EXPECT_THAT(Covey({"inspect", passing}).out, HasSubstr("passes over zero inputs"));
  EXPECT_EQ(OutputsOf(passing), OutputsOf(plain));
}

TEST(CompileDynamic, SaysWhatItNeeds) {
  const std::string output = TempPath("refused.covey");
  EXPECT_THAT(Covey({"compile", kDeviceModel, "--dynamic", "all", "-o", output}).err,
              HasSubstr("expected --target m4 or m33 (found any)"));
  EXPECT_THAT(
      Covey({"compile", kDeviceModel, "--dynamic", "auto", "--target", "m4", "-o", output}).err,
      HasSubstr("--dynamic auto: needs --calibrate"));
  EXPECT_EQ(Covey({"compile", kDeviceModel, "--dynamic", "some", "-o", output}).code, 2);
}

}  // namespace
}  // namespace covey::cli_test
