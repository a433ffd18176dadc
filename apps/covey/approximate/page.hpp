// The report of an exploration: one page of HTML that needs nothing else, in light and dark.
//
//   WriteFile("report.html", ReportPage(exploration));
//
// Text from outside (names of models and layers) is escaped.
#pragma once

#include <string>
#include <vector>

#include "compiler/approximate/explorer.hpp"

namespace covey::app {

struct LayerPrice {
  std::string name, op;
  uint64_t macs = 0;
  double sensitivity = 0;  // of the scores, to one squared step of its output, all rows
  // Errors, in squared steps of the scores, of removing a tenth, a quarter and half of its units in
  // the kernel's cheapest form; none: no form takes it.
  std::vector<double> errors;
};

struct Exploration {
  std::string model, target, data;
  bool labelled = true;
  size_t calibrate = 0, select = 0;
  compiler::Point exact;
  std::vector<compiler::Point> points;
  std::vector<LayerPrice> layers;
  std::string chip;  // that each point was modelled on; or none
  compiler::Minimise minimise = compiler::Minimise::kInstructions;
  std::string precisions;  // what there was of int16, a sentence
};

std::string ReportPage(const Exploration& exploration);

}  // namespace covey::app
