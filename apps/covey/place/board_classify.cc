#include "apps/covey/place/board_classify.hpp"

#include <cmath>

#include "apps/covey/io/fail.hpp"
#include "apps/covey/place/place.hpp"
#include "core/host/diag_text.hpp"
#include "serve/backends/int8/int8_backend.hpp"
#include "serve/repository/repository.hpp"

namespace covey::app {
namespace {

// The picture as the network's input bytes.
Expected<std::vector<std::byte>> Prepare(const serve::Classifier& classifier, const Image& image,
                                         const std::string& name) {
  const serve::EncodedPicture picture{image.format, image.width, image.height, image.bytes};
  HostTensor input;
  DiagText diag;
  const Status status = classifier.Prepare(picture, input, diag);
  if (!status.ok()) return Explain(name, status, diag);
  return std::move(input.data);
}

Expected<Answer> Interpret(const serve::Entry& entry, std::span<const std::byte> output,
                           uint32_t top_k, double latency_ns) {
  const serve::TensorInfo& info = entry.model->outputs().front();
  const HostTensor tensor{info.name, info.type, info.dims, {output.begin(), output.end()}};
  Answer answer;
  DiagText diag;
  const Status status =
      entry.classifier->Classes(std::span(&tensor, 1), top_k, answer.classes, diag);
  if (!status.ok()) return Explain(entry.file.string(), status, diag);
  answer.model = entry.name;
  answer.latency = answer.compute = std::chrono::nanoseconds(std::llround(latency_ns));
  return answer;
}

// The host's int8 engine stands in for the tensors' names and types; it runs nothing here.
Expected<serve::Entry> LoadClassifier(const std::string& model) {
  std::vector<std::unique_ptr<serve::Backend>> backends;
  backends.push_back(serve::MakeInt8Backend());
  serve::Entry entry;
  DiagText diag;
  const Status status = serve::LoadEntry(model, backends, entry, diag);
  if (!status.ok()) return Explain(model, status, diag);
  if (!entry.classifier) {
    return MakeError(Code::kFailedPrecondition, model + ": " + entry.no_classifier);
  }
  if (entry.model->outputs().size() != 1) {
    return MakeError(Code::kFailedPrecondition, model + ": found " +
                                                    std::to_string(entry.model->outputs().size()) +
                                                    " outputs, expected 1 on a board");
  }
  return entry;
}

}  // namespace

Expected<std::vector<Expected<Answer>>> ClassifyOnBoard(const std::string& board,
                                                        const std::string& model,
                                                        std::span<const NamedImage> images,
                                                        uint32_t top_k,
                                                        const PlaceOptions& options) {
  const Expected<serve::Entry> entry = LoadClassifier(model);
  if (!entry) return entry.error();
  const Expected<std::unique_ptr<Place>> place = OpenBoard(board, model, options);
  if (!place) return place.error();

  std::vector<Expected<Answer>> answers;
  std::vector<size_t> asked;  // which answer each sample belongs to
  std::vector<std::byte> samples;
  for (const NamedImage& image : images) {
    Expected<std::vector<std::byte>> input =
        image.image ? Prepare(*entry.value().classifier, image.image.value(), image.name)
                    : image.image.error();
    answers.push_back(input ? Expected<Answer>(Answer{}) : Expected<Answer>(input.error()));
    if (!input) continue;
    FillStream(*place.value(), input.value());
    if (input.value().size() != place.value()->sample_bytes()) {
      answers.back() = MakeError(
          Code::kInvalidArgument,
          image.name + ": found " + std::to_string(input.value().size()) + " bytes, expected " +
              std::to_string(place.value()->sample_bytes()) + " (" + place.value()->inputs() + ")");
      continue;
    }
    asked.push_back(answers.size() - 1);
    samples.insert(samples.end(), input.value().begin(), input.value().end());
  }
  if (asked.empty()) return answers;
  const Expected<PlaceRun> run = place.value()->Run(samples);
  if (!run) return run.error();
  const size_t output_bytes = run.value().outputs.size() / asked.size();
  for (size_t i = 0; i < asked.size(); ++i) {
    const auto output = std::span(run.value().outputs).subspan(i * output_bytes, output_bytes);
    answers[asked[i]] = Interpret(entry.value(), output, top_k, run.value().latency_ns[i]);
    if (answers[asked[i]]) answers[asked[i]].value().place = "board:" + board + " (modelled)";
  }
  return answers;
}

}  // namespace covey::app
