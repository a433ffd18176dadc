// `covey run` reproduces every byte of the TFLite reference kernels: on this machine for all
// inputs, on each board for eight listed ones and eight random ones.
#include <gtest/gtest.h>

#include "core/host/data_dir.hpp"
#include "tests/cli/material.hpp"

namespace covey::cli_test {
namespace {

class GoldenBytes : public testing::TestWithParam<std::tuple<Network, const char*>> {
 protected:
  void SetUp() override {
    const auto data = DataDir();
    if (!data) GTEST_SKIP() << "COVEY_DATA: the folder of real models is absent";
    set_ = OpenGoldenSet(*data, network());
    ASSERT_GT(set_.sample_bytes, 0U) << "covey inspect " << set_.model;
  }
  const Network& network() const { return std::get<0>(GetParam()); }
  std::string place() const { return std::get<1>(GetParam()); }
  size_t inputs() const { return place() == "host" ? network().inputs : 8; }

  // Runs the samples at the place; skips where the board's firmware or QEMU is absent.
  void Expect(const std::string& samples, const std::string& golden, size_t count) {
    const std::string input = WriteTemp("in", samples), output = TempPath("out");
    const Ended run =
        Covey({"run", set_.model, "--on", place(), "--input", input, "--output", output, "--json"});
    const std::string answers = ReadAll(output);
    (void)unlink(input.c_str());
    (void)unlink(output.c_str());
    if (run.code == 1 && run.err.find("NOT_FOUND") != std::string::npos && place() != "host") {
      GTEST_SKIP() << "firmware: " << run.err;
    }
    ASSERT_EQ(run.code, 0) << run.err;
    ASSERT_TRUE(run.json().is_object()) << run.out;
    EXPECT_EQ(run.json()["samples"], count);
    EXPECT_GT(run.json()["arena_bytes"], 0);
    EXPECT_EQ(run.json()["instructions_each"].size(), place() == "host" ? 0 : count);
    ASSERT_EQ(answers.size() % count, 0U);
    EXPECT_TRUE(answers == golden.substr(0, answers.size()) && !answers.empty())
        << "outputs differ from the golden bytes";
  }

  GoldenSet set_;
};

TEST_P(GoldenBytes, OfTheListedInputs) {
  const std::string golden = set_.Golden(std::string(network().folder) + ".out");
  const size_t sample = golden.size() / network().inputs;
  Expect(set_.Listed(network(), inputs()), golden.substr(0, sample * inputs()), inputs());
}

TEST_P(GoldenBytes, OfRandomInputs) {
  Expect(set_.Random8(), set_.Golden(std::string(network().random8) + ".random8.out"), 8);
}

std::string NameOf(const testing::TestParamInfo<GoldenBytes::ParamType>& test) {
  std::string name = std::string(std::get<0>(test.param).folder) + "_" + std::get<1>(test.param);
  for (char& c : name) c = c == ':' ? '_' : c;
  return name;
}

INSTANTIATE_TEST_SUITE_P(Places, GoldenBytes,
                         testing::Combine(testing::ValuesIn(kNetworks),
                                          testing::Values("host", "board:m33", "board:m4",
                                                          "board:m55", "board:rv32")),
                         NameOf);

}  // namespace
}  // namespace covey::cli_test
