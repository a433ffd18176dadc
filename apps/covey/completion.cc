// covey completion SHELL: a script that completes commands and options, made from the commands
// themselves, so that it cannot fall behind.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "apps/covey/command.hpp"

namespace covey::app {
namespace {

struct Flag {
  std::string name, help;  // "--json"
};

struct CommandWords {
  std::string name, help;
  std::vector<Flag> flags;
};

std::vector<CommandWords> WordsOf(const CLI::App& app) {
  std::vector<CommandWords> commands;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    CommandWords words{command->get_name(), command->get_description(), {}};
    for (const CLI::Option* option : command->get_options()) {
      for (const std::string& name : option->get_lnames()) {
        words.flags.push_back({"--" + name, option->get_description()});
      }
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

std::string Joined(const std::vector<Flag>& flags) {
  std::string text;
  for (const Flag& flag : flags) text += (text.empty() ? "" : " ") + flag.name;
  return text;
}

std::string Bash(const std::vector<CommandWords>& commands) {
  std::string names, cases;
  for (const CommandWords& command : commands) {
    names += (names.empty() ? "" : " ") + command.name;
    cases += "    " + command.name + ") words=" + Quoted(Joined(command.flags)) + " ;;\n";
  }
  return "# covey completion bash >/etc/bash_completion.d/covey\n"
         "_covey() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} words=\n"
         "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
         "    COMPREPLY=($(compgen -W " +
         Quoted(names + " --help --version") +
         " -- \"$current\"))\n"
         "    return\n"
         "  fi\n"
         "  case ${COMP_WORDS[1]} in\n" +
         cases +
         "  esac\n"
         "  case $current in\n"
         "    -*) COMPREPLY=($(compgen -W \"$words\" -- \"$current\")) ;;\n"
         "    *) COMPREPLY=($(compgen -f -- \"$current\")) ;;\n"
         "  esac\n"
         "}\n"
         "complete -o filenames -F _covey covey\n";
}

// What _describe and _arguments take as plain text.
std::string ZshText(std::string text) {
  for (size_t at = 0; (at = text.find_first_of(":[]\\", at)) != std::string::npos; at += 2) {
    text.insert(at, "\\");
  }
  return text;
}

std::string Zsh(const std::vector<CommandWords>& commands) {
  std::string names, cases;
  for (const CommandWords& command : commands) {
    names += "    " + Quoted(command.name + ":" + ZshText(command.help)) + "\n";
    cases += "    " + command.name + ") _arguments";
    for (const Flag& flag : command.flags) {
      cases += " " + Quoted(flag.name + "[" + ZshText(flag.help) + "]");
    }
    cases += " '*:file:_files' ;;\n";
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

std::string Fish(const std::vector<CommandWords>& commands) {
  std::string text = "# covey completion fish >~/.config/fish/completions/covey.fish\n";
  for (const CommandWords& command : commands) {
    text += "complete -c covey -n __fish_use_subcommand -a " + command.name + " -d " +
            Quoted(command.help) + "\n";
    for (const Flag& flag : command.flags) {
      text += "complete -c covey -n '__fish_seen_subcommand_from " + command.name + "' -l " +
              flag.name.substr(2) + " -d " + Quoted(flag.help) + "\n";
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
