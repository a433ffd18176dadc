// covey compile --emit cpp, as a user has it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/cli/material.hpp"

namespace covey::cli_test {
namespace {

namespace fs = std::filesystem;

TEST(Compile, IsForTheBoardOfItsChipUnlessToldOtherwise) {
  const std::string image = TempPath("chip.covey");
  Arguments arguments = {"compile", kDeviceModel, "--chip", "STM32U575", "--json", "-o", image};
  EXPECT_EQ(Covey(arguments).json()["target"], "m33");
  arguments.insert(arguments.end(), {"--target", "m4"});
  EXPECT_NE(Covey(arguments).err.find("expected --target m33 (found m4)"), std::string::npos);
}

TEST(CompileCpp, NamesTheFilesAfterTheOutput) {
  const fs::path file = fs::path(TempPath("made")) / "my-net.cc";
  const Ended run =
      Covey({"compile", kDeviceModel, "--emit", "cpp", "-o", file.string(), "--json"});
  ASSERT_EQ(run.code, 0) << run.err;
  const Json json = run.json();
  EXPECT_EQ(json["namespace"], "my_net");
  EXPECT_EQ(json["files"].size(), 3U);
  for (const Json& name : json["files"]) {
    EXPECT_FALSE(ReadAll(name.get<std::string>()).empty()) << name;
  }
  EXPECT_NE(ReadAll(file.string()).find("namespace my_net {"), std::string::npos);
  const std::string cmake = ReadAll((file.parent_path() / "my-net.cmake").string());
  EXPECT_NE(cmake.find("/my-net.cc)"), std::string::npos) << cmake;
}

TEST(CompileCpp, IntoAFolderTakesTheModelsName) {
  const std::string folder = TempPath("folder");
  const Ended run = Covey({"compile", kDeviceModel, "--emit", "cpp", "-o", folder, "--json"});
  ASSERT_EQ(run.code, 0) << run.err;
  const std::string name = run.json()["namespace"].get<std::string>();
  EXPECT_TRUE(fs::exists(fs::path(folder) / (name + ".cc")));
}

TEST(CompileCpp, ToStdoutIsTheSourceAlone) {
  const Ended run = Covey({"compile", kDeviceModel, "--emit", "cpp", "-o", "-", "--json"});
  ASSERT_EQ(run.code, 0) << run.err;
  EXPECT_EQ(run.out.rfind("// ", 0), 0U);
  EXPECT_GT(run.err_json()["weight_bytes"], 0) << run.err;
}

// An image that was compiled before serves as well, with the same plan.
TEST(CompileCpp, TakesAnImage) {
  const std::string image = TempPath("net.covey");
  ASSERT_EQ(Covey({"compile", kDeviceModel, "-o", image}).code, 0);
  EXPECT_EQ(Covey({"compile", image, "--emit", "cpp", "-o", "-"}).out,
            Covey({"compile", kDeviceModel, "--emit", "cpp", "-o", "-"}).out);
}

TEST(CompileUnpacked, MakesCodeOfTheNamedLayersOnly) {
  const Ended inspected = Covey({"inspect", kDeviceModel, "--json"});
  ASSERT_EQ(inspected.code, 0) << inspected.err;
  std::string conv;
  for (const Json& op : inspected.json()["ops"])
    if (op["op"] == "conv2d") conv = op["name"];
  const std::string file = TempPath("unpacked.cc");
  const Arguments command = {"compile", kDeviceModel, "--emit", "cpp", "--target",
                             "m4",      "--json",     "-o",     file};
  const auto with = [&](const std::string& how) {
    Arguments all = command;
    all.insert(all.end(), {"--unpack", how});
    return Covey(all);
  };
  const Ended one = with(conv), all = with("all"), none = with("never");
  ASSERT_EQ(one.code, 0) << one.err;
  EXPECT_EQ(one.json()["unpack"]["layers"], Json::array({conv}));
  ASSERT_EQ(all.code, 0) << all.err;
  EXPECT_GE(all.json()["unpack"]["layers"].size(), 1U);
  EXPECT_FALSE(none.json().contains("unpack"));
  EXPECT_LT(all.json()["weight_bytes"], none.json()["weight_bytes"]);
  const Ended other = with("nobody");
  EXPECT_EQ(other.code, 1);
  EXPECT_THAT(other.err_json()["error"].dump(), testing::HasSubstr("nobody"));
}

TEST(CompileUnpacked, IsForCortexMAndSaysWhatAnImageDoes) {
  const Ended other = Covey({"compile", kDeviceModel, "--emit", "cpp", "--target", "m55",
                             "--unpack", "all", "-o", TempPath("no.cc")});
  EXPECT_EQ(other.code, 1);
  EXPECT_THAT(other.err, testing::HasSubstr("expected --target m4 or m33 (found m55)"));
  const Ended both = Covey({"compile", kDeviceModel, "--emit", "cpp", "--target", "m4", "--unpack",
                            "all,other", "-o", TempPath("no.cc")});
  EXPECT_EQ(both.code, 1);
  EXPECT_THAT(both.err, testing::HasSubstr("stands alone"));
  const std::string image = TempPath("marked.covey");
  const Ended marked =
      Covey({"compile", kDeviceModel, "--target", "m4", "--unpack", "all", "-o", image});
  ASSERT_EQ(marked.code, 0) << marked.err;
  EXPECT_THAT(marked.out, testing::HasSubstr("an image has no code"));
  // C++ made of the marked image has its weights as code, as C++ made of the model has.
  EXPECT_EQ(Covey({"compile", image, "--emit", "cpp", "--target", "m4", "-o", "-"}).out,
            Covey({"compile", kDeviceModel, "--emit", "cpp", "--target", "m4", "--unpack", "all",
                   "-o", "-"})
                .out);
  const Ended again =
      Covey({"compile", image, "--emit", "cpp", "--unpack", "all", "--target", "m4", "-o", "-"});
  EXPECT_THAT(again.err, testing::HasSubstr("is compiled already"));
}

}  // namespace
}  // namespace covey::cli_test
