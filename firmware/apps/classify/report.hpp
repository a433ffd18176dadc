// Report says how each picture was answered, and counts.
//
//   report.Add(number, result, cost);          // "class 0 airplane confidence ..."
//   report.Stats();
#pragma once

#include "covey/micro.h"
#include "parts.hpp"

namespace covey::classify {

// Instructions.
struct Cost {
  uint64_t all = 0;       // of the whole call, waiting left out
  uint64_t link = 0;      // of these, in the link: IP stack and driver
  uint64_t pictures = 0;  // of these, reading the picture
};

class Report {
 public:
  explicit Report(const Parts& parts) : parts_(parts) {}

  void Add(uint32_t number, const covey_result& result, const Cost& cost);
  void Stats() const;

 private:
  void Count(const covey_result& result, const Cost& cost);
  void PrintAnswer(uint32_t number, const covey_result& result, const Cost& cost) const;
  void PrintCosts() const;

  Parts parts_;
  uint32_t local_ = 0, agent_ = 0, fell_back_ = 0, errors_ = 0;
  Cost last_local_, last_agent_;
};

}  // namespace covey::classify
