// Refuse writes a finding with words made on the spot and returns the Status that goes with it.
//
//   return Refuse(diag, {Code::kDataLoss, "tflite: damaged"}, "tensor 'conv1'", "buffer 7 of 5");
#pragma once

#include <string>

#include "core/diag.hpp"
#include "core/status.hpp"

namespace covey::compiler {

inline Status Refuse(Diag& diag, Status status, const std::string& subject,
                     const std::string& problem) {
  diag.Report({.subject = subject.c_str(), .problem = problem.c_str()});
  return status;
}

}  // namespace covey::compiler
