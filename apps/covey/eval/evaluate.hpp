// Asks every pair every picture, in turn, so that what changes on this machine meanwhile (its heat,
// its other work) falls on all alike.
//
//   round 0: picture 0: pairs 0 1 2; picture 1: pairs 1 2 0; ...; round 1: ...
//
//   Expected<Evaluation> evaluation = Evaluate(pairs, samples, {.rounds = 3, .reference = pair});
//
// SIGINT ends it early: what every pair was asked by then is what there is. A first miss of a pair
// is told at once on stderr, since an agent that hangs costs its deadline each time.
//
// The reference is asked each picture once, before the rest; its probabilities of all classes are
// what agreement and confidence deviation compare with.
#pragma once

#include <optional>
#include <vector>

#include "apps/covey/eval/asker.hpp"
#include "apps/covey/eval/samples.hpp"
#include "serve/measure/metrics.hpp"

namespace covey::app {

struct EvalOptions {
  size_t rounds = 1;
  std::optional<Pair> reference;
  std::vector<std::string> approximate;  // names of pairs
  PlaceOptions place;
  serve::EnergyModel energy;
  bool quiet = false;  // says nothing of a pair's first miss on stderr
};

struct EvalRow {
  Pair pair;
  std::string backend;
  bool modelled = false;
  bool approximate = false;                    // a variant, as the user said
  uint64_t memory_bytes = 0, flash_bytes = 0;  // int8: arena and image; 0: unknown
  serve::Trials trials;
  serve::PlaceMetrics metrics;
  serve::PairedDifference against_first;  // of the first row: from itself
  // Of the device; none for this machine, whose power nobody stated.
  std::optional<double> energy_uj;
};

struct Evaluation {
  std::string data;
  size_t rounds = 1;
  EvalSamples samples;
  std::vector<std::string> classes;  // names, if a model knows them
  std::string reference;             // its name; empty: none
  std::vector<serve::Probabilities> reference_says;
  std::vector<EvalRow> rows;
  serve::EnergyModel energy;
  std::vector<std::string> notes;  // what makes figures mean less than they seem to
  std::string stopped;             // by SIGINT: how far it came, in words

  serve::Truth truth() const { return {.labels = samples.labels, .reference = reference_says}; }
};

Expected<Evaluation> Evaluate(const std::vector<Pair>& pairs, EvalSamples samples,
                              const EvalOptions& options);

}  // namespace covey::app
