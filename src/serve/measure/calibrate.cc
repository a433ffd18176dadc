#include "serve/measure/calibrate.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace covey::serve {
namespace {

constexpr double kOneSided = 1.6448536269514722;  // 95th percentile of the normal distribution

// ln(sum of exp(score / t)), without overflow.
double LogSum(std::span<const float> scores, double t) {
  const double most = static_cast<double>(*std::max_element(scores.begin(), scores.end())) / t;
  double sum = 0;
  for (const float score : scores) sum += std::exp(static_cast<double>(score) / t - most);
  return most + std::log(sum);
}

double LossAt(std::span<const std::vector<float>> scores, std::span<const int> labels, double t) {
  double loss = 0;
  for (size_t i = 0; i < scores.size(); ++i) {
    const auto label = static_cast<size_t>(labels[i]);
    if (label >= scores[i].size()) continue;  // A class that this network does not know.
    loss += LogSum(scores[i], t) - static_cast<double>(scores[i][label]) / t;
  }
  return loss;
}

uint16_t Parts(double share) {
  return static_cast<uint16_t>(std::lround(std::clamp(share, 0.0, 1.0) * kOne));
}

struct Bin {
  double confidence = 0, right = 0, count = 0;  // sums
};

// Bins of about equal counts; equal confidences are never parted.
std::vector<Bin> BinsOf(std::span<const double> confidence, std::span<const double> right) {
  std::vector<size_t> order(confidence.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return confidence[a] < confidence[b]; });
  const size_t each = (order.size() + Calibration::kMaxPoints - 1) / Calibration::kMaxPoints;
  std::vector<Bin> bins;
  for (size_t k = 0; k < order.size(); ++k) {
    const size_t i = order[k];
    const bool tied = k > 0 && confidence[order[k - 1]] == confidence[i];
    const bool full = bins.empty() || bins.back().count >= static_cast<double>(each);
    if (full && !tied) bins.emplace_back();
    Bin& bin = bins.back();
    bin.confidence += confidence[i], bin.right += right[i], bin.count += 1;
  }
  return bins;
}

// Pools neighbours until shares right rise with confidence.
std::vector<Bin> Rising(const std::vector<Bin>& bins) {
  std::vector<Bin> pooled;
  for (const Bin& bin : bins) {
    pooled.push_back(bin);
    while (pooled.size() > 1) {
      Bin &last = pooled.back(), &before = pooled[pooled.size() - 2];
      if (before.right / before.count < last.right / last.count) break;
      before.confidence += last.confidence, before.right += last.right, before.count += last.count;
      pooled.pop_back();
    }
  }
  return pooled;
}

}  // namespace

double Tempered(std::span<const float> scores, double temperature) {
  const double most = static_cast<double>(*std::max_element(scores.begin(), scores.end()));
  return std::exp(most / temperature - LogSum(scores, temperature));
}

double FitTemperature(std::span<const std::vector<float>> scores, std::span<const int> labels) {
  // The loss has one valley in 1 / t, so also in ln t: golden section.
  constexpr double kGolden = 0.6180339887498949;
  double low = std::log(0.05), high = std::log(20.0);
  double a = high - kGolden * (high - low), b = low + kGolden * (high - low);
  double at_a = LossAt(scores, labels, std::exp(a)), at_b = LossAt(scores, labels, std::exp(b));
  for (int step = 0; step < 40; ++step) {
    if (at_a <= at_b) {
      high = b, b = a, at_b = at_a;
      a = high - kGolden * (high - low);
      at_a = LossAt(scores, labels, std::exp(a));
    } else {
      low = a, a = b, at_a = at_b;
      b = low + kGolden * (high - low);
      at_b = LossAt(scores, labels, std::exp(b));
    }
  }
  return std::exp((low + high) / 2);
}

std::vector<float> LogOf(std::span<const float> probabilities, float least) {
  std::vector<float> scores;
  for (const float p : probabilities) scores.push_back(std::log(std::max(p, least)));
  return scores;
}

double CalibrationError(std::span<const double> confidence, std::span<const double> right,
                        size_t bins) {
  std::vector<double> gap(bins, 0.0);  // of each bin: sum of confidence - right
  for (size_t i = 0; i < confidence.size(); ++i) {
    const double place = std::clamp(confidence[i], 0.0, 1.0) * static_cast<double>(bins);
    gap[std::min(static_cast<size_t>(place), bins - 1)] += confidence[i] - right[i];
  }
  double sum = 0;
  for (const double g : gap) sum += std::abs(g);
  return confidence.empty() ? 0 : sum / static_cast<double>(confidence.size());
}

Calibration FitCalibration(std::span<const double> confidence, std::span<const double> right) {
  Calibration fitted;
  for (const Bin& bin : Rising(BinsOf(confidence, right))) {
    const Calibration::Point point{Parts(bin.confidence / bin.count), Parts(bin.right / bin.count)};
    // Two bins so close that they round to one confidence: the later, surer one stays.
    if (fitted.count > 0 && fitted.points[fitted.count - 1].confidence == point.confidence)
      --fitted.count;
    if (fitted.count < Calibration::kMaxPoints) fitted.points[fitted.count++] = point;
  }
  return fitted;
}

Cut CutAt(uint32_t keep_at, std::span<const uint16_t> sure, std::span<const double> local_right,
          std::span<const double> remote_right) {
  Cut cut{.keep_at = keep_at, .traffic = 0, .accuracy = 0};
  for (size_t i = 0; i < sure.size(); ++i) {
    const bool kept = sure[i] >= keep_at;
    cut.traffic += !kept;
    cut.accuracy += kept ? local_right[i] : remote_right[i];
  }
  const auto n = static_cast<double>(std::max<size_t>(sure.size(), 1));
  cut.traffic /= n, cut.accuracy /= n;
  return cut;
}

Cut CutFor(double target, std::span<const uint16_t> sure, std::span<const double> local_right,
           std::span<const double> remote_right) {
  std::vector<uint32_t> cuts(sure.begin(), sure.end());
  cuts.push_back(0);  // Everything is kept.
  std::sort(cuts.begin(), cuts.end());
  cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
  const auto n = static_cast<double>(sure.size());
  for (const uint32_t keep_at : cuts) {
    double sum = 0, squares = 0;
    for (size_t i = 0; i < sure.size(); ++i) {
      const double off =
          (sure[i] >= keep_at ? local_right[i] : remote_right[i]) - target * remote_right[i];
      sum += off, squares += off * off;
    }
    const double mean = sum / n, variance = std::max(squares / n - mean * mean, 0.0);
    if (n > 0 && mean - kOneSided * std::sqrt(variance / n) >= 0)
      return CutAt(keep_at, sure, local_right, remote_right);
  }
  return CutAt(kOne + 1U, sure, local_right, remote_right);
}

}  // namespace covey::serve
