#include "apps/covey/agent/log.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <ctime>

namespace covey::app {
namespace {

std::string TimeText(std::chrono::system_clock::time_point time) {
  const auto since = time.time_since_epoch();
  const std::time_t seconds = std::chrono::duration_cast<std::chrono::seconds>(since).count();
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(since).count() % 1000;
  std::tm parts{};
  (void)gmtime_r(&seconds, &parts);  // Fails only for years that do not fit.
  char text[32], whole[40];
  (void)std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  (void)std::snprintf(whole, sizeof whole, "%s.%03dZ", text, static_cast<int>(millis));
  return whole;
}

class JsonFormatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    const auto level = spdlog::level::to_string_view(message.level);
    Json line = {{"time", TimeText(message.time)},
                 {"level", std::string(level.data(), level.size())}};
    line.update(LogFields({message.payload.data(), message.payload.size()}));
    const std::string text = line.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
    out.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<JsonFormatter>();
  }
};

// One word, or what stands between double quotes (with \" and \\ inside); moves on past it.
bool TakeValue(std::string_view& rest, std::string& value) {
  value.clear();
  if (rest.empty() || rest.front() != '"') {
    const size_t end = std::min(rest.find(' '), rest.size());
    value = rest.substr(0, end);
    rest.remove_prefix(end);
    return true;
  }
  for (size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '"') {
      rest.remove_prefix(i + 1);
      return true;
    }
    if (rest[i] == '\\' && i + 1 < rest.size()) ++i;
    value += rest[i];
  }
  return false;
}

void SkipSpaces(std::string_view& rest) {
  while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
}

}  // namespace

Json LogFields(std::string_view line) {
  std::string_view rest = line;
  Json fields = Json::object();
  std::string value;
  if (!TakeValue(rest, value) || value.empty() || value.find('=') != std::string::npos) {
    return {{"message", std::string(line)}};
  }
  fields["event"] = value;
  for (SkipSpaces(rest); !rest.empty(); SkipSpaces(rest)) {
    const size_t equals = rest.find_first_of("= ");
    if (equals == std::string_view::npos || equals == 0 || rest[equals] != '=') {
      return {{"message", std::string(line)}};
    }
    const std::string key(rest.substr(0, equals));
    rest.remove_prefix(equals + 1);
    if (!TakeValue(rest, value)) return {{"message", std::string(line)}};
    fields[key] = value;
  }
  return fields;
}

void SetUpLog(const std::string& level, bool json) {
  auto logger = spdlog::stderr_logger_mt("covey");
  logger->set_level(spdlog::level::from_str(level));
  logger->flush_on(spdlog::level::trace);
  if (json) {
    logger->set_formatter(std::make_unique<JsonFormatter>());
  } else {
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %^%l%$ %v");
  }
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace covey::app
