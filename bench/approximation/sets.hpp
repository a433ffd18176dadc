// Networks of the comparison, each with three sets of samples that are kept apart: what calibrates,
// what chooses, what the table reports. The report set is read once, when all is chosen.
//
//   CIFAR-10 networks of this project   train.tar 0 to 4,449 of each class (evenly), and
//                                       4,500 to 4,999; test.tar
//   ResNet-8 (MLPerf Tiny)              lossless_train4000.bin, first 2,000 and the rest;
//                                       lossless_test500.bin
//   DS-CNN (MLPerf Tiny)                kws01, a third each, shuffled by seed 1
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/covey/approximate/data.hpp"
#include "apps/covey/approximate/split.hpp"
#include "apps/covey/model/file.hpp"
#include "compiler/approximate/explorer.hpp"
#include "compiler/ir/graph.hpp"

namespace covey::bench {

struct Network {
  std::string name, model;
  enum class Data { kCifar, kLossless, kKeywords } data;
  // Instructions of TFLM with CMSIS-NN on the Cortex-M4, measured by others; or computed from its
  // per-layer figures; 0: none known.
  uint64_t rival = 0;
  bool rival_computed = false;
  // Set: the samples that choose trained the network, which is known to be right on this part of
  // others; they are made as hard (compiler/approximate/harden.hpp).
  double unseen = 0;
  size_t visits = 8000;  // of samples, for each tuning: what its size and its samples are worth
};
// Those of these names; all if there are none.
std::vector<Network> Networks(const std::vector<std::string>& names);

// A network as imported, and what reads its samples.
class Opened {
 public:
  static Expected<Opened> Open(const Network& network);
  const compiler::Graph& graph() const { return graph_; }
  size_t image_bytes() const { return image_->span().size(); }
  const app::DataReader& reader() const { return *reader_; }

 private:
  compiler::Graph graph_;
  std::unique_ptr<const std::string> model_;      // the reader keeps referring to it,
  std::unique_ptr<const app::ImageBytes> image_;  // and to this
  std::unique_ptr<app::DataReader> reader_;
};

struct Sets {
  app::LabelledBytes calibrate, select;
};
// All of kws01, and the seed that splits it (apps/covey/approximate/split.hpp).
inline constexpr uint32_t kKeywordSeed = 1;
Expected<app::LabelledBytes> ReadKeywords(const app::DataReader& reader);
Expected<Sets> ReadSets(const Network& network, const app::DataReader& reader);
Expected<app::LabelledBytes> ReadReport(const Network& network, const app::DataReader& reader);

// A network with all its samples; without those that report where nothing is reported.
struct Whole {
  Opened network;
  app::ThreeParts parts;
};
Expected<Whole> ReadWhole(const Network& network, bool report);
// An explorer of the network that tunes nothing.
Expected<compiler::Explorer> Untuned(const Network& network, const Whole& whole,
                                     const compiler::CompileOptions& how);

}  // namespace covey::bench
