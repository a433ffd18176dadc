// What the board's console says about one picture, read back from its line:
//
//   image 3: class 5 dog confidence 0.8125 place local latency_us 123456 clock counted instructions
//   4711 image 4: error DEADLINE_EXCEEDED the agent did not answer in time
//
// `place agent` is followed by the address; words after `reason` and `truth` belong to them.
// Unknown pairs are passed over; an answer without a place is none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace covey::app {

struct BoardAnswer {
  uint32_t image = 0;
  uint32_t index = 0;  // of the class
  std::string label;
  double confidence = 0;
  std::string place;  // "local", "agent tcp://10.0.2.2:7700"
  std::optional<uint64_t> instructions;
  bool fell_back = false;
  std::string reason;                 // of the fallback
  std::string error;                  // empty: answered
  std::optional<double> measured_ns;  // by this machine's clock; set by BoardShow
};

// Nothing if the line is no answer.
std::optional<BoardAnswer> ParseAnswerLine(std::string_view line);

}  // namespace covey::app
