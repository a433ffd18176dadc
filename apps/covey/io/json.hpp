// JSON as `--json` prints it: keys in the order they were written, two spaces a level. Text from
// outside that is no UTF-8 is replaced, never refused.
#pragma once

#include <iosfwd>
#include <nlohmann/json.hpp>

namespace covey::app {

using Json = nlohmann::ordered_json;

inline void PrintJson(std::ostream& out, const Json& json) {
  out << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

}  // namespace covey::app
