// What `covey compile --calibrate` does before it compiles: an approximated graph of a model file,
// and what is to be said about it.
//
//   Expected<Approximated> made = Approximate(job);
//   Use(made.value().graph);            // compile it as any other
//   std::cout << Text(made.value());
//
// The data are split in three by the seed: a third calibrates, a third chooses, and the loss is
// told on the last, which is looked at once. Errors: those of reading data; kInvalidArgument where
// there are too few samples or labels that the network does not have.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/covey/approximate/data.hpp"
#include "apps/covey/approximate/floats.hpp"
#include "apps/covey/approximate/split.hpp"
#include "apps/covey/io/json.hpp"
#include "compiler/approximate/explorer.hpp"
#include "covey/covey.hpp"

namespace covey::app {

struct ApproximateJob {
  std::string model, target = "any";
  std::string calibrate, labels, type = "int8";
  double max_loss = 0;  // in points of accuracy, of a hundred
  size_t samples = 12000;
  std::string effort =
      "normal";  // quick: no tuning (compiler/approximate/tune.hpp); thorough: more
  uint32_t seed = 1;
  std::optional<int64_t> ram, flash;
  // Each design is measured on the chip, if one is named; `minimise`: latency, energy or
  // instructions (choosing.hpp).
  std::string chip, minimise;
  // Of bytes for a float network (DataReader), and by how many per cent int16 may slow it.
  float scale = 1, zero = 0;
  std::optional<double> slower{};  // nothing: kSlower
  bool unpack = false;             // weights as code are looked for (C++ alone has them)
  // Per cent: the network was trained on the samples; what it reaches on others (harden.hpp).
  std::optional<double> unseen;
};

struct Approximated {
  compiler::Graph graph;
  compiler::Graph base;  // exact: as imported, or the all int8 form of a float network
  compiler::Point exact;
  compiler::Found found;
  size_t calibrate = 0, select = 0, report = 0;  // samples
  std::optional<compiler::Accuracy> reported;    // on the report part
  double exact_top1 = 0;                         // likewise; of a float network, its own
  double int8_top1 = 0;                          // likewise, of the all int8 network
  bool floats = false;                           // losses are measured against the float network
  std::string precisions;                        // what there was of int16, in words
  double agreement = 1;                          // likewise
  double max_loss = 0;
  double hardness = 0;  // of the samples that chose and report (harden.hpp)
  bool seen = false;    // they look as if the network was trained on them
};

// Fewer than this are refused: a third of them calibrates, a third chooses.
inline constexpr size_t kFewestSamples = 60;

Expected<Approximated> Approximate(const ApproximateJob& job);
// The same for several losses in points, `max_loss` of the job aside: one exploration.
Expected<std::vector<Approximated>> ApproximateAll(const ApproximateJob& job,
                                                   const std::vector<double>& losses);
compiler::TuneOptions TuningOf(const ApproximateJob& job);
// For compiler::Explorer, without a word of progress.
compiler::ExploreOptions OptionsOf(const ApproximateJob& job, const compiler::CompileOptions& how);
// What there was of int16 for an exploration, or why there was none.
std::string PrecisionText(const std::optional<Floats>& floats);
std::string Text(const Approximated& made);
Json ToJson(const Approximated& made);
Json ToJson(const compiler::Point& point);

// Per cent by which int16 may slow a float network without a word on it.
inline constexpr double kSlower = 100;

// The data of a job, with labels checked. Of a float network `graph` is made of it, all int8.
struct JobData {
  compiler::Graph graph;
  LabelledBytes data;
  std::optional<Floats> floats{};
};
Expected<JobData> ReadJobData(const ApproximateJob& job);

// The three parts, and what an Explorer takes of them.
struct ReadyJob {
  ThreeParts parts;
  compiler::ExploreData data;
  std::vector<compiler::Graph> precisions;
  std::optional<Floats> floats{};
};
Expected<ReadyJob> ReadyOf(JobData&& read, const ApproximateJob& job);

}  // namespace covey::app
