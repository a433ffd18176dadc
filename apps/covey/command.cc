#include "apps/covey/command.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstring>
#include <iostream>
#include <string>

#include "apps/covey/io/fail.hpp"

namespace covey::app {
namespace {

constexpr char kAbout[] =
    "Covey: one call, answered by a microcontroller's int8 engine or by an agent at full "
    "precision.";

constexpr char kFooter[] =
    "Start here:\n"
    "  covey demo                                  both places on the same pictures, side by side\n"
    "  covey inspect model.tflite                  what is in a model\n"
    "  covey run model.tflite --input samples.bin --output out.bin --json\n"
    "Exit codes: 0 done, 1 failed, 2 wrong usage. `covey COMMAND --help` tells the rest.";

bool WantsJson(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--json") == 0) return true;
  }
  return false;
}

// A stream that the caller has closed stays closed to us: a file or pipe of ours must not get its
// number. Opened the wrong way round, so that using it is an error as before.
void KeepStreams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(stream, F_GETFD) != -1) continue;
    const int flags = stream == STDIN_FILENO ? O_WRONLY : O_RDONLY;
    if (open("/dev/null", flags) != stream) return;  // Lowest free first: cannot be.
  }
}

// A report that nobody got is a failure.
int WithOutput(int exit_code, bool json) {
  std::cout.flush();
  if (exit_code != kDone || std::cout.good()) return exit_code;
  pollfd stream = {.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0};
  // A reader that left (`| head`) has what it wanted.
  if (poll(&stream, 1, 0) == 1 && (stream.revents & POLLERR) != 0) return exit_code;
  return Fail(MakeError(Code::kUnavailable, "stdout: cannot write"), json);
}

}  // namespace

void AddCommands(CLI::App& app, Chosen& chosen) {
  app.description(kAbout);
  app.footer(kFooter);
  app.set_version_flag("--version", "covey " COVEY_VERSION);
  app.require_subcommand(1);
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::Throw);
  AddRun(app, chosen);
  AddInspect(app, chosen);
  AddCompile(app, chosen);
  AddSignal(app, chosen);
  AddQuantize(app, chosen);
  AddExplore(app, chosen);
  AddBench(app, chosen);
  AddAgent(app, chosen);
  AddModels(app, chosen);
  AddClassify(app, chosen);
  AddEval(app, chosen);
  AddCalibrate(app, chosen);
  AddForms(app, chosen);
  AddProfiles(app, chosen);
  AddSplit(app, chosen);
  AddLink(app, chosen);
  AddDemo(app, chosen);
  AddPlan(app, chosen);
  AddSimulate(app, chosen);
  AddCompose(app, chosen);
  AddNode(app, chosen);
  AddSpace(app, chosen);
  AddCompletion(app, chosen);
}

int Main(int argc, char** argv) {
  // A reader that leaves, a full disk: errors of write(), not our end.
  (void)std::signal(SIGPIPE, SIG_IGN);
  (void)std::signal(SIGXFSZ, SIG_IGN);
  KeepStreams();
  CLI::App app;
  Chosen chosen;
  AddCommands(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
      return WithOutput(app.exit(error), WantsJson(argc, argv));  // --help, --version
    }
    // CLI11 tells an unknown command as a missing one.
    const bool unknown = app.get_subcommands().empty() && argc > 1 && argv[1][0] != '-';
    const std::string words =
        unknown ? "no command '" + std::string(argv[1]) + "'" : std::string(error.what());
    PrintFailure({static_cast<uint32_t>(Code::kInvalidArgument), words}, WantsJson(argc, argv));
    if (!WantsJson(argc, argv)) {
      std::cerr << "Try `covey --help`, or `covey COMMAND --help`.\n";
    }
    return kUsage;
  }
  return WithOutput(chosen(), WantsJson(argc, argv));
}

}  // namespace covey::app
