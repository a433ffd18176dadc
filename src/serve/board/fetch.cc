#include "serve/board/fetch.hpp"

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/host/temp_dir.hpp"

namespace covey::serve {
namespace {

namespace fs = std::filesystem;

Status Refuse(Diag& diag, const std::string& subject, const std::string& problem, Status status) {
  diag.Report({.subject = subject.c_str(), .problem = problem.c_str()});
  return status;
}

// Beside this program, or in the build folder that holds it.
Result<fs::path> FindPlugin(Diag& diag) {
  std::error_code error;
  fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (int i = 0; i < 6 && !folder.empty(); ++i, folder = folder.parent_path()) {
    for (const fs::path& path :
         {folder / "libcovey_count.so", folder / "tools/count_plugin/libcovey_count.so",
          folder / "build/host/tools/count_plugin/libcovey_count.so"}) {
      if (fs::is_regular_file(path, error)) return path;
    }
  }
  return Refuse(diag, "libcovey_count.so",
                "not found beside this program; build it with: ninja -C build/host covey_count",
                {Code::kNotFound, "the emulator's plug-in has not been built"});
}

// Addresses of the program's symbols, as nm prints them.
std::map<std::string, std::string> Symbols(const std::string& nm) {
  std::map<std::string, std::string> symbols;
  std::istringstream lines(nm);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string address, kind, name;
    if (words >> address >> kind >> name) symbols[name] = address;
  }
  return symbols;
}

Fetches FromJson(const nlohmann::json& json) {
  Fetches fetches;
  const auto take = [&](const char* name) { return json.value(name, uint64_t{0}); };
  fetches.instructions = take("instructions"), fetches.code_bytes = take("code_bytes");
  fetches.loads = take("loads"), fetches.next_loads = take("next_loads");
  fetches.stores = take("stores"), fetches.more_words = take("more_words");
  fetches.divisions = take("divisions"), fetches.taken = take("taken");
  fetches.flash_bytes = take("flash_bytes"), fetches.ram_read_bytes = take("ram_read_bytes");
  fetches.ram_written_bytes = take("ram_written_bytes");
  for (const auto& each : json.value("misses", nlohmann::json::array()))
    fetches.misses.push_back({each.at(0).get<uint64_t>(), each.at(1).get<uint64_t>()});
  return fetches;
}

}  // namespace

Result<std::vector<Fetches>> CountFetches(const EmittedJob& job,
                                          std::span<const std::string> caches, Diag& diag) {
  COVEY_TRY_ASSIGN(const fs::path plugin, FindPlugin(diag));
  const TempDir folder("covey-board");
  if (folder.path().empty()) {
    return Status(Code::kResourceExhausted, "a temporary folder cannot be made");
  }
  COVEY_TRY(BuildEmitted(job.board, job.image, Hook::kMark, folder.path(), diag).status());
  COVEY_TRY_ASSIGN(const std::string nm, ReadSymbols(job.board, folder.path() / "net.elf", diag));
  std::map<std::string, std::string> symbols = Symbols(nm);
  const fs::path counts = folder.path() / "counts";
  std::string words = plugin.string() + ",out=" + counts.string() +
                      ",flash=0,begin=" + symbols["covey_run"] + ",mark=" + symbols["covey_mark"] +
                      ",flash_end=" + symbols["__flash_end"];
  for (const std::string& cache : caches) words += ",cache=" + cache;

  BoardJob run;
  run.board = job.board;
  run.inputs = job.inputs;
  run.program = folder.path() / "net.elf";
  run.timeout = job.timeout;
  run.count_instructions = false;
  run.emulator = {"-plugin", words};
  COVEY_TRY(RunOnBoard(run, diag).status());

  std::vector<Fetches> layers;
  std::ifstream in(counts);
  for (std::string line; layers.size() < job.image.op_count() && std::getline(in, line);) {
    const auto json = nlohmann::json::parse(line, nullptr, false);
    if (json.is_object()) layers.push_back(FromJson(json));
  }
  if (layers.size() == job.image.op_count()) return layers;
  return Refuse(diag, counts.string(), "holds fewer ops than the network",
                {Code::kInternal, "the emulator's plug-in has not counted every op"});
}

}  // namespace covey::serve
