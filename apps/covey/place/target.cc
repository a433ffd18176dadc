#include "apps/covey/place/target.hpp"

#include <charconv>

#include "apps/covey/io/fail.hpp"

namespace covey::app {
namespace {

bool StripPrefix(std::string& text, const char* prefix) {
  const std::string start = prefix;
  if (text.rfind(start, 0) != 0) return false;
  text.erase(0, start.size());
  return true;
}

}  // namespace

std::string HostPort::text() const {
  const bool brackets = host.find(':') != std::string::npos;
  return (brackets ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Expected<HostPort> ParseHostPort(const std::string& what, const std::string& text,
                                 bool allow_port_zero) {
  const Error wrong =
      MakeError(Code::kInvalidArgument, what + ": found '" + text +
                                            "', expected HOST:PORT with a port from " +
                                            (allow_port_zero ? "0" : "1") + " to 65535");
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return wrong;
  HostPort parsed;
  parsed.host = text.substr(0, colon);
  if (parsed.host.front() == '[' && parsed.host.back() == ']') {
    parsed.host = parsed.host.substr(1, parsed.host.size() - 2);
  } else if (parsed.host.find(':') != std::string::npos) {
    return wrong;  // An IPv6 address without brackets: the port cannot be told apart.
  }
  const char* first = text.data() + colon + 1;
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(first, last, parsed.port);
  if (error != std::errc() || end != last || first == last || parsed.host.empty()) return wrong;
  if (parsed.port == 0 && !allow_port_zero) return wrong;
  return parsed;
}

Expected<Target> ParseTarget(const std::string& text) {
  Target target;
  target.text = text;
  std::string rest = text;
  if (text == "host") return target;
  if (text == "local") {  // What the application's own API calls it.
    target.text = "host";
    return target;
  }
  if (StripPrefix(rest, "board:")) {
    target.kind = Target::Kind::kBoard;
    target.board = rest;
    return target;
  }
  if (StripPrefix(rest, "agent:")) {
    Expected<HostPort> agent = ParseHostPort("--on agent", rest);
    if (!agent) return agent.error();
    target.kind = Target::Kind::kAgent;
    target.agent = agent.value();
    return target;
  }
  return MakeError(Code::kInvalidArgument,
                   "--on: found '" + text +
                       "', expected host, board:m33, board:m4, board:m55, board:rv32 or "
                       "agent:HOST:PORT");
}

}  // namespace covey::app
