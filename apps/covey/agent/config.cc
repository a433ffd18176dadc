#include "apps/covey/agent/config.hpp"

// As everywhere in this program: mixing both settings breaks the one definition rule.
#include <algorithm>
#include <functional>
#include <map>
#include <sstream>

#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/file.hpp"
#include "apps/covey/place/target.hpp"
#include "core/host/toml.hpp"

namespace covey::app {
namespace {

// One key: takes the value, or says what it expected.
using Set = std::function<std::optional<std::string>(const toml::node&, AgentSettings&)>;

template <typename Field>
Set Integer(int64_t low, int64_t high, Field field) {
  return [=](const toml::node& node, AgentSettings& settings) -> std::optional<std::string> {
    const auto* value = node.as_integer();
    if (value == nullptr || value->get() < low || value->get() > high) {
      return "a whole number from " + std::to_string(low) + " to " + std::to_string(high);
    }
    field(settings, value->get());
    return std::nullopt;
  };
}

template <typename Field>
Set Text(Field field) {
  return [=](const toml::node& node, AgentSettings& settings) -> std::optional<std::string> {
    const auto* value = node.as_string();
    if (value == nullptr) return "a text";
    return field(settings, value->get());
  };
}

template <typename Field>
Set Bool(Field field) {
  return [=](const toml::node& node, AgentSettings& settings) -> std::optional<std::string> {
    const auto* value = node.as_boolean();
    if (value == nullptr) return "true or false";
    field(settings, value->get());
    return std::nullopt;
  };
}

std::optional<std::string> SetListen(AgentSettings& settings, const std::string& text) {
  const Expected<HostPort> listen = ParseHostPort("listen", text, /*allow_port_zero=*/true);
  if (!listen) return "\"HOST:PORT\"";
  settings.agent.host = listen.value().host;
  settings.agent.port = listen.value().port;
  return std::nullopt;
}

std::optional<std::string> SetLevel(AgentSettings& settings, const std::string& text) {
  const bool known = std::any_of(std::begin(kLogLevels), std::end(kLogLevels),
                                 [&](const char* level) { return text == level; });
  if (!known) return "trace, debug, info, warn, error or off";
  settings.log_level = text;
  return std::nullopt;
}

template <typename Field>
Set Plain(Field field) {
  return Text([=](AgentSettings& settings, const std::string& text) -> std::optional<std::string> {
    field(settings, text);
    return std::nullopt;
  });
}

const std::map<std::string, Set>& Keys() {
  using S = AgentSettings;
  static const std::map<std::string, Set> keys = {
      {"models", Plain([](S& s, const std::string& v) { s.agent.models = v; })},
      {"listen", Text(SetListen)},
      {"workers", Integer(0, 1024, [](S& s, int64_t v) { s.agent.workers = static_cast<int>(v); })},
      {"max_connections",
       Integer(1, 65535, [](S& s, int64_t v) { s.agent.max_connections = static_cast<int>(v); })},
      {"max_message_bytes",
       Integer(1024, 1LL << 30,
               [](S& s, int64_t v) { s.agent.max_message_bytes = static_cast<uint32_t>(v); })},
      {"idle_timeout_s",
       Integer(1, 86400, [](S& s, int64_t v) { s.agent.idle_timeout = std::chrono::seconds(v); })},
      {"drain_timeout_s",
       Integer(0, 86400, [](S& s, int64_t v) { s.agent.drain_timeout = std::chrono::seconds(v); })},
      {"onnx.threads",
       Integer(0, 1024, [](S& s, int64_t v) { s.onnx_threads = static_cast<int>(v); })},
      {"onnx.spinning", Bool([](S& s, bool v) { s.onnx_spinning = v; })},
      {"onnx.library", Plain([](S& s, const std::string& v) { s.onnx_library = v; })},
      {"log.level", Text(SetLevel)},
      {"log.json", Bool([](S& s, bool v) { s.log_json = v; })},
  };
  return keys;
}

Error Wrong(const std::string& path, const toml::node& node, const std::string& key,
            const std::string& expected) {
  std::ostringstream found;
  found << toml::node_view<const toml::node>(node);
  return MakeError(Code::kInvalidArgument,
                   path + ": line " + std::to_string(node.source().begin.line) + ": '" + key +
                       "': found " + found.str() + ", expected " + expected);
}

std::string KnownKeys() {
  std::string names;
  for (const auto& [name, set] : Keys()) names += (names.empty() ? "" : ", ") + name;
  return "one of the keys " + names;
}

Expected<void> Apply(const std::string& path, const std::string& prefix, const toml::table& table,
                     AgentSettings& settings) {
  for (const auto& [name, node] : table) {
    const std::string key = prefix + std::string(name.str());
    if (const toml::table* inner = node.as_table(); inner != nullptr && prefix.empty()) {
      const Expected<void> applied = Apply(path, key + ".", *inner, settings);
      if (!applied) return applied;
      continue;
    }
    const auto known = Keys().find(key);
    if (known == Keys().end()) return Wrong(path, node, key, KnownKeys());
    if (const auto expected = known->second(node, settings)) {
      return Wrong(path, node, key, *expected);
    }
  }
  return {};
}

}  // namespace

Expected<void> ReadAgentToml(const std::string& path, AgentSettings& settings) {
  const Expected<std::string> text = ReadText(path);
  if (!text) return text.error();
  const ParsedToml parsed = ParseToml(text.value());
  if (const auto& fault = parsed.fault) {
    return MakeError(Code::kInvalidArgument,
                     path + ": line " + std::to_string(fault->line) + ": " + fault->words);
  }
  return Apply(path, "", parsed.root, settings);
}

}  // namespace covey::app
