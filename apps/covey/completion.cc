// covey completion SHELL: a script that completes commands and options, made from the commands
// themselves, so that it cannot fall behind.
#include <CLI/CLI.hpp>
#include <iostream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "apps/covey/command.hpp"

namespace covey::app {
namespace {

struct Flag {
  std::string name, help;  // "--target"
  bool takes_value = false;
  std::vector<std::string> values;  // what it may be, if that is a list
};

struct CommandWords {
  std::string name, help;
  std::vector<Flag> flags;
  std::vector<std::string> values;  // of its first argument, if that is a list
};

constexpr const char* kPlaces[] = {"host",      "board:m33",  "board:m4",
                                   "board:m55", "board:rv32", "agent:"};

// What CLI::IsMember allows stands in the option's type: "TEXT:{any,m33}".
std::vector<std::string> ValuesOf(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const size_t begin = type.find('{'), end = type.find('}');
  std::vector<std::string> values;
  if (begin == std::string::npos || end == std::string::npos) {
    if (option.check_lname("on")) values.assign(std::begin(kPlaces), std::end(kPlaces));
    return values;
  }
  std::istringstream words(type.substr(begin + 1, end - begin - 1));
  for (std::string word; std::getline(words, word, ',');) values.push_back(word);
  return values;
}

std::vector<CommandWords> WordsOf(const CLI::App& app) {
  std::vector<CommandWords> commands;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    CommandWords words{command->get_name(), command->get_description(), {}, {}};
    for (const CLI::Option* option : command->get_options()) {
      const bool takes_value = option->get_items_expected_max() > 0;
      for (const std::string& name : option->get_lnames()) {
        words.flags.push_back({"--" + name, option->get_description(), takes_value,
                               takes_value ? ValuesOf(*option) : std::vector<std::string>()});
      }
      if (option->get_positional()) words.values = ValuesOf(*option);
    }
    commands.push_back(std::move(words));
  }
  return commands;
}

// In single quotes, for any shell here.
std::string Quoted(const std::string& text) {
  std::string quoted = "'";
  for (char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string NamesOf(const std::vector<Flag>& flags) {
  std::vector<std::string> names;
  for (const Flag& flag : flags) names.push_back(flag.name);
  return Joined(names);
}

std::string BashCase(const CommandWords& command) {
  std::string text = "    " + command.name + ")\n      words=" + Quoted(NamesOf(command.flags)) +
                     " values=" + Quoted(Joined(command.values)) + "\n      case $previous in\n";
  for (const Flag& flag : command.flags) {
    if (!flag.takes_value) continue;
    text += "        " + flag.name + ") values=" + Quoted(Joined(flag.values)) + " words= ;;\n";
  }
  return text + "      esac ;;\n";
}

// Bash's own words end at a colon; the line is split at blanks instead, and what stands before the
// last colon, which bash keeps, is taken off the answers.
constexpr char kBashHead[] =
    "# covey completion bash >/etc/bash_completion.d/covey\n"
    "_covey() {\n"
    "  local line=${COMP_LINE:0:COMP_POINT} words= values=\n"
    "  local -a typed\n"
    "  read -ra typed <<<\"$line\"\n"
    "  [[ $line == *' ' ]] && typed+=('')\n"
    "  local current=${typed[${#typed[@]}-1]} previous=${typed[${#typed[@]}-2]}\n"
    "  if [ ${#typed[@]} -le 2 ]; then\n";

constexpr char kBashTail[] =
    "  esac\n"
    "  case $current in\n"
    "    -*) COMPREPLY=($(compgen -W \"$words\" -- \"$current\")) ;;\n"
    "    *) if [ -n \"$values\" ]; then COMPREPLY=($(compgen -W \"$values\" -- \"$current\"))\n"
    "       else COMPREPLY=($(compgen -f -- \"$current\")); fi ;;\n"
    "  esac\n"
    "  local kept=\n"
    "  [[ $current == *:* ]] && kept=${current%\"${current##*:}\"}\n"
    "  COMPREPLY=(\"${COMPREPLY[@]#\"$kept\"}\")\n"
    "}\n"
    "complete -o filenames -F _covey covey\n";

std::string Bash(const std::vector<CommandWords>& commands) {
  std::string names, cases;
  for (const CommandWords& command : commands) {
    names += (names.empty() ? "" : " ") + command.name;
    cases += BashCase(command);
  }
  return kBashHead + ("    COMPREPLY=($(compgen -W " + Quoted(names + " --help --version")) +
         " -- \"$current\"))\n"
         "    return\n"
         "  fi\n"
         "  case ${typed[1]} in\n" +
         cases + kBashTail;
}

// What _describe and _arguments take as plain text.
std::string ZshText(std::string text) {
  for (size_t at = 0; (at = text.find_first_of(":[]\\", at)) != std::string::npos; at += 2) {
    text.insert(at, "\\");
  }
  return text;
}

std::string ZshValue(const Flag& flag) {
  if (!flag.takes_value) return "";
  if (flag.values.empty()) return ":value:_files";
  return ":value:(" + ZshText(Joined(flag.values)) + ")";
}

std::string Zsh(const std::vector<CommandWords>& commands) {
  std::string names, cases;
  for (const CommandWords& command : commands) {
    names += "    " + Quoted(command.name + ":" + ZshText(command.help)) + "\n";
    cases += "    " + command.name + ") _arguments";
    for (const Flag& flag : command.flags) {
      cases += " " + Quoted(flag.name + "[" + ZshText(flag.help) + "]" + ZshValue(flag));
    }
    cases += command.values.empty() ? " '*:file:_files' ;;\n"
                                    : " '1:value:(" + Joined(command.values) + ")' ;;\n";
  }
  return "#compdef covey\n"
         "# covey completion zsh >\"${fpath[1]}/_covey\"\n"
         "_covey() {\n"
         "  local -a commands=(\n" +
         names +
         "  )\n"
         "  if (( CURRENT == 2 )); then _describe command commands; return; fi\n"
         "  local command=$words[2]\n"
         "  shift words; (( CURRENT-- ))\n"
         "  case $command in\n" +
         cases +
         "  esac\n"
         "}\n"
         "compdef _covey covey\n";
}

std::string FishValue(const Flag& flag) {
  if (!flag.takes_value) return "";
  return flag.values.empty() ? " -r" : " -x -a " + Quoted(Joined(flag.values));
}

std::string Fish(const std::vector<CommandWords>& commands) {
  std::string text = "# covey completion fish >~/.config/fish/completions/covey.fish\n";
  for (const CommandWords& command : commands) {
    text += "complete -c covey -n __fish_use_subcommand -a " + command.name + " -d " +
            Quoted(command.help) + "\n";
    for (const Flag& flag : command.flags) {
      text += "complete -c covey -n '__fish_seen_subcommand_from " + command.name + "' -l " +
              flag.name.substr(2) + " -d " + Quoted(flag.help) + FishValue(flag) + "\n";
    }
    if (!command.values.empty()) {
      text += "complete -c covey -f -n '__fish_seen_subcommand_from " + command.name + "' -a " +
              Quoted(Joined(command.values)) + "\n";
    }
  }
  return text;
}

}  // namespace

void AddCompletion(CLI::App& app, Chosen& chosen) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("completion", "Print a completion script for a shell");
  command->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->footer(
      "Examples:\n"
      "  source <(covey completion bash)\n"
      "  covey completion fish >~/.config/fish/completions/covey.fish");
  command->callback([=, &app, &chosen] {
    chosen = [=, &app] {
      const std::vector<CommandWords> commands = WordsOf(app);
      std::cout << (*shell == "bash"  ? Bash(commands)
                    : *shell == "zsh" ? Zsh(commands)
                                      : Fish(commands));
      return kDone;
    };
  });
}

}  // namespace covey::app
