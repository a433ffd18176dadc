// Help, version, completion, and exit code 2 for what is no use of the program.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "tests/cli/material.hpp"

namespace covey::cli_test {
namespace {

// Every command that `covey --help` lists: one that is new is held to the same.
std::vector<std::string> Commands() {
  std::istringstream help(Covey({"--help"}).out);
  std::vector<std::string> commands;
  std::string line;
  while (std::getline(help, line) && line.rfind("Subcommands", 0) != 0) {
  }
  while (std::getline(help, line) && line.rfind("  ", 0) == 0) {
    const size_t end = line.find(' ', 2);
    if (end != 2 && end != std::string::npos) commands.push_back(line.substr(2, end - 2));
  }
  return commands;
}

TEST(Help, OfEveryCommandHasExamplesAndItsOptions) {
  for (const std::string& command : Commands()) {
    const Ended help = Covey({command, "--help"});
    EXPECT_EQ(help.code, 0) << command << help.err;
    EXPECT_NE(help.out.find("Examples:\n  "), std::string::npos) << command << help.out;
    const bool json = help.out.find("--json") != std::string::npos;
    EXPECT_TRUE(json || command == "completion") << command;
  }
}

TEST(Help, ListsTheCommands) {
  EXPECT_THAT(Commands(), testing::IsSupersetOf({"run", "inspect", "compile", "quantize", "bench",
                                                 "agent", "models", "classify", "demo", "node",
                                                 "space", "compose", "completion"}));
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
    for (const std::string& command : Commands()) {
      EXPECT_NE(script.out.find(command), std::string::npos) << shell << command;
    }
    EXPECT_NE(script.out.find("max-connections"), std::string::npos) << shell;
  }
}

struct Typed {
  const char *line, *offered;
};
void PrintTo(const Typed& typed, std::ostream* out) { *out << typed.line; }

class BashCompletion : public testing::TestWithParam<Typed> {};

TEST_P(BashCompletion, Offers) {
  const std::string script = WriteTemp("completion", Covey({"completion", "bash"}).out);
  const std::string line = GetParam().line;
  const std::string command = "bash -c 'source " + script + " && COMP_LINE=\"" + line +
                              "\" COMP_POINT=" + std::to_string(line.size()) +
                              " && _covey && [ \"${COMPREPLY[*]}\" = \"" + GetParam().offered +
                              "\" ] || { echo \"${COMPREPLY[*]}\" >&2; exit 1; }'";
  EXPECT_EQ(std::system(command.c_str()), 0);
}

INSTANTIATE_TEST_SUITE_P(
    Lines, BashCompletion,
    testing::Values(Typed{"covey in", "inspect"}, Typed{"covey compile m.tflite --tar", "--target"},
                    Typed{"covey compile m.tflite --target m", "m33 m4 m55"},
                    Typed{"covey run m --on b", "board:m33 board:m4 board:m55 board:rv32"},
                    Typed{"covey run m --on board:m5", "m55"}, Typed{"covey completion f", "fish"},
                    Typed{"covey quantize m --method p", "percentile-99.99 percentile-99.999"}));

TEST(Completion, OfZshIsZsh) {
  if (std::system("command -v zsh >/dev/null 2>&1") != 0) GTEST_SKIP() << "zsh: not installed";
  const std::string script = WriteTemp("completion", Covey({"completion", "zsh"}).out);
  EXPECT_EQ(std::system(("zsh -n " + script).c_str()), 0);
}

TEST(Completion, OfFishIsFish) {
  if (std::system("command -v fish >/dev/null 2>&1") != 0) GTEST_SKIP() << "fish: not installed";
  const std::string script = WriteTemp("completion", Covey({"completion", "fish"}).out);
  EXPECT_EQ(std::system(("fish -n " + script).c_str()), 0);
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
    testing::Values(
        Arguments{}, Arguments{"fly"}, Arguments{"run"}, Arguments{"run", "m.tflite", "extra"},
        Arguments{"run", "m.tflite", "--on", "moon"},
        Arguments{"run", "m.tflite", "--on", "board:m7"},
        Arguments{"run", "m.tflite", "--on", "agent:nowhere"},
        Arguments{"run", "m.tflite", "--on", "agent:h:99999"},
        Arguments{"run", "m.tflite", "--backend", "torch"},
        Arguments{"run", "m.tflite", "--deadline", "-1"},
        Arguments{"run", "m.tflite", "--on", "agent:h:1", "--deadline", "nan"},
        Arguments{"run", "m.tflite", "--per-layer"},
        Arguments{"run", "m.tflite", "--on", "board:m4", "--threads", "1"},
        Arguments{"compile", "m.tflite", "-o", "o", "--ram", "10 kB"},
        Arguments{"compile", "m.tflite", "-o", "o", "--ram", "-1"},
        Arguments{"compile", "m.tflite", "-o", "o", "--flash", "99999999999999999999"},
        Arguments{"compile", "m.tflite", "-o", "o", "--target", "m7"},
        Arguments{"quantize", "m.onnx"},
        Arguments{"quantize", "m.onnx", "--calibrate", "c", "-o", "o", "--slower", "nan"},
        Arguments{"quantize", "m.onnx", "--calibrate", "c", "-o", "o", "--scale", "0"},
        Arguments{"quantize", "m.onnx", "--calibrate", "c", "-o", "o", "--test", "t"},
        Arguments{"bench", "m", "--timeout", "0"}, Arguments{"inspect"},
        Arguments{"inspect", "m.tflite", "--verbose"}, Arguments{"compile", "m.tflite"},
        Arguments{"agent", "--listen", "7700"}, Arguments{"agent", "--workers", "-1"},
        Arguments{"agent", "--log-level", "loud"}, Arguments{"models"},
        Arguments{"models", "localhost"}, Arguments{"classify", "--model", "m"},
        Arguments{"classify", "cat.jpg"},
        Arguments{"classify", "cat.jpg", "--model", "m", "--on", "board:m7"},
        Arguments{"classify", "cat.jpg", "--model", "m", "--top-k", "0"},
        Arguments{"demo", "--images", "0"}, Arguments{"demo", "--board", "m7"}, Arguments{"node"},
        Arguments{"node", "--name", "a b"}, Arguments{"node", "--name", "a", "--join", "nowhere"},
        Arguments{"space", "--at", "7802"}, Arguments{"completion", "powershell"}));

TEST(WrongUse, NamesACommandThatIsNotThere) {
  const Ended run = Covey({"fly"});
  EXPECT_NE(run.err.find("no command 'fly'"), std::string::npos) << run.err;
}

TEST(WrongUse, SaysWhichNumberWasExpected) {
  const Ended run = Covey({"compile", "m.tflite", "-o", "o", "--ram", "10kg"});
  EXPECT_THAT(run.err, testing::HasSubstr("found '10kg', expected a whole number of bytes"));
}

TEST(WrongUse, IsNothingButJsonOnDemand) {
  const Ended run = Covey({"compile", "m.tflite", "--ram", "-1", "--json"});
  EXPECT_EQ(run.code, 2);
  EXPECT_EQ(run.err_json()["error"]["code"], "INVALID_ARGUMENT") << run.err;
}

TEST(WrongUse, IsJsonOnDemand) {
  const Ended run = Covey({"run", "m.tflite", "--on", "moon", "--json"});
  EXPECT_EQ(run.code, 2);
  EXPECT_EQ(run.err_json()["error"]["code"], "INVALID_ARGUMENT") << run.err;
}

}  // namespace
}  // namespace covey::cli_test
