// Trial is what one place made of one picture, once; an evaluation is a table of them.
//
//   Trials trials(pictures, std::vector<Trial>(rounds));   // trials[picture][round]
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace covey::serve {

struct Ranked {
  uint32_t index = 0;
  double confidence = 0;  // softmax probability
};

struct Trial {
  bool answered = false;
  std::vector<Ranked> top;           // most likely first; three are enough for every metric
  double latency_ms = 0;             // end to end; of a picture that was missed: the time lost
  std::optional<double> compute_ms;  // inference alone, as the place tells it
  double place_ms = 0;               // pre-processing and inference, as the place tells it
  uint64_t sent_bytes = 0, received_bytes = 0;  // frames, without TCP's and IP's own headers
  std::string why;                              // it was missed
};

using Trials = std::vector<std::vector<Trial>>;

// Probabilities of all classes for one picture, by the reference network.
using Probabilities = std::vector<float>;

// The most likely class; of equal ones the first.
uint32_t LikeliestOf(const Probabilities& probabilities);

}  // namespace covey::serve
