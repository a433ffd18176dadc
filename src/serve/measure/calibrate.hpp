// How far a confidence can be believed, and where a cascade should draw its line. Pure functions.
//
//   const double t = FitTemperature(scores, labels);            // one number for the whole network
//   const double p = Tempered(scores[i], t);                    // its confidence, calibrated
//   const Calibration c = FitCalibration(confidences, right);   // a table, as boards hold it
//   const double ece = CalibrationError(confidences, right);
//   const Cut cut = CutFor(0.99, sure, local_right, remote_right);
//
// Scores are logits, or logarithms of probabilities: softmax does not tell them apart.
// Source: Guo et al. 2017 (temperature, expected calibration error); Ayer et al. 1955 (isotonic
// regression by pooling neighbours that are out of order).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/profile.hpp"
#include "serve/measure/interval.hpp"

namespace covey::serve {

// The largest value of softmax(scores / temperature).
double Tempered(std::span<const float> scores, double temperature);

// The temperature of the smallest mean negative log likelihood of the labels, from 0.05 to 20.
double FitTemperature(std::span<const std::vector<float>> scores, std::span<const int> labels);

// Probabilities as scores: ln p, where p below `least` counts as `least` (half a step of an int8
// output, say), so that a rounded zero is no certainty.
std::vector<float> LogOf(std::span<const float> probabilities, float least);

// Expected calibration error: in `bins` bins of equal width, |mean confidence - share right|,
// weighted by how many fall into each.
double CalibrationError(std::span<const double> confidence, std::span<const double> right,
                        size_t bins = 15);

// Points of a rising function from confidence to P(right): bins of equal counts (equal confidences
// stay together), neighbours out of order pooled. keep_at and error are left to the caller.
Calibration FitCalibration(std::span<const double> confidence, std::span<const double> right);

// What a cascade does when it keeps local answers that are at least `keep_at` sure.
struct Cut {
  uint32_t keep_at = 0;  // in 1/10,000 of calibrated confidence; above kOne: nothing is kept
  double traffic = 1;    // share of requests that are sent
  double accuracy = 0;
};
Cut CutAt(uint32_t keep_at, std::span<const uint16_t> sure, std::span<const double> local_right,
          std::span<const double> remote_right);

// The cut of least traffic whose accuracy is at least `target` times the remote's, with 95 %
// confidence (one-sided, paired, by the normal distribution); if none is, everything is sent.
Cut CutFor(double target, std::span<const uint16_t> sure, std::span<const double> local_right,
           std::span<const double> remote_right);

}  // namespace covey::serve
