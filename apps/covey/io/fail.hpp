// What the commands say when something is wrong: "covey: NAME: what, found, expected (CODE)" on
// stderr, or, with --json, {"error": {"code": "DATA_LOSS", "message": "..."}}, also on stderr.
//
//   DiagText diag;
//   auto graph = compiler::ImportFile(path, diag);
//   if (!graph.ok()) return Explain(path, graph.status(), diag);
#pragma once

#include <string>

#include "core/host/diag_text.hpp"
#include "core/status.hpp"
#include "covey/covey.hpp"

namespace covey::app {

Error MakeError(Code code, std::string message);

// `thing` (a file, a model's name, an address), then the findings, or the Status if there are none.
Error Explain(const std::string& thing, const Status& status, const DiagText& diag);

void PrintFailure(const Error& error, bool json);

// Prints and gives the exit code kFailed.
int Fail(const Error& error, bool json);

}  // namespace covey::app
