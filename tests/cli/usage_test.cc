// Help, version, completion, and exit code 2 for what is no use of the program.
#include <gtest/gtest.h>

#include "tests/cli/material.hpp"

namespace covey::cli_test {
namespace {

constexpr const char* kCommands[] = {"run",    "inspect",  "compile", "bench",     "agent",
                                     "models", "classify", "demo",    "completion"};

TEST(Help, OfEveryCommandHasExamplesAndItsOptions) {
  for (const char* command : kCommands) {
    const Ended help = Covey({command, "--help"});
    EXPECT_EQ(help.code, 0) << command << help.err;
    EXPECT_NE(help.out.find("Examples:\n  "), std::string::npos) << command << help.out;
    const bool json = help.out.find("--json") != std::string::npos;
    EXPECT_TRUE(json || std::string(command) == "completion") << command;
  }
}

TEST(Help, ListsEveryCommand) {
  const Ended help = Covey({"--help"});
  EXPECT_EQ(help.code, 0);
  for (const char* command : kCommands) {
    EXPECT_NE(help.out.find(std::string("  ") + command + " "), std::string::npos) << command;
  }
}

TEST(Version, IsOneLine) {
  const Ended version = Covey({"--version"});
  EXPECT_EQ(version.code, 0);
  EXPECT_EQ(version.out.rfind("covey ", 0), 0U) << version.out;
  EXPECT_EQ(version.out.find('\n'), version.out.size() - 1);
}

TEST(Completion, OfEachShellNamesCommandsAndOptions) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const Ended script = Covey({"completion", shell});
    EXPECT_EQ(script.code, 0) << shell << script.err;
    for (const char* command : kCommands) {
      EXPECT_NE(script.out.find(command), std::string::npos) << shell << command;
    }
    EXPECT_NE(script.out.find("max-connections"), std::string::npos) << shell;
  }
}

TEST(Completion, OfBashIsBash) {
  const std::string script = WriteTemp("completion", Covey({"completion", "bash"}).out);
  EXPECT_EQ(std::system(("bash -c 'source " + script +
                         " && COMP_WORDS=(covey in) COMP_CWORD=1 && _covey && "
                         "[ \"${COMPREPLY[*]}\" = inspect ]'")
                            .c_str()),
            0);
}

class WrongUse : public testing::TestWithParam<Arguments> {};

TEST_P(WrongUse, IsExitCodeTwoAndWords) {
  const Ended run = Covey(GetParam());
  EXPECT_EQ(run.code, 2) << run.out << run.err;
  EXPECT_EQ(run.out, "");
  EXPECT_EQ(run.err.rfind("covey: ", 0), 0U) << run.err;
}

INSTANTIATE_TEST_SUITE_P(
    Commands, WrongUse,
    testing::Values(Arguments{}, Arguments{"fly"}, Arguments{"run"},
                    Arguments{"run", "m.tflite", "extra"},
                    Arguments{"run", "m.tflite", "--on", "moon"},
                    Arguments{"run", "m.tflite", "--on", "board:m7"},
                    Arguments{"run", "m.tflite", "--on", "agent:nowhere"},
                    Arguments{"run", "m.tflite", "--on", "agent:h:99999"},
                    Arguments{"run", "m.tflite", "--backend", "torch"},
                    Arguments{"run", "m.tflite", "--deadline", "-1"}, Arguments{"inspect"},
                    Arguments{"inspect", "m.tflite", "--verbose"}, Arguments{"compile", "m.tflite"},
                    Arguments{"agent", "--listen", "7700"}, Arguments{"agent", "--workers", "-1"},
                    Arguments{"agent", "--log-level", "loud"}, Arguments{"models"},
                    Arguments{"models", "localhost"}, Arguments{"classify", "--model", "m"},
                    Arguments{"classify", "cat.jpg"},
                    Arguments{"classify", "cat.jpg", "--model", "m", "--on", "board:m7"},
                    Arguments{"classify", "cat.jpg", "--model", "m", "--top-k", "0"},
                    Arguments{"demo", "--images", "0"}, Arguments{"demo", "--board", "m7"},
                    Arguments{"completion", "powershell"}));

TEST(WrongUse, NamesACommandThatIsNotThere) {
  const Ended run = Covey({"fly"});
  EXPECT_NE(run.err.find("no command 'fly'"), std::string::npos) << run.err;
}

TEST(WrongUse, IsJsonOnDemand) {
  const Ended run = Covey({"run", "m.tflite", "--on", "moon", "--json"});
  EXPECT_EQ(run.code, 2);
  EXPECT_EQ(run.err_json()["error"]["code"], "INVALID_ARGUMENT") << run.err;
}

}  // namespace
}  // namespace covey::cli_test
