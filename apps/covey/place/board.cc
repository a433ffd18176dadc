// An emulated board: QEMU with the `bench` firmware. Latency is modelled from exact instruction
// counts.
#include "serve/board/board.hpp"

#include <algorithm>

#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/progress.hpp"
#include "apps/covey/model/report.hpp"
#include "apps/covey/place/fit.hpp"
#include "apps/covey/place/place.hpp"

namespace covey::app {
namespace {

class Board final : public Place {
 public:
  Board(serve::BoardInfo info, ModelFile model, const PlaceOptions& options)
      : info_(std::move(info)), model_(std::move(model)), options_(options) {}

  Expected<void> Prepare() {
    DiagText diag;
    const Result<wire::ImageView> image = wire::ImageView::Read(model_.image.span(), diag);
    if (!image.ok()) return Explain(model_.path, image.status(), diag);
    for (uint16_t i = 0; i < image->input_count(); ++i) {
      const wire::TensorRecord& input = image->tensor(image->input_tensor(i));
      sample_bytes_ += input.bytes;
      inputs_ +=
          (i > 0 ? " then " : "") +
          ShapeText(
              {"", static_cast<DType>(input.dtype), {input.dims, input.dims + input.rank}, {}, {}});
    }
    return {};
  }

  size_t sample_bytes() const override { return sample_bytes_; }
  std::string inputs() const override { return inputs_; }

  Expected<PlaceRun> Run(std::span<const std::byte> samples) override {
    DiagText diag;
    serve::BoardJob job;
    job.board = info_.name;
    job.image = model_.image.span();
    job.inputs = samples;
    job.count_instructions = options_.count_instructions;
    job.per_layer = options_.per_layer;
    job.timeout = std::chrono::seconds(static_cast<int64_t>(options_.board_timeout_s));
    Progress progress("run on board " + info_.name, samples.size() / sample_bytes_);
    Result<serve::BoardRun> ran = serve::RunOnBoard(job, diag);
    if (!ran.ok()) return Explain("board " + info_.name, ran.status(), diag);
    PlaceRun run;
    run.backend = "int8";
    run.outputs = std::move(ran->outputs);
    run.arena_bytes = ran->arena_bytes;
    run.instructions = std::move(ran->instructions);
    run.layer_instructions = std::move(ran->layer_instructions);
    run.modelled = true;
    run.cycles_per_instruction = info_.cycles_per_instruction;
    run.clock_hz = info_.clock_hz;
    for (uint64_t count : run.instructions) {
      run.latency_ns.push_back(static_cast<double>(count) * info_.cycles_per_instruction /
                               info_.clock_hz * 1e9);
    }
    return run;
  }

 private:
  serve::BoardInfo info_;
  ModelFile model_;
  PlaceOptions options_;
  size_t sample_bytes_ = 0;
  std::string inputs_;
};

}  // namespace

Expected<void> CheckBoard(const Target& target) {
  if (target.kind != Target::Kind::kBoard) return {};
  std::string names;
  for (const serve::BoardInfo& info : serve::Boards()) {
    if (info.name == target.board) return {};
    names += (names.empty() ? "" : ", ") + info.name;
  }
  return MakeError(Code::kInvalidArgument,
                   "--on: found board '" + target.board + "', expected one of " + names);
}

Expected<std::unique_ptr<Place>> OpenBoard(const std::string& board, const std::string& model,
                                           const PlaceOptions& options) {
  const std::vector<serve::BoardInfo> boards = serve::Boards();
  const auto known = std::find_if(boards.begin(), boards.end(),
                                  [&](const serve::BoardInfo& info) { return info.name == board; });
  if (known == boards.end()) return MakeError(Code::kNotFound, "board '" + board + "' is unknown");
  Expected<ModelFile> file = LoadForBoard(model, board, "bench");
  if (!file) return file.error();
  auto place = std::make_unique<Board>(*known, std::move(file).value(), options);
  const Expected<void> prepared = place->Prepare();
  if (!prepared) return prepared.error();
  return std::unique_ptr<Place>(std::move(place));
}

}  // namespace covey::app
