#include "serve/board/board.hpp"

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/host/temp_dir.hpp"
#include "serve/board/child.hpp"

namespace covey::serve {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using std::chrono::steady_clock;

constexpr int kFaultExit = 70;
constexpr size_t kMaxOutputBytes = 64U << 20;

bool WriteFile(const fs::path& path, std::span<const std::byte> bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  file.close();
  return file.good();
}

std::vector<std::byte> ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return {};
  std::vector<std::byte> bytes(static_cast<size_t>(file.tellg()));
  file.seekg(0);
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

// What the bench firmware has said so far.
struct Report {
  BoardRun run;
  std::optional<Status> error;
  std::optional<uint64_t> samples;
  std::string other;  // lines that are not bench's: the emulator's complaints, say
};

int64_t Number(const Json& line, const char* name) {
  const auto found = line.find(name);
  return found != line.end() && found->is_number_integer() ? found->get<int64_t>() : 0;
}
std::string Words(const Json& line, const char* name) {
  const auto found = line.find(name);
  return found != line.end() && found->is_string() ? found->get<std::string>() : "";
}

void TakeFinding(const Json& line, Diag& diag) {
  const std::string subject = Words(line, "finding"), problem = Words(line, "problem");
  diag.Report({.subject = subject.c_str(),
               .problem = problem.c_str(),
               .at = Number(line, "at"),
               .found = Number(line, "found"),
               .expected = Number(line, "expected"),
               .numbers = line.contains("found")});
}

// An exit may have passed over some: 0 instructions.
void TakeLayer(const Json& line, std::vector<uint64_t>& layers) {
  constexpr size_t kMostLayers = 4096;
  const auto layer = static_cast<size_t>(Number(line, "layer"));
  if (layer >= kMostLayers) return;
  if (layers.size() <= layer) layers.resize(layer + 1);
  layers[layer] = static_cast<uint64_t>(Number(line, "instructions"));
}

void TakeLine(const std::string& text, Report& report, Diag& diag) {
  const Json line = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!line.is_object()) {
    if (report.other.size() < 1000) report.other += text + " ";
  } else if (line.contains("finding")) {
    TakeFinding(line, diag);
  } else if (line.contains("error")) {
    const std::string problem = Words(line, "error");
    diag.Report({.subject = "bench firmware", .problem = problem.c_str()});
    const auto code = static_cast<uint32_t>(Number(line, "code"));
    report.error = Status(code > 0 && code < kCodeCount ? static_cast<Code>(code) : Code::kInternal,
                          "the board refused the job");
  } else if (line.contains("fault")) {
    const std::string problem = "fault: " + text;
    diag.Report({.subject = "bench firmware", .problem = problem.c_str()});
  } else if (line.contains("arena_bytes")) {
    report.run.arena_bytes = static_cast<uint64_t>(Number(line, "arena_bytes"));
  } else if (line.contains("sample")) {
    report.run.instructions.push_back(static_cast<uint64_t>(Number(line, "instructions")));
  } else if (line.contains("layer")) {
    TakeLayer(line, report.run.layer_instructions);
  } else if (line.contains("samples")) {
    report.samples = static_cast<uint64_t>(Number(line, "samples"));
  }
}

Result<Report> Follow(Child& child, steady_clock::time_point deadline, Diag& diag) {
  Report report;
  std::string pending;
  size_t total = 0;
  Status status;
  do {
    const size_t before = pending.size();
    status = child.Read(pending, deadline);
    total += pending.size() - before;
    if (total > kMaxOutputBytes) return Status(Code::kInternal, "the firmware prints without end");
    for (size_t end = pending.find('\n'); end != std::string::npos; end = pending.find('\n')) {
      std::string line = pending.substr(0, end);
      pending.erase(0, end + 1);
      if (!line.empty() && line.back() == '\r') line.pop_back();
      if (!line.empty()) TakeLine(line, report, diag);
    }
  } while (status.ok());
  if (status.code() == Code::kDeadlineExceeded) {
    diag.Report({.subject = "bench firmware", .problem = "has not finished before the timeout"});
    return Status(Code::kDeadlineExceeded, "the board took too long");
  }
  return report;
}

Status Judge(const Report& report, int exit_code, size_t sample_count, Diag& diag) {
  if (report.error) return *report.error;
  if (exit_code == 0 && report.samples && *report.samples > 0 &&
      (report.run.instructions.empty() || report.run.instructions.size() == *report.samples) &&
      report.run.outputs.size() % *report.samples == 0 && !report.run.outputs.empty()) {
    return OkStatus();
  }
  if (exit_code == 0 && report.samples == 0U && sample_count == 0) return OkStatus();
  const std::string problem =
      (exit_code == kFaultExit ? "faulted " : "ended without a result ") + report.other;
  diag.Report({.subject = "bench firmware",
               .problem = problem.c_str(),
               .found = exit_code,
               .expected = 0,
               .numbers = true});
  return Status(Code::kInternal, "the firmware failed");
}

}  // namespace

Result<BoardRun> RunOnBoard(const BoardJob& job, Diag& diag) {
  fs::path firmware = job.program;
  std::vector<std::string> arguments = {"inputs=inputs", "outputs=outputs"};
  if (firmware.empty()) {
    COVEY_TRY_ASSIGN(firmware, FindFirmware(job.board, "bench", diag));
    arguments.emplace_back("image=image");
  }
  if (job.per_layer) arguments.emplace_back("layers=1");
  COVEY_TRY_ASSIGN(std::vector<std::string> command,
                   QemuCommand(job.board, firmware, arguments, /*network=*/false,
                               job.count_instructions || job.per_layer, diag));
  command.insert(command.end(), job.emulator.begin(), job.emulator.end());
  const TempDir folder("covey-board");
  if (folder.path().empty() || !WriteFile(folder.path() / "image", job.image) ||
      !WriteFile(folder.path() / "inputs", job.inputs)) {
    return Status(Code::kResourceExhausted, "a temporary file cannot be written");
  }
  const auto deadline = steady_clock::now() + job.timeout;
  COVEY_TRY_ASSIGN(std::unique_ptr<Child> child, Child::Start(command, folder.path(), diag));
  child->CloseInput();
  COVEY_TRY_ASSIGN(Report report, Follow(*child, deadline, diag));
  COVEY_TRY_ASSIGN(const int exit_code, child->Wait(deadline));
  report.run.outputs = ReadFile(folder.path() / "outputs");
  COVEY_TRY(Judge(report, exit_code, job.inputs.size(), diag));
  return std::move(report.run);
}

}  // namespace covey::serve
