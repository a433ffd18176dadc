// The agent's settings: from a TOML file, then from flags, which win. docs/guide/cli.md lists the
// keys.
//
//   AgentSettings settings;
//   Expected<void> read = ReadAgentToml("agent.toml", settings);
//
// Errors: an unknown key, a wrong type or a number out of range names the file, the key, the line,
// what was found and what was expected.
#pragma once

#include <string>

#include "covey/covey.hpp"
#include "serve/agent/agent.hpp"

namespace covey::app {

struct AgentSettings {
  serve::AgentConfig agent;
  int onnx_threads = 0;  // 0: one a core
  bool onnx_spinning = false;
  std::string onnx_library;  // empty: the one this program was built with
  std::string log_level = "info";
  bool log_json = false;
};

inline constexpr const char* kLogLevels[] = {"trace", "debug", "info", "warn", "error", "off"};

Expected<void> ReadAgentToml(const std::string& path, AgentSettings& settings);

}  // namespace covey::app
