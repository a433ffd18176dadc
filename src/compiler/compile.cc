#include "compiler/compile.hpp"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <memory>

#include "compiler/emit.hpp"
#include "compiler/ir/check.hpp"
#include "compiler/model_toml.hpp"
#include "compiler/patch.hpp"
#include "compiler/pipeline.hpp"
#include "compiler/report.hpp"
#include "kernels/ref/table.hpp"
#include "micro/run/engine.hpp"
#include "wire/image/reader.hpp"

namespace covey::compiler {
namespace {

constexpr uintmax_t kMaxFileBytes = uintmax_t{1} << 31;

bool Holds(std::span<const std::byte> bytes, size_t at, const char* magic) {
  const size_t size = std::strlen(magic);
  return bytes.size() >= at + size && std::memcmp(bytes.data() + at, magic, size) == 0;
}

Result<std::vector<std::byte>> ReadFile(const std::filesystem::path& path, Diag& diag) {
  std::error_code error;
  const uintmax_t size = std::filesystem::file_size(path, error);
  if (error) {
    return Refuse(diag, {Code::kNotFound, "file: not found"}, path.string(), error.message());
  }
  if (size > kMaxFileBytes) {
    return Refuse(diag, {Code::kResourceExhausted, "file: too large"}, path.string(),
                  std::to_string(size) + " bytes, at most 2^31 are read");
  }
  std::vector<std::byte> bytes(static_cast<size_t>(size));
  std::ifstream file(path, std::ios::binary);
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!file || file.gcount() != static_cast<std::streamsize>(bytes.size())) {
    return Refuse(diag, {Code::kNotFound, "file: cannot be read"}, path.string(),
                  "reading stopped after " + std::to_string(file.gcount()) + " of " +
                      std::to_string(size) + " bytes");
  }
  return bytes;
}

// Adds the file's name to what the importer says.
class InFile final : public Diag {
 public:
  InFile(const std::filesystem::path& path, Diag& to) : path_(path.string()), to_(to) {}
  void Report(const Finding& finding) override {
    const std::string subject =
        path_ + (finding.subject[0] != '\0' ? std::string(": ") + finding.subject : "");
    Finding named = finding;
    named.subject = subject.c_str();
    to_.Report(named);
  }

 private:
  std::string path_;
  Diag& to_;
};

void Apply(const ModelToml& toml, Graph& graph) {
  if (!toml.name.empty()) graph.name = toml.name;
  Preprocess& pre = graph.preprocess;
  pre.picture = toml.has_input;
  pre.bgr = toml.color == Color::kBgr;
  pre.channels = toml.channels();
  pre.normalise = !toml.mean.empty();
  pre.mean = toml.mean;
  pre.std = toml.std;
  pre.labels = toml.labels;
  pre.output = toml.kind;
}

// What Compile hands out runs: the reader and every kernel's prepare accept it.
Status CheckRuns(const std::vector<std::byte>& image, Diag& diag) {
  struct alignas(wire::kImageAlign) Chunk {
    std::byte bytes[wire::kImageAlign];
  };
  const std::unique_ptr<Chunk[]> copy(new Chunk[image.size() / sizeof(Chunk) + 1]);
  std::memcpy(copy.get(), image.data(), image.size());
  COVEY_TRY_ASSIGN(const wire::ImageView view,
                   wire::ImageView::Read({copy[0].bytes, image.size()}, diag));
  const size_t arena_bytes = view.header().arena_bytes;
  const std::unique_ptr<Chunk[]> arena(new Chunk[arena_bytes / sizeof(Chunk) + 1]);
  return micro::Engine::Prepare(view, kernels::RefKernels(), {arena[0].bytes, arena_bytes}, diag)
      .status();
}

Status CheckFlash(const wire::ImageContents& contents, int64_t bytes, const CompileOptions& options,
                  Diag& diag) {
  if (!options.flash_bytes || bytes <= *options.flash_bytes) return OkStatus();
  // The layer whose constants are largest.
  const wire::ImageOp* largest = nullptr;
  size_t most = 0;
  for (const wire::ImageOp& op : contents.ops) {
    size_t sum = 0;
    for (const uint16_t input : op.inputs)
      if (input != wire::kNoTensor) sum += contents.tensors[input].data.size();
    if (largest == nullptr || sum > most) largest = &op, most = sum;
  }
  std::string where;
  if (largest != nullptr) {
    where = std::string("; the largest constants, ") + std::to_string(most) +
            " bytes, are those of " + OpName(largest->op) + " '" + largest->name + "'";
  }
  return Refuse(
      diag, {Code::kResourceExhausted, "compile: the image exceeds the flash limit"}, "image",
      std::to_string(bytes - *options.flash_bytes) + " bytes are missing: the image needs " +
          std::to_string(bytes) + ", the limit is " + std::to_string(*options.flash_bytes) + where);
}

}  // namespace

Format DetectFormat(std::span<const std::byte> bytes, const std::filesystem::path& path) {
  if (Holds(bytes, 0, "COVEYIMG")) return Format::kImage;
  if (Holds(bytes, 4, "TFL3")) return Format::kTflite;
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (ending == ".onnx") return Format::kOnnx;
  if (ending == ".tflite") return Format::kTflite;
  if (ending == ".covey") return Format::kImage;
  return Format::kUnknown;
}

Result<Graph> ImportFile(const std::filesystem::path& path, Diag& diag) {
  COVEY_TRY_ASSIGN(const std::vector<std::byte> bytes, ReadFile(path, diag));
  InFile in_file(path, diag);
  Graph graph;
  switch (DetectFormat(bytes, path)) {
    case Format::kTflite: {
      COVEY_TRY_ASSIGN(graph, ImportTflite(bytes, in_file));
      break;
    }
    case Format::kOnnx: {
      COVEY_TRY_ASSIGN(graph, ImportOnnx(bytes, in_file));
      break;
    }
    case Format::kImage:
      return Refuse(in_file, {Code::kInvalidArgument, "import: already compiled"}, "",
                    "is a model image, expected a .tflite or .onnx network");
    case Format::kUnknown:
      return Refuse(in_file, {Code::kInvalidArgument, "import: unknown format"}, "",
                    "is neither .tflite nor .onnx, by its first bytes and its name");
  }
  graph.source = path.string();
  graph.name = path.stem().string();
  if (const std::filesystem::path toml = FindModelToml(path); !toml.empty()) {
    COVEY_TRY_ASSIGN(const ModelToml parsed, ReadModelToml(toml, diag));
    Apply(parsed, graph);
  }
  return graph;
}

Result<Target> TargetOf(const std::string& name, Diag& diag) {
  struct Row {
    const char* name;
    Target target;
  };
  constexpr Row kRows[] = {{"any", Target::kAny},
                           {"m33", Target::kCortexM},
                           {"m4", Target::kCortexM},
                           {"m55", Target::kMve},
                           {"rv32", Target::kRv32}};
  std::string names;
  for (const Row& row : kRows) {
    if (name == row.name) return row.target;
    names += std::string(names.empty() ? "" : ", ") + row.name;
  }
  return Refuse(diag, {Code::kInvalidArgument, "compile: unknown target"}, "target '" + name + "'",
                "is unknown, expected one of " + names);
}

Result<std::vector<std::byte>> Compile(const Graph& graph, Diag& diag,
                                       const CompileOptions& options) {
  COVEY_TRY(CheckGraph(graph, diag));
  Graph work = graph;
  COVEY_TRY(RunPasses(work, diag, options.after));
  COVEY_TRY(CheckGraph(work, diag));
  return CompilePrepared(work, diag, options);
}

Result<std::vector<std::byte>> CompilePrepared(const Graph& graph, Diag& diag,
                                               const CompileOptions& options) {
  COVEY_TRY_ASSIGN(const Patched patched, FitPatches(graph, options, diag));
  if (options.patches != nullptr) *options.patches = patched.notes;
  COVEY_TRY_ASSIGN(const wire::ImageContents contents, Emit(patched.graph, options, diag));
  std::vector<std::byte> image = wire::WriteImage(contents);
  COVEY_TRY(CheckFlash(contents, static_cast<int64_t>(image.size()), options, diag));
  COVEY_TRY(CheckRuns(image, diag));
  return image;
}

}  // namespace covey::compiler
