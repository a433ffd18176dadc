// Where the agent's log lines go: stderr, as text or as one JSON object a line.
//
//   SetUpLog("info", /*json=*/true);
//   spdlog::info("listening address=127.0.0.1:7700");
//   //
//   {"time":"2026-11-21T14:00:00.123Z","level":"info","event":"listening","address":"127.0.0.1:7700"}
//
// A line is an event's name, then key=value pairs; a value with spaces stands in double quotes.
#pragma once

#include <string>
#include <string_view>

#include "apps/covey/io/json.hpp"

namespace covey::app {

void SetUpLog(const std::string& level, bool json);

// The event and its pairs as an object; what does not fit the form stays whole as "message".
Json LogFields(std::string_view line);

}  // namespace covey::app
