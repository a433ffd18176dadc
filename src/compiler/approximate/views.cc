#include "compiler/approximate/views.hpp"

#include <algorithm>
#include <utility>

#include "compiler/passes/uses.hpp"
#include "compiler/quantize/calibrate.hpp"

namespace covey::compiler {
namespace {

constexpr int32_t kLeast = 16;  // pixels that a step aside is small against
constexpr size_t kAsked = 500, kAtOnce = 100;

bool IsPicture(const std::vector<int32_t>& dims) {
  return dims.size() == 4 && dims[0] == 1 && dims[1] > 0 && dims[2] > 0 && dims[3] > 0;
}
bool Mirrors(const std::vector<int32_t>& dims) { return IsPicture(dims) && dims[3] == 3; }

// Views that the shape allows, the sample itself first.
std::vector<View> Candidates(const std::vector<int32_t>& dims) {
  std::vector<View> views{{}};
  if (!IsPicture(dims)) return views;
  const bool down = dims[1] >= kLeast, right = dims[2] >= kLeast;
  if (Mirrors(dims)) {
    views.push_back({.mirrored = true});
    if (down) views.push_back({.down = 1}), views.push_back({.mirrored = true, .down = -1});
    if (right) views.push_back({.right = -1}), views.push_back({.mirrored = true, .right = 1});
    return views;
  }
  if (down) views.push_back({.down = 1}), views.push_back({.down = -1});
  if (right) views.push_back({.right = 1}), views.push_back({.right = -1});
  return views;
}

// The largest score of each sample.
std::vector<size_t> AnswersTo(const Int8Network& network, const ByteSamples& samples,
                              const View& view) {
  const Graph& graph = network.graph();
  const int scores = ScoreTensors(graph)[0];
  std::vector<size_t> answers;
  for (size_t start = 0; start < samples.count; start += kAtOnce) {
    const size_t count = std::min(kAtOnce, samples.count - start);
    Batch<std::byte> batch(count, graph.tensors.size());
    for (size_t i = 0; i < graph.inputs.size(); ++i) {
      const Tensor& input = TensorOf(graph, graph.inputs[i]);
      std::vector<std::byte>& to = batch.values[static_cast<size_t>(graph.inputs[i])];
      for (size_t s = start; s < start + count; ++s) {
        const auto first =
            samples.inputs[i].begin() + static_cast<std::ptrdiff_t>(s * input.bytes());
        std::vector<std::byte> one(first, first + static_cast<std::ptrdiff_t>(input.bytes()));
        Show(input.dims, view, one);
        to.insert(to.end(), one.begin(), one.end());
      }
    }
    std::vector<std::byte> got;
    network.Run(batch, [&](size_t node) {
      const std::vector<int>& made = graph.nodes[node].outputs;
      if (std::find(made.begin(), made.end(), scores) != made.end())
        got = batch.values[static_cast<size_t>(scores)];
    });
    const auto* const values = reinterpret_cast<const int8_t*>(got.data());
    const size_t each = got.size() / count;
    for (size_t s = 0; s < count; ++s)
      answers.push_back(static_cast<size_t>(
          std::max_element(values + s * each, values + (s + 1) * each) - (values + s * each)));
  }
  return answers;
}

}  // namespace

void Show(const std::vector<int32_t>& dims, const View& view, std::vector<std::byte>& sample) {
  if (!IsPicture(dims) || view.plain()) return;
  const auto height = dims[1], width = dims[2], channels = dims[3];
  const bool mirrored = view.mirrored && Mirrors(dims);
  const std::vector<std::byte> from = sample;
  for (int32_t y = 0; y < height; ++y) {
    const int32_t row = std::clamp(y + view.down, 0, height - 1);
    for (int32_t x = 0; x < width; ++x) {
      const int32_t column = std::clamp((mirrored ? width - 1 - x : x) + view.right, 0, width - 1);
      const auto source = static_cast<std::ptrdiff_t>(row * width + column) * channels;
      std::copy_n(from.begin() + source, channels,
                  sample.begin() + static_cast<std::ptrdiff_t>(y * width + x) * channels);
    }
  }
}

std::vector<View> ViewsOf(const Int8Network& exact, const ByteSamples& samples) {
  const Graph& graph = exact.graph();
  std::vector<View> views = {{}};
  const ByteSamples some = EvenlyPicked(samples, kAsked);
  const std::vector<View> all = Candidates(TensorOf(graph, graph.inputs[0]).dims);
  if (all.size() == 1 || graph.inputs.size() != 1) return views;
  const std::vector<size_t> plain = AnswersTo(exact, some, {});
  for (const View& view : all) {
    if (view.plain()) continue;
    const std::vector<size_t> seen = AnswersTo(exact, some, view);
    size_t same = 0;
    for (size_t s = 0; s < some.count; ++s) same += seen[s] == plain[s] ? 1 : 0;
    if (static_cast<double>(same) >= kSameView * static_cast<double>(some.count))
      views.push_back(view);
  }
  return views;
}

}  // namespace covey::compiler
