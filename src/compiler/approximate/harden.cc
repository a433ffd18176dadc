#include "compiler/approximate/harden.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <string>

#include "compiler/approximate/views.hpp"
#include "compiler/passes/uses.hpp"
#include "compiler/quantize/batch.hpp"
#include "compiler/report.hpp"

namespace covey::compiler {
namespace {

constexpr double kMost = 2;      // of the strength
constexpr size_t kAsked = 2000;  // samples that the strength is found on
constexpr int kSteps = 7;        // of its halving

// What strength 1 does, at most.
constexpr double kAside = 0.125, kCut = 0.35;                // parts of the height
constexpr double kContrast = 0.4, kLight = 20, kNoise = 10;  // a part; steps of the input

struct Allowed {
  bool mirrored = false, down = false, right = false;
};

Allowed AllowedBy(const std::vector<View>& views) {
  Allowed allowed;
  for (const View& view : views) {
    allowed.mirrored = allowed.mirrored || view.mirrored;
    allowed.down = allowed.down || view.down != 0;
    allowed.right = allowed.right || view.right != 0;
  }
  return allowed;
}

// Numbers between -1 and 1, the same for each strength.
class Draws {
 public:
  explicit Draws(uint32_t seed) : random_(seed == 0 ? 1 : seed) { random_.discard(4); }
  double operator()() { return static_cast<double>(random_() >> 8) / (1 << 22) - 1; }

 private:
  std::minstd_rand random_;  // below 2^31, so that 23 bits are left
};

void Cut(const std::vector<int32_t>& dims, double side, double down, double right,
         std::vector<std::byte>& sample) {
  const int32_t size = static_cast<int32_t>(side), height = dims[1], width = dims[2];
  const auto top = static_cast<int32_t>((down + 1) / 2 * (height - 1)) - size / 2;
  const auto left = static_cast<int32_t>((right + 1) / 2 * (width - 1)) - size / 2;
  double mean = 0;
  for (const std::byte byte : sample) mean += static_cast<int8_t>(byte);
  const auto fill = static_cast<std::byte>(
      static_cast<int8_t>(std::lround(mean / static_cast<double>(sample.size()))));
  for (int32_t y = std::max(top, 0); y < std::min(top + size, height); ++y)
    for (int32_t x = std::max(left, 0); x < std::min(left + size, width); ++x)
      std::fill_n(sample.begin() + static_cast<std::ptrdiff_t>((y * width + x) * dims[3]), dims[3],
                  fill);
}

void Change(const std::vector<int32_t>& dims, const Allowed& allowed, double strength,
            uint32_t seed, std::vector<std::byte>& sample) {
  Draws draw(seed);
  View view;
  const double flip = draw(), down = draw(), right = draw();
  view.mirrored = allowed.mirrored && flip < 0;
  if (allowed.down)
    view.down = static_cast<int32_t>(std::lround(down * strength * kAside * dims[1]));
  if (allowed.right)
    view.right = static_cast<int32_t>(std::lround(right * strength * kAside * dims[2]));
  Show(dims, view, sample);
  const double contrast = 1 + draw() * std::min(strength, 1.5) * kContrast;
  const double light = draw() * strength * kLight;
  const double noise = std::abs(draw()) * strength * kNoise;
  for (std::byte& byte : sample) {
    const double value = static_cast<int8_t>(byte) * contrast + light + noise * (draw() + draw());
    byte =
        static_cast<std::byte>(static_cast<int8_t>(std::lround(std::clamp(value, -128.0, 127.0))));
  }
  const double side = std::abs(draw()) * strength * kCut, y = draw(), x = draw();
  if (dims.size() == 4 && dims[0] == 1) Cut(dims, side * std::min(dims[1], dims[2]), y, x, sample);
}

ByteSamples Changed(const Graph& graph, const ByteSamples& samples, const Allowed& allowed,
                    double strength, const HardenOptions& options) {
  ByteSamples made{.count = samples.count * options.copies, .inputs = {}};
  for (size_t i = 0; i < samples.inputs.size(); ++i) {
    const size_t each = samples.inputs[i].size() / samples.count;
    const std::vector<int32_t>& dims = TensorOf(graph, graph.inputs[i]).dims;
    std::vector<std::byte>& to = made.inputs.emplace_back(made.count * each);
    ParallelFor(made.count, [&](size_t s) {
      const auto first =
          samples.inputs[i].begin() + static_cast<std::ptrdiff_t>(s % samples.count * each);
      std::vector<std::byte> one(first, first + static_cast<std::ptrdiff_t>(each));
      const auto seed = static_cast<uint32_t>((s + 1) * 2654435761U + options.seed) & 0x7FFFFFFF;
      if (strength > 0) Change(dims, allowed, strength, seed, one);
      std::copy(one.begin(), one.end(), to.begin() + static_cast<std::ptrdiff_t>(s * each));
    });
  }
  return made;
}

std::vector<int> Repeated(const std::vector<int>& labels, size_t copies) {
  std::vector<int> made;
  for (size_t c = 0; c < copies; ++c) made.insert(made.end(), labels.begin(), labels.end());
  return made;
}

double Right(const Answers& answers, const std::vector<int>& labels) {
  size_t right = 0;
  for (size_t s = 0; s < answers.best.size(); ++s) right += answers.best[s] == labels[s] ? 1 : 0;
  return static_cast<double>(right) / static_cast<double>(std::max<size_t>(labels.size(), 1));
}

std::string Percent(double part) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.1f %%", 100 * part);
  return text;
}

}  // namespace

Result<Hard> Hardened(const Graph& exact, const ByteSamples& samples,
                      const std::vector<int>& labels, const HardenOptions& options, Diag& diag) {
  COVEY_TRY(CheckByteSamples(exact, samples, diag));
  COVEY_TRY_ASSIGN(const Int8Network network,
                   Int8Network::Prepare(exact, diag, kernels::BestHostKernels()));
  const Allowed allowed = AllowedBy(ViewsOf(network, samples));
  COVEY_TRY_ASSIGN(const Answers plain, AnswersOf(exact, samples, nullptr, diag));
  const std::vector<int>& right = labels.empty() ? plain.best : labels;
  Hard made{.samples = {}, .labels = {}, .strength = 0, .before = Right(plain, right), .after = 0};
  constexpr Status kCannot(Code::kFailedPrecondition, "approximate: samples cannot be hardened");
  if (made.before < options.accuracy)
    return Refuse(diag, kCannot, "data",
                  "the network is right on " + Percent(made.before) + " as they are, below " +
                      Percent(options.accuracy) + ": choose on them as they are");
  ByteSamples asked = EvenlyPicked(samples, kAsked);
  std::vector<int> asked_right;
  for (size_t s = 0; s < asked.count; ++s)
    asked_right.push_back(right[asked.count == samples.count ? s : s * samples.count / kAsked]);
  HardenOptions once = options;
  once.copies = 1;
  const auto accuracy_at = [&](double strength) -> Result<double> {
    COVEY_TRY_ASSIGN(
        const Answers answers,
        AnswersOf(exact, Changed(exact, asked, allowed, strength, once), nullptr, diag));
    return Right(answers, asked_right);
  };
  COVEY_TRY_ASSIGN(const double least, accuracy_at(kMost));
  if (least > options.accuracy)
    return Refuse(diag, kCannot, "data",
                  "the network is right on " + Percent(least) +
                      " whatever is done to them, above " + Percent(options.accuracy));
  double low = 0, high = kMost;
  for (int step = 0; step < kSteps; ++step) {
    const double middle = (low + high) / 2;
    COVEY_TRY_ASSIGN(const double got, accuracy_at(middle));
    (got <= options.accuracy ? high : low) = middle;
  }
  made.strength = high;
  made.samples = Changed(exact, samples, allowed, high, options);
  if (!labels.empty()) made.labels = Repeated(labels, options.copies);
  COVEY_TRY_ASSIGN(const Answers answers, AnswersOf(exact, made.samples, nullptr, diag));
  made.after = Right(answers, Repeated(right, options.copies));
  return made;
}

}  // namespace covey::compiler
