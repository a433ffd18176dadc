// The real agent with a model of a few lines: agent DIR PORT. Prints "port N" when it listens,
// stops when its input ends.
#include "serve/agent/agent.hpp"

#include <spdlog/spdlog.h>

#include <cstdio>
#include <cstdlib>

#include "core/host/diag_text.hpp"
#include "serve/test_parts.hpp"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  spdlog::set_level(spdlog::level::off);  // Nobody reads the pipe: a full one would stop the agent.
  covey::serve::AgentConfig config;
  config.models = argv[1];
  config.port = static_cast<uint16_t>(std::atoi(argv[2]));
  covey::serve::Agent agent(config, covey::serve::test::AddOneBackends());
  covey::DiagText diag;
  if (!agent.Start(diag).ok()) {
    std::printf("error %s\n", diag.Text().c_str());
    return 1;
  }
  std::printf("port %d\n", agent.port());
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  agent.Stop();
  return 0;
}
