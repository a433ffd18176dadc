// What an int8 network answers on samples, and how two networks' answers compare.
//
//   COVEY_TRY_ASSIGN(const Answers exact, AnswersOf(graph, samples, {}, diag));
//   COVEY_TRY_ASSIGN(const Answers ours, AnswersOf(approximated, samples, {}, diag));
//   const double same = Agreement(exact, ours);
//
// Exact: the bytes of a compiled image, by the fastest kernels of this machine.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "compiler/ir/graph.hpp"
#include "compiler/quantize/evaluate.hpp"
#include "core/diag.hpp"
#include "core/status.hpp"

namespace covey::compiler {

// The bytes that the graph's inputs take.
struct ByteSamples {
  size_t count = 0;
  std::vector<std::vector<std::byte>> inputs;  // one an input of the graph, sample after sample
};
// kInvalidArgument, in words, where sizes do not fit the graph.
Status CheckByteSamples(const Graph& graph, const ByteSamples& samples, Diag& diag);
ByteSamples PickBytes(const ByteSamples& from, std::span<const size_t> which);
// At most so many, from the first to the last at equal distances.
ByteSamples EvenlyPicked(const ByteSamples& from, size_t most);

struct Answers {
  size_t samples = 0;
  std::vector<float> outputs;  // output 0, as real numbers, sample after sample
  std::vector<int> best;       // its largest place, the first of several
};
Result<Answers> AnswersOf(const Graph& graph, const ByteSamples& samples,
                          const std::function<void(size_t samples)>& tick, Diag& diag);

// The part of the samples with the same largest output.
double Agreement(const Answers& a, const Answers& b);

struct Accuracy {
  Proportion top1;        // of the second
  Proportion difference;  // second less first, paired
};
// `repeats`: of PairedDifference.
Accuracy Compare(const Answers& exact, const Answers& other, const std::vector<int>& labels,
                 size_t repeats = 1);

// The loss that choices go by: half a standard error less, as what samples cannot tell from no loss
// is none.
inline double ChosenLoss(const Accuracy& accuracy) {
  const Proportion& off = accuracy.difference;
  return -off.value - (off.high - off.low) / 8;
}

}  // namespace covey::compiler
