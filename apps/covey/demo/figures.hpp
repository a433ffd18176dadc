// The demo's figures of one place, as docs/guide/metrics.md defines them.
//
//   top-1                 the predicted class is the true one: correct / images
//   agreement             the predicted class is the reference's: same / images
//   confidence deviation  mean over the answers of |c - r|: c is the softmax confidence that the
//                         place gives its class, r the reference's probability of the same class
//   correct per ms        correct / sum of the latencies in ms
//
// The reference is the full-precision network, run directly on this machine on the same pictures. A
// picture without an answer is neither correct nor in agreement.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apps/covey/io/json.hpp"
#include "apps/covey/io/quantiles.hpp"

namespace covey::app {

// What one place said about one picture.
struct Said {
  bool answered = false;
  uint32_t index = 0;
  double confidence = 0;
  std::optional<double> latency_ms;
  bool fell_back = false;
};

// Probabilities of all classes for one picture, by the reference.
using Probabilities = std::vector<float>;

struct Figures {
  std::string place, model;
  std::string latency_kind;  // "modelled", "measured", "measured, board emulated"
  size_t images = 0, answered = 0, correct = 0, agree = 0, fell_back = 0;
  double top1 = 0, agreement = 0, confidence_deviation = 0;
  Quantiles latency_ms;
  size_t latencies = 0;  // how many answers had one
  double correct_per_ms = 0;
};

// One entry a picture in each list.
Figures FiguresOf(std::span<const Said> said, std::span<const uint8_t> truth,
                  std::span<const Probabilities> reference);

uint32_t LikeliestClass(const Probabilities& probabilities);
size_t CountCorrect(std::span<const Probabilities> reference, std::span<const uint8_t> truth);

Json ToJson(const Figures& figures);
// The table that the demo ends in, a row a place.
std::string FiguresTable(std::span<const Figures> places);

}  // namespace covey::app
