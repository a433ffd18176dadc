// covey compile --emit cpp, as a user has it.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/cli/material.hpp"

namespace covey::cli_test {
namespace {

namespace fs = std::filesystem;

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

}  // namespace
}  // namespace covey::cli_test
