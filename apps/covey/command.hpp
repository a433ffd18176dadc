// The commands of `covey`, one function each: it adds its subcommand to `app`, with its options,
// and leaves in `chosen` what to do when the user picks it. docs/guide/cli.md is the contract.
//
//   Chosen chosen;
//   AddRun(app, chosen);
//   app.parse(argc, argv);
//   return chosen();   // the exit code
//
// Exit codes: 0 done, 1 failed, 2 wrong usage, 130 an early end that was asked for by SIGINT.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace covey::app {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kUsage = 2;
inline constexpr int kInterrupted = 130;  // as a shell has it: 128 and SIGINT

using Chosen = std::function<int()>;

void AddRun(CLI::App& app, Chosen& chosen);
void AddInspect(CLI::App& app, Chosen& chosen);
void AddCompile(CLI::App& app, Chosen& chosen);
void AddSignal(CLI::App& app, Chosen& chosen);
void AddQuantize(CLI::App& app, Chosen& chosen);
void AddExplore(CLI::App& app, Chosen& chosen);
void AddBench(CLI::App& app, Chosen& chosen);
void AddAgent(CLI::App& app, Chosen& chosen);
void AddModels(CLI::App& app, Chosen& chosen);
void AddClassify(CLI::App& app, Chosen& chosen);
void AddEval(CLI::App& app, Chosen& chosen);
void AddCalibrate(CLI::App& app, Chosen& chosen);
void AddForms(CLI::App& app, Chosen& chosen);
void AddProfiles(CLI::App& app, Chosen& chosen);
void AddSplit(CLI::App& app, Chosen& chosen);
void AddLink(CLI::App& app, Chosen& chosen);
void AddDemo(CLI::App& app, Chosen& chosen);
void AddPlan(CLI::App& app, Chosen& chosen);
void AddSimulate(CLI::App& app, Chosen& chosen);
void AddCompose(CLI::App& app, Chosen& chosen);
void AddNode(CLI::App& app, Chosen& chosen);
void AddSpace(CLI::App& app, Chosen& chosen);
void AddCompletion(CLI::App& app, Chosen& chosen);

// All of them, in the order of `covey --help`, and --version.
void AddCommands(CLI::App& app, Chosen& chosen);

// Parses and runs; help goes to stdout, what is wrong to stderr.
int Main(int argc, char** argv);

}  // namespace covey::app
