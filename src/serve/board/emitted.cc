#include "serve/board/emitted.hpp"

#include <fstream>
#include <set>
#include <sstream>

#include "compiler/cpp/emit_cpp.hpp"
#include "core/host/temp_dir.hpp"
#include "serve/board/child.hpp"

namespace covey::serve {
namespace {

namespace fs = std::filesystem;
constexpr std::chrono::seconds kCompileTime{300};
constexpr char kName[] = "net";

Status Refuse(Diag& diag, const std::string& subject, const std::string& problem, Status status) {
  diag.Report({.subject = subject.c_str(), .problem = problem.c_str()});
  return status;
}

std::vector<std::string> Words(const fs::path& file) {
  std::vector<std::string> words;
  std::ifstream in(file);
  for (std::string word; std::getline(in, word);)
    if (!word.empty()) words.push_back(word);
  return words;
}

// Runs a program to its end; what it says.
Result<std::string> Say(std::vector<std::string> command, const std::vector<std::string>& more,
                        const fs::path& folder, Diag& diag) {
  command.insert(command.end(), more.begin(), more.end());
  const auto deadline = std::chrono::steady_clock::now() + kCompileTime;
  COVEY_TRY_ASSIGN(std::unique_ptr<Child> child, Child::Start(command, folder, diag));
  child->CloseInput();
  std::string said;
  while (child->Read(said, deadline).ok()) continue;
  COVEY_TRY_ASSIGN(const int code, child->Wait(deadline));
  if (code == 0) return said;
  for (const char* full : {"will not fit in region", "overflowed by"})
    if (said.find(full) != std::string::npos)
      return Refuse(diag, "generated code", "is larger than the board's flash or RAM",
                    {Code::kOutOfRange, "the board does not hold the generated code"});
  return Refuse(diag, command[0], "ended with " + std::to_string(code) + ": " + said.substr(0, 800),
                {Code::kInternal, "the board's compiler refuses the generated code"});
}

// The functions of firmware/apps/emitted/network.hpp.
std::string Glue(const wire::ImageView& image) {
  std::string bytes, cases;
  uint32_t index = 0;
  const auto add = [&](const char* what, uint16_t count, auto tensor) {
    for (uint16_t i = 0; i < count; ++i) {
      const std::string name = std::string(what) + (i == 0 ? "" : std::to_string(i));
      bytes += std::to_string(image.tensor(tensor(i)).bytes) + ", ";
      cases += "    case " + std::to_string(index++) + ": return const_cast<void*>(" +
               "static_cast<const void*>(net::" + name + "()));\n";
    }
  };
  add("Input", image.input_count(), [&](uint16_t i) { return image.input_tensor(i); });
  // A network with state begins at zero, as an engine that has just been prepared.
  bool state = false;
  for (uint32_t i = 0; i < image.tensor_count(); ++i)
    state = state || image.tensor(i).place == static_cast<uint8_t>(wire::Place::kState);
  const std::string reset =
      state ? "static bool ready = false; if (!ready) net::Reset(); ready = true; " : "";
  add("Output", image.output_count(), [&](uint16_t i) { return image.output_tensor(i); });
  return "#include \"net.hpp\"\nextern \"C\" {\nextern const std::uint32_t covey_arena_bytes, "
         "covey_inputs, covey_outputs, covey_tensor_bytes[];\n"
         "const std::uint32_t covey_arena_bytes = net::kArenaBytes;\nconst std::uint32_t "
         "covey_inputs = " +
         std::to_string(image.input_count()) +
         ", covey_outputs = " + std::to_string(image.output_count()) +
         ";\nconst std::uint32_t covey_tensor_bytes[] = {" + bytes + "};\nvoid covey_run() { " +
         reset +
         "net::Run(); }\n"
         "[[gnu::noinline]] void covey_mark(int) { asm volatile(\"\"); }\nvoid* "
         "covey_tensor(std::uint32_t index) {\n" +
         "  switch (index) {\n" + cases + "    default: return nullptr;\n  }\n}\n}\n";
}

bool Write(const fs::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  return file.good();
}

// `size -A` of the object, whose sections are one a function or a table.
EmittedSize SizeOf(const std::string& sections) {
  EmittedSize size;
  std::istringstream lines(sections);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string name;
    uint64_t bytes = 0;
    if (!(words >> name >> bytes)) continue;
    if (name.starts_with(".text")) {
      size.code += bytes;
    } else if (name.starts_with(".rodata") || name.starts_with(".srodata")) {
      const bool weights =
          name.find("kData") != std::string::npos || name.find("kParams") != std::string::npos;
      (weights ? size.weights : size.tables) += bytes;
    } else if (name.starts_with(".data") || name.starts_with(".init_array")) {
      size.tables += bytes;  // none, if the generator keeps its word
    }
  }
  return size;
}

// Functions that the object calls and the program holds, by `nm` and `nm -S`.
uint64_t LibraryBytes(const std::string& undefined, const std::string& program) {
  std::set<std::string> names;
  std::istringstream calls(undefined);
  for (std::string kind, name; calls >> kind >> name;) names.insert(name);
  uint64_t bytes = 0;
  std::istringstream lines(program);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string address, size, kind, name;
    if (!(words >> address >> size >> kind >> name) || !names.contains(name)) continue;
    if (kind == "T" || kind == "t" || kind == "W") bytes += std::stoull(size, nullptr, 16);
  }
  return bytes;
}

// The folder that the firmware build leaves for networks.
Result<fs::path> FindParts(const std::string& board, Diag& diag) {
  std::error_code error;
  COVEY_TRY_ASSIGN(const fs::path bench, FindFirmware(board, "bench", diag));
  for (const fs::path& folder :
       {bench.parent_path() / "apps" / "emitted", bench.parent_path() / "emitted"}) {
    if (fs::is_regular_file(folder / "app.a", error)) return folder;
  }
  return Refuse(diag, "apps/emitted/app.a",
                "not found; build it with: cmake --build --preset " + board,
                {Code::kNotFound, "the board's firmware has not been built"});
}

}  // namespace

Result<EmittedSize> BuildEmitted(const std::string& board, const wire::ImageView& image, Hook hook,
                                 const fs::path& folder, Diag& diag) {
  COVEY_TRY_ASSIGN(const fs::path parts, FindParts(board, diag));
  COVEY_TRY_ASSIGN(const compiler::CppModel model,
                   compiler::EmitCpp(image, board, {kName, "", ""}, diag));
  if (!Write(folder / "net.cc", model.source) || !Write(folder / "net.hpp", model.header) ||
      !Write(folder / "glue.cc", Glue(image))) {
    return Status(Code::kResourceExhausted, "a temporary file cannot be written");
  }
  const std::vector<std::string> compile = Words(parts / "compile.words");
  const std::vector<std::string> link = Words(parts / "link.words");
  const std::vector<std::string> tools = Words(parts / "tools.words");
  if (compile.empty() || link.empty() || tools.size() != 2) {
    return Status(Code::kNotFound, "the board's firmware has not been built");
  }
  std::vector<std::string> net = {"-Wall", "-Wextra", "-c", "net.cc", "-o", "net.o"};
  if (hook == Hook::kClock) net.emplace_back("-DCOVEY_AFTER_OP=covey_after_op");
  if (hook == Hook::kMark) net.emplace_back("-DCOVEY_AFTER_OP=covey_mark");
  COVEY_TRY_ASSIGN(const std::string warnings, Say(compile, net, folder, diag));
  COVEY_TRY(Say(compile, {"-c", "glue.cc", "-o", "glue.o"}, folder, diag).status());
  COVEY_TRY(Say(link,
                {"-L" + parts.string(), "-T", (parts / "memory.ld").string(), "-Wl,--whole-archive",
                 (parts / "app.a").string(), "-Wl,--no-whole-archive", "glue.o", "net.o",
                 (parts / "core.a").string(), "-Wl,--start-group", "-lc", "-lgcc",
                 "-Wl,--end-group", "-o", "net.elf"},
                folder, diag)
                .status());
  COVEY_TRY_ASSIGN(const std::string sections,
                   Say({tools[0]}, {"-A", "-d", "net.o"}, folder, diag));
  COVEY_TRY_ASSIGN(const std::string undefined, Say({tools[1]}, {"-u", "net.o"}, folder, diag));
  COVEY_TRY_ASSIGN(const std::string symbols, Say({tools[1]}, {"-S", "net.elf"}, folder, diag));
  EmittedSize size = SizeOf(sections);
  size.warnings = warnings;
  size.library = LibraryBytes(undefined, symbols);
  return size;
}

Result<std::string> ReadSymbols(const std::string& board, const fs::path& program, Diag& diag) {
  COVEY_TRY_ASSIGN(const fs::path parts, FindParts(board, diag));
  const std::vector<std::string> tools = Words(parts / "tools.words");
  if (tools.size() != 2) {
    return Status(Code::kNotFound, "the board's firmware has not been built");
  }
  return Say({tools[1]}, {program.string()}, program.parent_path(), diag);
}

Result<EmittedRun> RunEmitted(const EmittedJob& job, Diag& diag) {
  const TempDir folder("covey-board");
  if (folder.path().empty()) {
    return Status(Code::kResourceExhausted, "a temporary folder cannot be made");
  }
  EmittedRun result;
  BoardJob run;
  run.board = job.board;
  run.inputs = job.inputs;
  run.program = folder.path() / "net.elf";
  run.timeout = job.timeout;
  std::vector<uint64_t> layers;
  if (job.per_layer) {
    // A program of its own: the counts of the other hold no hook.
    COVEY_TRY(BuildEmitted(job.board, job.image, Hook::kClock, folder.path(), diag).status());
    run.per_layer = true;
    COVEY_TRY_ASSIGN(const BoardRun hooked, RunOnBoard(run, diag));
    layers = hooked.layer_instructions;
    run.per_layer = false;
  }
  COVEY_TRY_ASSIGN(result.size,
                   BuildEmitted(job.board, job.image, Hook::kNone, folder.path(), diag));
  COVEY_TRY_ASSIGN(result.run, RunOnBoard(run, diag));
  result.run.layer_instructions = layers;
  return result;
}

}  // namespace covey::serve
