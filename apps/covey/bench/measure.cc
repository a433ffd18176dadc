#include "apps/covey/bench/measure.hpp"

#include <cstring>
#include <random>

#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/progress.hpp"
#include "apps/covey/model/image_graph.hpp"
#include "apps/covey/model/report.hpp"
#include "apps/covey/place/fit.hpp"
#include "compiler/memory/bounds.hpp"
#include "serve/board/board.hpp"

namespace covey::app {
namespace {

constexpr uint32_t kSeed = 0x9E3779B9;

// One sample; floats between -1 and 1, bytes of any value.
std::vector<std::byte> RandomSample(const wire::ImageView& image) {
  std::minstd_rand random(kSeed);
  std::vector<std::byte> sample;
  for (uint16_t i = 0; i < image.input_count(); ++i) {
    const wire::TensorRecord& tensor = image.tensor(image.input_tensor(i));
    const size_t at = sample.size();
    sample.resize(at + tensor.bytes);
    for (size_t byte = 0; byte < tensor.bytes; ++byte)
      sample[at + byte] = static_cast<std::byte>(random() >> 11 & 0xFF);
    if (static_cast<DType>(tensor.dtype) != DType::kFloat32) continue;
    for (size_t byte = 0; byte < tensor.bytes; byte += 4) {
      const float value = static_cast<float>(random() % 2001) / 1000.0F - 1.0F;
      std::memcpy(sample.data() + at + byte, &value, sizeof(value));
    }
  }
  return sample;
}

class Bench {
 public:
  Bench(const BenchJob& job, const wire::ImageView& image, BenchFigures& figures)
      : job_(job), image_(image), figures_(figures), sample_(RandomSample(image)) {}

  // The image, by the interpreter.
  Expected<void> Interpret() {
    DiagText diag;
    serve::BoardJob run;
    run.board = job_.board;
    run.image = image_.bytes();
    run.inputs = sample_;
    run.per_layer = true;
    run.timeout = Timeout();
    const Result<serve::BoardRun> ran = serve::RunOnBoard(run, diag);
    if (!ran.ok()) return Explain("board " + job_.board, ran.status(), diag);
    outputs_ = ran->outputs;
    figures_.interpreted = ran->instructions.at(0);
    for (size_t i = 0; i < figures_.layers.size() && i < ran->layer_instructions.size(); ++i)
      figures_.layers[i].interpreted = ran->layer_instructions[i];
    return {};
  }

  // The same network as C++. What is in the way is a note, other bytes are an error.
  Expected<void> Generate() {
    DiagText diag;
    const Result<serve::EmittedRun> ran = serve::RunEmitted(Job(), diag);
    if (!ran.ok()) {
      figures_.too_large = ran.status().code() == Code::kOutOfRange;
      figures_.notes.push_back(Explain("generated code", ran.status(), diag).message);
      return {};
    }
    if (ran->run.outputs != outputs_) {
      return MakeError(Code::kInternal,
                       "generated code: its outputs differ from the interpreter's");
    }
    figures_.generated = ran->run.instructions.at(0);
    figures_.size = ran->size;
    for (size_t i = 0; i < figures_.layers.size() && i < ran->run.layer_instructions.size(); ++i)
      figures_.layers[i].generated = ran->run.layer_instructions[i];
    return {};
  }

  void Fetch() {
    const std::vector<Chip> chips = ChipsOf(job_.board);
    std::vector<std::string> caches;
    for (const Chip& chip : chips) caches.emplace_back(chip.cache);
    DiagText diag;
    const auto layers = serve::CountFetches(Job(), caches, diag);
    if (!layers.ok()) {
      figures_.notes.push_back(Explain("fetches", layers.status(), diag).message);
      return;
    }
    for (const Chip& chip : chips) figures_.chips.push_back({chip, {}});
    for (size_t i = 0; i < figures_.layers.size() && i < layers->size(); ++i) {
      figures_.layers[i].fetches = (*layers)[i];
      for (size_t c = 0; c < chips.size(); ++c) {
        const Cycles cycles = ModelledCycles(chips[c], (*layers)[i], c);
        figures_.chips[c].cycles.core += cycles.core;
        figures_.chips[c].cycles.code_stalls += cycles.code_stalls;
        figures_.chips[c].cycles.data_stalls += cycles.data_stalls;
      }
    }
  }

 private:
  std::chrono::seconds Timeout() const {
    return std::chrono::seconds(static_cast<int64_t>(job_.timeout_s));
  }
  serve::EmittedJob Job() const {
    return {.board = job_.board, .image = image_, .inputs = sample_, .timeout = Timeout()};
  }

  const BenchJob& job_;
  const wire::ImageView& image_;
  BenchFigures& figures_;
  std::vector<std::byte> sample_, outputs_;
};

void Describe(const wire::ImageView& image, BenchFigures& figures) {
  Report report;
  DescribeGraph(GraphOf(image), report);
  figures.macs = report.macs;
  figures.weight_bytes = report.weight_bytes;
  figures.image_bytes = image.bytes().size();
  figures.arena_bytes = image.header().arena_bytes;
  figures.arena_lower_bound = static_cast<uint64_t>(compiler::BoundsOf(image).shared);
  for (const ReportOp& op : report.ops) {
    LayerFigures layer;
    layer.op = op.op;
    layer.name = op.name;
    if (!op.outputs.empty()) layer.output = ShapeText(op.outputs[0]);
    layer.macs = op.macs;
    layer.weight_bytes = op.weight_bytes;
    figures.layers.push_back(layer);
  }
}

}  // namespace

Expected<BenchFigures> Measure(const std::string& model, const BenchJob& job) {
  Progress progress("bench " + job.board, job.progress ? (job.fetches ? 4 : 3) : 0);
  const Expected<ModelFile> file = LoadForBoard(model, job.board, "bench");
  if (!file) return file.error();
  DiagText diag;
  const Result<wire::ImageView> image = wire::ImageView::Read(file.value().image.span(), diag);
  if (!image.ok()) return Explain(model, image.status(), diag);
  BenchFigures figures;
  figures.model = model;
  figures.board = job.board;
  for (const serve::BoardInfo& info : serve::Boards())
    if (info.name == job.board) figures.description = info.description;
  Describe(*image, figures);
  progress.Step();
  Bench bench(job, *image, figures);
  const Expected<void> interpreted = bench.Interpret();
  if (!interpreted) return interpreted.error();
  progress.Step();
  const Expected<void> generated = bench.Generate();
  if (!generated) return generated.error();
  progress.Step();
  if (job.fetches && figures.generated) bench.Fetch();
  return figures;
}

}  // namespace covey::app
