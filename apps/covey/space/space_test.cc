#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "apps/covey/space/answer_json.hpp"
#include "apps/covey/space/read.hpp"
#include "apps/covey/space/svg.hpp"
#include "plan/place/planner.hpp"

namespace covey::app {
namespace {

constexpr char kTwo[] = R"([options]
memory = "bytes"
[[device]]
name = "watch"
kind = "max78000"
capabilities = ["microphone"]
[[device]]
name = "glasses"
kind = "m4"
[links]
default = { kbit_s = 1000, overhead_us = 1000 }
[[link]]
between = ["watch", "glasses"]
kbit_s = 10000
[[pipeline]]
name = "keywords"
model = "KWS"
source = "microphone"
target = "glasses"
)";

std::string With(const std::string& from, const std::string& to) {
  std::string text = kTwo;
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}
std::string ErrorOf(const std::string& text) {
  const Expected<SpaceFile> file = ParseSpace(text, "space.toml", {});
  return file ? "" : file.error().message;
}

TEST(ReadSpace, ReadsDevicesLinksAndPipelines) {
  const Expected<SpaceFile> file = ParseSpace(kTwo, "space.toml", {});
  ASSERT_TRUE(file) << file.error().message;
  const plan::Space& space = file.value().space;
  EXPECT_EQ(space.memory, plan::Memory::kBytes);
  EXPECT_EQ(space.devices[1].part.family, plan::Family::kCpu);
  EXPECT_DOUBLE_EQ(space.LinkOf(1, 0).bit_s, 1e7);
  EXPECT_DOUBLE_EQ(space.LinkOf(0, 1).overhead_s, 1e-3);
  EXPECT_EQ(space.tenants[0].sources, std::vector<int>{0});
  EXPECT_EQ(space.tenants[0].model.size(), 9);
}

TEST(ReadSpace, NamesLineKeyFoundAndExpected) {
  const std::string words = ErrorOf(With("kbit_s = 10000", "kbit_s = \"fast\""));
  EXPECT_NE(words.find("space.toml:14"), std::string::npos) << words;
  EXPECT_NE(words.find("kbit_s"), std::string::npos) << words;
  EXPECT_NE(words.find("found \"fast\""), std::string::npos) << words;
  EXPECT_NE(words.find("expected a number"), std::string::npos) << words;
}

TEST(ReadSpace, RefusesTwoDevicesWithOneName) {
  const std::string words = ErrorOf(With("name = \"glasses\"", "name = \"watch\""));
  EXPECT_NE(words.find("second time"), std::string::npos) << words;
}

TEST(ReadSpace, SuggestsTheNearestName) {
  EXPECT_NE(ErrorOf(With("\"glasses\"]", "\"glases\"]")).find("did you mean 'glasses'"),
            std::string::npos);
  EXPECT_NE(ErrorOf(With("KWS", "SimpelNet")).find("did you mean 'SimpleNet'"), std::string::npos);
  EXPECT_NE(ErrorOf(With("memory", "memroy")).find("did you mean 'memory'"), std::string::npos);
}

TEST(ReadSpace, RefusesImpossibleLinks) {
  EXPECT_NE(ErrorOf(With("[\"watch\", \"glasses\"]", "[\"watch\", \"watch\"]")), "");
  EXPECT_NE(ErrorOf(With("kbit_s = 10000", "kbit_s = -5")), "");
  EXPECT_NE(
      ErrorOf(std::string(kTwo) + "[[link]]\nbetween = [\"glasses\", \"watch\"]\nkbit_s = 5\n"),
      "");
}

TEST(ReadSpace, RefusesUnknownLayers) {
  const std::string words = ErrorOf(std::string(kTwo) + "cuts = [3, 9]\n");
  EXPECT_NE(words.find("no layer 9"), std::string::npos) << words;
}

TEST(ReadSpace, CutsOnlyWhereItMay) {
  const Expected<SpaceFile> file = ParseSpace(std::string(kTwo) + "cuts = [3]\n", "space.toml", {});
  ASSERT_TRUE(file);
  EXPECT_TRUE(file.value().space.tenants[0].MayCut(3));
  EXPECT_FALSE(file.value().space.tenants[0].MayCut(4));
}

TEST(ReadSpace, SurvivesEveryTruncation) {
  const std::string text = kTwo;
  for (size_t size = 0; size < text.size(); ++size) {
    const Expected<SpaceFile> file = ParseSpace(text.substr(0, size), "space.toml", {});
    EXPECT_TRUE(file || !file.error().message.empty()) << size;
  }
}

TEST(ReadSpace, ReadsADescriptorFile) {
  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / "covey_descriptor_test";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "u55.toml") << R"(family = "streamed"
clock_hz = 400e6
weight_bytes_per_s = 2e8
[cycles_per_mac]
conv2d = 0.05
linear = 0.1
passthrough = 0.2
[memory]
activation_bytes = 2000000
)";
  const Expected<plan::Part> part = ReadPart("u55", folder);
  std::ofstream(folder / "bad.toml") << "base = \"max78000\"\n[memory]\nflash = 3\n";
  const Expected<plan::Part> bad = ReadPart("bad", folder);
  std::filesystem::remove_all(folder);
  ASSERT_TRUE(part) << part.error().message;
  EXPECT_EQ(part.value().family, plan::Family::kStreamed);
  EXPECT_DOUBLE_EQ(part.value().clock_hz, 400e6);
  ASSERT_FALSE(bad);
  EXPECT_NE(bad.error().message.find("flash_bytes"), std::string::npos) << bad.error().message;
}

TEST(PlanJson, HasTheKeysOfItsContract) {
  const Expected<SpaceFile> file = ParseSpace(kTwo, "space.toml", {});
  const plan::Space& space = file.value().space;
  const Json json = ToJson(space, plan::MakePlan(space, {}), false);
  for (const char* key : {"policy", "objective_s", "throughput_hz", "bound_hz", "optimal", "epoch",
                          "pipelines", "units", "refused"}) {
    EXPECT_TRUE(json.contains(key)) << key;
  }
  const Json& chunk = json["pipelines"][0]["chunks"][0];
  EXPECT_EQ(chunk["first"], 0);
  EXPECT_EQ(json["pipelines"][0]["chunks"].back()["last"], 8);
  EXPECT_DOUBLE_EQ(json["throughput_hz"].get<double>() * json["objective_s"].get<double>(), 1);
  EXPECT_EQ(json["units"][0]["name"], "watch.acc");
}

TEST(PlanSvg, DrawsEveryPipelineAndEscapesNames) {
  Expected<SpaceFile> file =
      ParseSpace(With("name = \"keywords\"", "name = \"<b>&\""), "space.toml", {});
  const plan::Space& space = file.value().space;
  const std::string svg = PlanSvg(space, plan::MakePlan(space, {}));
  EXPECT_EQ(svg.find("<b>"), std::string::npos);
  EXPECT_NE(svg.find("&lt;b&gt;&amp;"), std::string::npos);
  EXPECT_NE(svg.find("</svg>"), std::string::npos);
}

}  // namespace
}  // namespace covey::app
