// What is shown as an example must be one: those of --help and those of the guide are parsed as they
// stand.
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "apps/covey/command.hpp"

namespace covey::app {
namespace {

namespace fs = std::filesystem;

// The lines of `text`, those that end in a backslash joined with the next.
std::vector<std::string> JoinedLines(std::istream& text) {
  std::vector<std::string> lines;
  bool goes_on = false;
  for (std::string line; std::getline(text, line);) {
    const bool more = !line.empty() && line.back() == '\\';
    if (more) line.pop_back();
    if (goes_on) {
      lines.back() += line;
    } else {
      lines.push_back(line);
    }
    goes_on = more;
  }
  return lines;
}

// The words of the `covey` command in a shell's line: up to a pipe, a redirection, a comment.
std::vector<std::string> WordsOf(const std::string& line) {
  std::vector<std::string> words;
  const size_t start = line.find("<(covey ") == std::string::npos ? 0 : line.find("<(") + 2;
  std::istringstream text(line.substr(start));
  for (std::string word; text >> word;) {
    if (word.find_first_of("|<>&#;") == 0) break;
    if (start > 0 && word.back() == ')') word.pop_back();
    if (word.size() > 1 && (word.front() == '"' || word.front() == '\''))
      word = word.substr(1, word.size() - 2);
    words.push_back(word);
  }
  if (!words.empty()) words.erase(words.begin());
  return words;
}

// What is wrong with it; empty: nothing. Nothing is run: parsing only chooses.
std::string Wrong(std::vector<std::string> words) {
  CLI::App app;
  Chosen chosen;
  AddCommands(app, chosen);
  std::reverse(words.begin(), words.end());
  try {
    app.parse(words);
  } catch (const CLI::ParseError& error) {
    return error.get_exit_code() == 0 ? "" : error.what();
  }
  return chosen ? "" : "chooses nothing";
}

TEST(HelpExamples, OfEveryCommandAreAccepted) {
  CLI::App app;
  Chosen chosen;
  AddCommands(app, chosen);
  size_t count = 0;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    std::istringstream footer(command->get_footer());
    for (const std::string& line : JoinedLines(footer)) {
      if (line.rfind("  covey ", 0) != 0 && line.find("<(covey ") == std::string::npos) continue;
      const std::vector<std::string> words = WordsOf(line);
      ASSERT_FALSE(words.empty()) << line;
      EXPECT_EQ(words[0], command->get_name()) << line;
      EXPECT_EQ(Wrong(words), "") << line;
      ++count;
    }
  }
  EXPECT_GT(count, 50U);
}

TEST(HelpExamples, DoNotPassWhateverTheySay) {
  EXPECT_NE(Wrong({"eval", "data", "--run", "a", "--no-such-option"}), "");
  EXPECT_NE(Wrong({"plan", "space.toml", "--time-limit", "nan"}), "");
  EXPECT_NE(Wrong({"simulate", "space.toml", "--jitter", "nan"}), "");
  EXPECT_NE(Wrong({"simulate", "space.toml", "--seed", "99999999999999999999"}), "");
  EXPECT_NE(Wrong({"compose", "space.toml", "--duration", "nan"}), "");
  EXPECT_NE(Wrong({"link", "--to", "h:1", "--loss", "nan"}), "");
}

// A line that is a form to be filled in is no example.
bool IsForm(const std::string& line) { return line.find_first_of("[<") != std::string::npos; }

TEST(GuideExamples, AreAccepted) {
  size_t count = 0;
  for (const auto& file : fs::recursive_directory_iterator(COVEY_SOURCE "/docs/guide")) {
    if (file.path().extension() != ".md") continue;
    std::ifstream text(file.path());
    for (const std::string& line : JoinedLines(text)) {
      if (line.rfind("    covey ", 0) != 0 || IsForm(line)) continue;
      std::vector<std::string> words = WordsOf(line);
      std::erase(words, "...");
      EXPECT_EQ(Wrong(words), "") << file.path().filename() << ": " << line;
      ++count;
    }
  }
  EXPECT_GT(count, 40U);
}

}  // namespace
}  // namespace covey::app
