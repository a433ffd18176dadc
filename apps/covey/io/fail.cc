#include "apps/covey/io/fail.hpp"

#include <iostream>
#include <nlohmann/json.hpp>

#include "apps/covey/command.hpp"

namespace covey::app {

Error MakeError(Code code, std::string message) {
  return {static_cast<uint32_t>(code), std::move(message)};
}

Error Explain(const std::string& thing, const Status& status, const DiagText& diag) {
  std::string words = diag.Text();
  if (words.empty()) words = status.message();
  const bool named = words.rfind(thing, 0) == 0;  // The finding may start with the file already.
  return MakeError(status.code(), named ? words : thing + ": " + words);
}

void PrintFailure(const Error& error, bool json) {
  const char* code = CodeName(static_cast<Code>(error.code));
  if (json) {
    const nlohmann::ordered_json out = {{"error", {{"code", code}, {"message", error.message}}}};
    std::cerr << out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
  } else {
    std::cerr << "covey: " << error.message << " (" << code << ")\n";
  }
}

int Fail(const Error& error, bool json) {
  PrintFailure(error, json);
  return kFailed;
}

}  // namespace covey::app
