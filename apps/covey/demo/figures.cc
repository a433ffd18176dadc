#include "apps/covey/demo/figures.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "apps/covey/io/table.hpp"

namespace covey::app {
namespace {

double Share(size_t part, size_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

std::string OfAll(double share, size_t part, size_t whole) {
  return Fixed(share, 3) + " (" + std::to_string(part) + "/" + std::to_string(whole) + ")";
}

}  // namespace

uint32_t LikeliestClass(const Probabilities& probabilities) {
  const auto most = std::max_element(probabilities.begin(), probabilities.end());
  return static_cast<uint32_t>(most - probabilities.begin());
}

size_t CountCorrect(std::span<const Probabilities> reference, std::span<const uint8_t> truth) {
  size_t correct = 0;
  for (size_t i = 0; i < truth.size(); ++i) correct += LikeliestClass(reference[i]) == truth[i];
  return correct;
}

Figures FiguresOf(std::span<const Said> said, std::span<const uint8_t> truth,
                  std::span<const Probabilities> reference) {
  Figures figures;
  figures.images = truth.size();
  double deviation = 0;
  std::vector<double> latencies;
  for (size_t i = 0; i < truth.size(); ++i) {
    if (!said[i].answered) continue;
    const Said& one = said[i];
    ++figures.answered;
    figures.correct += one.index == truth[i];
    figures.agree += one.index == LikeliestClass(reference[i]);
    figures.fell_back += one.fell_back;
    const double expected = one.index < reference[i].size() ? reference[i][one.index] : 0;
    deviation += std::abs(one.confidence - expected);
    if (one.latency_ms) latencies.push_back(*one.latency_ms);
  }
  figures.top1 = Share(figures.correct, figures.images);
  figures.agreement = Share(figures.agree, figures.images);
  if (figures.answered > 0) deviation /= static_cast<double>(figures.answered);
  figures.confidence_deviation = deviation;
  figures.latencies = latencies.size();
  const double total_ms = std::accumulate(latencies.begin(), latencies.end(), 0.0);
  // Only if every answer has its time: else the sum would flatter the place.
  if (total_ms > 0 && figures.latencies == figures.answered) {
    figures.correct_per_ms = static_cast<double>(figures.correct) / total_ms;
  }
  figures.latency_ms = QuantilesOf(std::move(latencies));
  return figures;
}

Json ToJson(const Figures& figures) {
  return {{"place", figures.place},
          {"model", figures.model},
          {"images", figures.images},
          {"answered", figures.answered},
          {"fell_back", figures.fell_back},
          {"correct", figures.correct},
          {"top1", figures.top1},
          {"agreement", figures.agreement},
          {"confidence_deviation", figures.confidence_deviation},
          {"latency_kind", figures.latency_kind},
          {"latency_ms", ToJson(figures.latency_ms)},
          {"correct_per_ms", figures.correct_per_ms}};
}

std::string FiguresTable(std::span<const Figures> places) {
  Table table({"place", "model", ">top-1", ">agreement", ">conf. dev.", ">median ms", ">p99 ms",
               "latency", ">correct/ms"});
  for (const Figures& f : places) {
    table.Add({f.place, f.model, OfAll(f.top1, f.correct, f.images),
               OfAll(f.agreement, f.agree, f.images), Fixed(f.confidence_deviation, 4),
               Fixed(f.latency_ms.median, 1), Fixed(f.latency_ms.p99, 1), f.latency_kind,
               Fixed(f.correct_per_ms, 5)});
  }
  return table.Text();
}

}  // namespace covey::app
