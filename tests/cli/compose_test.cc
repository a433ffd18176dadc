// covey compose, space and node as a user has them: processes, files, exit codes.
#include <gtest/gtest.h>

#include "tests/cli/process.hpp"

namespace covey::cli_test {
namespace {

// Two processes as devices; `pipeline` is the file's last table.
std::string SpaceToml(const std::string& name, const std::string& pipeline) {
  return WriteTemp(name,
                   "[[device]]\nname = \"watch\"\nkind = \"m4\"\n"
                   "[[device]]\nname = \"phone\"\nkind = \"m33\"\n"
                   "[links]\ndefault = { kbit_s = 10000, overhead_us = 100 }\n"
                   "[[pipeline]]\nname = \"pictures\"\nsource = \"watch\"\ntarget = \"phone\"\n" +
                       pipeline);
}

std::string Lenet() {
  return std::string("model = \"") + COVEY_SOURCE + "/models/cifar10/lenet/int8.onnx\"\n";
}

TEST(Compose, RunsASpaceUntilItsRequestsAreDone) {
  const std::string file = SpaceToml("compose.toml", Lenet() + "requests = 5\n");
  const Ended run = Covey({"compose", file, "--listen", "127.0.0.1:0", "--status", "127.0.0.1:0",
                           "--duration", "120", "--json"});
  ASSERT_EQ(run.code, 0) << run.err;
  const Json view = run.json();
  ASSERT_TRUE(view.is_object()) << run.out;
  EXPECT_EQ(view["nodes"].size(), 2U);
  EXPECT_GE(view["epoch"], 1);
  const Json pipeline = view["pipelines"][0];
  EXPECT_EQ(pipeline["answered"], 5) << pipeline;
  EXPECT_EQ(pipeline["failed"], 0);
  EXPECT_FALSE(pipeline["chunks"].empty());
  EXPECT_EQ(pipeline["source"], "watch");
}

TEST(Compose, IsShownBySpaceWhileItRuns) {
  const std::string file = SpaceToml("compose-live.toml", Lenet());
  Background compose({"compose", file, "--listen", "127.0.0.1:0", "--status", "127.0.0.1:0"});
  const std::string line = compose.WaitForLine("status ");
  ASSERT_NE(line.find("status "), std::string::npos) << compose.err();
  const std::string at = line.substr(line.find("status ") + 7);
  Ended seen;
  for (int i = 0; i < 600 && (seen.code != 0 || seen.json()["pipelines"].empty()); ++i)
    seen = Covey({"space", "--at", at, "--json"});
  ASSERT_EQ(seen.code, 0) << seen.err;
  EXPECT_EQ(seen.json()["pipelines"][0]["name"], "pictures");
  const Ended text = Covey({"space", "--at", at});
  EXPECT_EQ(text.code, 0);
  EXPECT_NE(text.out.find("pictures"), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("watch"), std::string::npos) << text.out;
  (void)compose.Stop(15);
}

TEST(Compose, RefusesWhatCannotRun) {
  const Ended table = Covey({"compose", SpaceToml("table.toml", "model = \"KWS\"\n"), "--json"});
  EXPECT_EQ(table.code, 1);
  EXPECT_NE(table.err.find("KWS"), std::string::npos) << table.err;
  const Ended missing = Covey({"compose", SpaceToml("none.toml", "model = \"no/such.tflite\"\n")});
  EXPECT_EQ(missing.code, 1);
  EXPECT_NE(missing.err.find("no/such.tflite"), std::string::npos) << missing.err;
  EXPECT_EQ(Covey({"compose", "no/such.toml"}).code, 1);
  EXPECT_EQ(Covey({"compose"}).code, 2);
}

TEST(Space, SaysThatNoSpaceAnswers) {
  const Ended run = Covey({"space", "--at", "127.0.0.1:1", "--json"});
  EXPECT_EQ(run.code, 1);
  EXPECT_EQ(run.err_json()["error"]["code"], "UNAVAILABLE") << run.err;
}

}  // namespace
}  // namespace covey::cli_test
