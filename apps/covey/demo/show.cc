#include "apps/covey/demo/show.hpp"

#include <iostream>

#include "apps/covey/demo/board_show.hpp"
#include "apps/covey/demo/host_show.hpp"
#include "apps/covey/demo/material.hpp"
#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/file.hpp"
#include "apps/covey/io/table.hpp"
#include "apps/covey/place/fit.hpp"
#include "core/host/temp_dir.hpp"
#include "serve/agent/agent.hpp"
#include "serve/backends/int8/int8_backend.hpp"
#include "serve/backends/onnx/onnx_backend.hpp"
#include "serve/board/board.hpp"

namespace covey::app {
namespace {

namespace fs = std::filesystem;

struct Stage {
  const ShowOptions& options;
  const Material& material;
  const std::vector<Probabilities>& reference;
  fs::path image, pictures;  // for the board
  uint16_t agent_port = 0;
  std::ostream& out;
};

void Say(std::ostream& out, const std::string& text) { out << "demo: " << text << std::endl; }

Expected<void> StartAgent(const fs::path& repository, std::unique_ptr<serve::Agent>& agent) {
  DiagText diag;
  std::vector<std::unique_ptr<serve::Backend>> backends;
  backends.push_back(serve::MakeInt8Backend());
  Result<std::unique_ptr<serve::Backend>> onnx = serve::MakeOnnxBackend({}, diag);
  if (!onnx.ok()) return Explain("onnx backend", onnx.status(), diag);
  backends.push_back(*std::move(onnx));
  serve::AgentConfig config;
  config.models = repository;
  config.port = 0;
  agent = std::make_unique<serve::Agent>(config, std::move(backends));
  const Status started = agent->Start(diag);
  if (!started.ok()) return Explain("agent", started, diag);
  return {};
}

// The device's network as an image for the board, the pictures as one file, in the scratch
// directory.
Expected<void> WriteForBoard(const Material& material, const std::string& board,
                             const fs::path& image, const fs::path& pictures) {
  const Expected<ModelFile> model = LoadForBoard(material.device_model.string(), board, "classify");
  if (!model) return model.error();
  const Expected<void> written = WriteFile(image.string(), model.value().image.span());
  if (!written) return written;
  return WriteFile(pictures.string(), material.records);
}

serve::BoardInfo InfoOf(const std::string& board) {
  for (const serve::BoardInfo& info : serve::Boards()) {
    if (info.name == board) return info;
  }
  return {board, board, 0, 0};
}

uint64_t MedianInstructions(const std::vector<BoardAnswer>& answers) {
  std::vector<double> counts;
  for (const BoardAnswer& answer : answers) {
    if (answer.instructions) counts.push_back(static_cast<double>(*answer.instructions));
  }
  return static_cast<uint64_t>(QuantilesOf(std::move(counts)).median);
}

// The latency of one answer: modelled from its instructions, or measured on the console.
std::optional<double> LatencyMs(const BoardAnswer& answer, const serve::BoardInfo* model) {
  if (model == nullptr) {
    if (!answer.measured_ns) return std::nullopt;
    return *answer.measured_ns / 1e6;
  }
  if (!answer.instructions || model->clock_hz <= 0) return std::nullopt;
  return static_cast<double>(*answer.instructions) * model->cycles_per_instruction /
         model->clock_hz * 1e3;
}

std::vector<Said> SaidBy(const std::vector<BoardAnswer>& answers, const serve::BoardInfo* model) {
  std::vector<Said> said;
  for (const BoardAnswer& answer : answers) {
    said.push_back({answer.error.empty(), answer.index, answer.confidence, LatencyMs(answer, model),
                    answer.fell_back});
  }
  return said;
}

Expected<void> RunOnBoard(const Stage& stage, ShowResult& result) {
  const ShowOptions& options = stage.options;
  const Expected<void> ready =
      WriteForBoard(stage.material, options.board, stage.image, stage.pictures);
  if (!ready) return ready.error();
  const serve::BoardInfo info = InfoOf(options.board);
  BoardShowConfig config;
  config.board = options.board;
  config.arguments = {"model=" + stage.image.string(), "pictures=" + stage.pictures.string()};
  Say(stage.out, "booting `classify` on " + info.description + "; its console:");
  const Expected<std::unique_ptr<BoardShow>> show = BoardShow::Start(config, stage.out);
  if (!show) return show.error();

  const Expected<std::vector<BoardAnswer>> local = show.value()->Infer(options.images);
  if (!local) return local.error();
  const std::string address = "10.0.2.2:" + std::to_string(stage.agent_port);
  const Expected<std::string> placed =
      show.value()->Command("config place agent " + address + " " + stage.material.full_name);
  if (!placed) return placed.error();
  const Expected<std::vector<BoardAnswer>> remote = show.value()->Infer(options.images);
  if (!remote) return remote.error();
  stage.out << std::endl;

  Figures board = FiguresOf(SaidBy(local.value(), &info), stage.material.truth, stage.reference);
  board.place = "local (" + options.board + ")";
  board.model = stage.material.device_name + " int8";
  board.latency_kind = "modelled";
  Figures agent = FiguresOf(SaidBy(remote.value(), nullptr), stage.material.truth, stage.reference);
  agent.place = "agent";
  agent.model = stage.material.full_name + " float32";
  agent.latency_kind = "measured, board emulated";
  result.places = {board, agent};
  result.cycles_per_instruction = info.cycles_per_instruction;
  result.clock_hz = info.clock_hz;
  result.local_instructions = MedianInstructions(local.value());
  result.offload_instructions = MedianInstructions(remote.value());
  return {};
}

void ExplainBoard(const ShowOptions& options, ShowResult& result) {
  const serve::BoardInfo info = InfoOf(options.board);
  result.notes.push_back("modelled: " + Thousands(result.local_instructions) +
                         " instructions a picture (median, exact, by the emulator) x " +
                         Fixed(info.cycles_per_instruction, 2) + " cycles per instruction at " +
                         Fixed(info.clock_hz / 1e6, 0) + " MHz; a statement about " +
                         info.description + ", not a measurement of a chip");
  result.notes.push_back(
      "measured, board emulated: this machine's clock from answer to answer on the console; the "
      "board "
      "itself runs under QEMU" +
      (result.offload_instructions > 0
           ? ", and spends " + Thousands(result.offload_instructions) + " instructions on a call"
           : std::string()));
  result.notes.push_back(
      "the console's own latency_us is the emulator's clock, which counts 128 ns an instruction "
      "while the board works; no figure here rests on it");
}

// True if the emulator and the firmware are there; else says why not.
bool HasBoard(const std::string& board, std::string& why) {
  DiagText diag;
  const auto firmware = serve::FindFirmware(board, "classify", diag);
  if (firmware.ok() && serve::QemuCommand(board, *firmware, {}, true, true, diag).ok()) return true;
  why = diag.Text();
  return false;
}

Expected<void> RunPlaces(const Stage& stage, ShowResult& result) {
  std::string why;
  if (HasBoard(stage.options.board, why)) {
    const Expected<void> ran = RunOnBoard(stage, result);
    if (ran) ExplainBoard(stage.options, result);
    return ran;
  }
  Say(stage.out, "NO BOARD: " + why);
  Say(stage.out, "showing this machine's int8 engine in its place");
  Expected<std::vector<Figures>> places =
      RunOnHost(stage.material, stage.reference, stage.agent_port, stage.out);
  if (!places) return places.error();
  result.places = std::move(places).value();
  result.notes.push_back("no board was emulated: " + why);
  result.notes.push_back("measured: this machine's clock around the call");
  return {};
}

}  // namespace

Expected<ShowResult> RunShow(const ShowOptions& options, std::ostream& out) {
  const TempDir scratch;
  if (scratch.path().empty()) {
    return MakeError(Code::kUnavailable, "no temporary directory can be made");
  }
  const Expected<Material> material = GatherMaterial(options.images, scratch.path());
  if (!material) return material.error();
  Say(out, std::to_string(options.images) + " " + material.value().pictures);
  Say(out,
      "reference: " + material.value().full_name + " at full precision, directly on this machine");
  const Expected<std::vector<Probabilities>> reference = RunReference(material.value());
  if (!reference) return reference.error();

  std::unique_ptr<serve::Agent> agent;
  const Expected<void> started = StartAgent(material.value().repository, agent);
  if (!started) return started.error();
  Say(out, "agent: listening on 127.0.0.1:" + std::to_string(agent->port()) + ", serves " +
               material.value().full_name);
  const Stage stage{options,
                    material.value(),
                    reference.value(),
                    scratch.path() / "device.covey",
                    scratch.path() / "pictures.bin",
                    agent->port(),
                    out};

  ShowResult result;
  result.pictures = material.value().pictures;
  result.images = options.images;
  result.reference_model = material.value().full_name;
  result.reference_correct = CountCorrect(reference.value(), material.value().truth);
  const Expected<void> ran = RunPlaces(stage, result);
  agent->Stop();
  if (!ran) return ran.error();
  return result;
}

std::string Summary(const ShowResult& result) {
  std::string text = FiguresTable(result.places) + "\nreference: " + result.reference_model +
                     " directly on this machine, " + std::to_string(result.reference_correct) +
                     "/" + std::to_string(result.images) + " correct on the same " +
                     result.pictures + '\n';
  for (const std::string& note : result.notes) text += note + '\n';
  for (const Figures& place : result.places) {
    if (place.answered < place.images) {
      text += place.place + ": " + std::to_string(place.images - place.answered) +
              " pictures without an answer\n";
    }
    if (place.fell_back > 0) {
      text += place.place + ": " + std::to_string(place.fell_back) +
              " pictures answered by the local network instead (fell back)\n";
    }
  }
  return text;
}

Json ToJson(const ShowResult& result) {
  Json places = Json::array();
  for (const Figures& figures : result.places) places.push_back(ToJson(figures));
  Json json = {
      {"pictures", result.pictures},
      {"images", result.images},
      {"reference", {{"model", result.reference_model}, {"correct", result.reference_correct}}},
      {"places", std::move(places)}};
  if (result.clock_hz > 0) {
    json["cycle_model"] = {{"cycles_per_instruction", result.cycles_per_instruction},
                           {"clock_hz", result.clock_hz}};
    json["instructions"] = {{"local", result.local_instructions},
                            {"offload", result.offload_instructions}};
  }
  json["notes"] = result.notes;
  return json;
}

}  // namespace covey::app
