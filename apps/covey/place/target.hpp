// Where `--on` says a model shall run: "host", "board:m33", "agent:HOST:PORT".
//
//   Expected<Target> target = ParseTarget("agent:127.0.0.1:7700");
//
// "local", as SetPlace has it, is "host". IPv6 hosts stand in brackets: "agent:[::1]:7700".
// Errors: kInvalidArgument naming what was found and what is expected. A board's name is not
// checked here: serve/board knows the boards.
#pragma once

#include <cstdint>
#include <string>

#include "covey/covey.hpp"

namespace covey::app {

struct HostPort {
  std::string host;
  uint16_t port = 0;
  std::string text() const;  // "HOST:PORT", with brackets where needed
};

// `what` starts the message: "--listen".
Expected<HostPort> ParseHostPort(const std::string& what, const std::string& text,
                                 bool allow_port_zero = false);

struct Target {
  enum class Kind { kHost, kBoard, kAgent } kind = Kind::kHost;
  std::string board;
  HostPort agent;
  std::string text = "host";  // as written; "host" for "local"
};

Expected<Target> ParseTarget(const std::string& text);

}  // namespace covey::app
