#include "apps/covey/approximate/floats.hpp"

#include <algorithm>
#include <cstring>

#include "apps/covey/approximate/split.hpp"
#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/progress.hpp"
#include "apps/covey/model/file.hpp"
#include "compiler/quantize/evaluate.hpp"

namespace covey::app {
namespace {

// Samples that ranges come from: more tell no more.
constexpr size_t kMostRanges = 300;

compiler::Samples SamplesOf(const compiler::ByteSamples& bytes) {
  compiler::Samples samples{.count = bytes.count, .inputs = {}};
  for (const std::vector<std::byte>& input : bytes.inputs) {
    std::vector<float>& values = samples.inputs.emplace_back(input.size() / sizeof(float));
    std::memcpy(values.data(), input.data(), values.size() * sizeof(float));
  }
  return samples;
}

}  // namespace

bool IsFloat(const compiler::Graph& graph) {
  const auto type = [&](int tensor) { return graph.tensors[static_cast<size_t>(tensor)].dtype; };
  const bool quantised =
      std::any_of(graph.nodes.begin(), graph.nodes.end(),
                  [](const compiler::Node& node) { return node.op == Op::kQuantize; });
  return !quantised && !graph.inputs.empty() &&
         std::all_of(graph.inputs.begin(), graph.inputs.end(),
                     [&](int input) { return type(input) == DType::kFloat32; });
}

const compiler::Graph& Floats::narrow() const {
  return quantised.precisions.empty() ? quantised.graph : quantised.precisions.front().graph;
}

std::vector<compiler::Graph> Floats::precisions() const {
  std::vector<compiler::Graph> graphs;
  for (size_t i = 1; i < quantised.precisions.size(); ++i)
    graphs.push_back(quantised.precisions[i].graph);
  return graphs;
}

Expected<LabelledBytes> Floats::Bytes(const std::string& path,
                                      const DataReader::Options& options) const {
  DiagText diag;
  const auto image = compiler::Compile(narrow(), diag);
  if (!image.ok()) return Explain(graph.source, image.status(), diag);
  const ImageBytes bytes(*image);
  const auto reader = DataReader::Make(bytes.span(), graph.source);
  if (!reader) return reader.error();
  const auto floats = DataReader::OfFloats(graph);
  if (!floats) return floats.error();
  // Pictures go in through the image's own table; numbers are the same numbers at its scale.
  if (floats.value()->pictures()) return reader.value()->Read(path, options);
  const auto view = wire::ImageView::Read(bytes.span(), diag);
  if (!view.ok()) return Explain(graph.source, view.status(), diag);
  LabelledBytes made = data;
  const compiler::Samples samples = SamplesOf(data.samples);
  for (size_t i = 0; i < samples.inputs.size(); ++i) {
    const wire::TensorRecord& input = view->tensor(view->input_tensor(static_cast<uint16_t>(i)));
    made.samples.inputs[i].clear();
    for (const float value : samples.inputs[i])
      made.samples.inputs[i].push_back(ByteOf(value, input.scale, input.zero_point));
  }
  return made;
}

Expected<compiler::Answers> Floats::AnswersOf(const LabelledBytes& part) const {
  DiagText diag;
  compiler::Answers answers{.samples = part.samples.count, .outputs = {}, .best = {}};
  auto outputs = compiler::RunFloats(graph, SamplesOf(part.samples), {}, diag);
  if (!outputs.ok()) return Explain(graph.source, outputs.status(), diag);
  answers.outputs = *std::move(outputs);
  const size_t each = answers.outputs.size() / std::max<size_t>(1, answers.samples);
  for (size_t s = 0; s < answers.samples; ++s) {
    const auto first = answers.outputs.begin() + static_cast<std::ptrdiff_t>(s * each);
    answers.best.push_back(static_cast<int>(
        std::max_element(first, first + static_cast<std::ptrdiff_t>(each)) - first));
  }
  return answers;
}

Expected<Floats> ReadFloats(const compiler::Graph& graph, const std::string& path,
                            const FloatOptions& options) {
  Floats made{.graph = graph, .data = {}, .quantised = {}};
  const auto reader = DataReader::OfFloats(graph);
  if (!reader) return reader.error();
  Expected<LabelledBytes> data = reader.value()->Read(path, options.data);
  if (!data) return data.error();
  made.data = std::move(data.value());
  const ThreeParts parts = SplitInThree(made.data, options.seed);
  if (parts.calibrate.samples.count == 0)
    return MakeError(Code::kInvalidArgument, path + ": holds too few samples to quantise by");
  const compiler::Samples ranges =
      SamplesOf(compiler::EvenlyPicked(parts.calibrate.samples, kMostRanges));
  DiagText diag;
  compiler::QuantiseOptions how;
  how.slower_percent = options.slower, how.target = options.target;
  std::unique_ptr<Progress> progress;
  size_t shown = 0;
  how.progress = [&](size_t done, size_t total) {
    if (progress == nullptr) progress = std::make_unique<Progress>("quantise", total);
    progress->Step(done - shown);
    shown = done;
  };
  auto quantised = compiler::Quantise(graph, ranges, how, diag);
  if (!quantised.ok()) return Explain(graph.source, quantised.status(), diag);
  made.quantised = *std::move(quantised);
  return made;
}

}  // namespace covey::app
