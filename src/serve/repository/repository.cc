#include "serve/repository/repository.hpp"

#include <algorithm>
#include <fstream>

#include "compiler/compile.hpp"
#include "core/host/diag_text.hpp"
#include "wire/image/host/join.hpp"

namespace covey::serve {
namespace {

namespace fs = std::filesystem;

bool IsNetwork(const fs::path& path) {
  const std::string ending = path.extension().string();
  return ending == ".covey" || ending == ".tflite" || ending == ".onnx";
}

std::string Words(const DiagText& diag, Status status) {
  const std::string text = diag.Text();
  return text.empty() ? std::string(status.message()) : text;
}

Backend* Named(std::span<const std::unique_ptr<Backend>> backends, std::string_view name) {
  for (const auto& backend : backends) {
    if (name == backend->name()) return backend.get();
  }
  return nullptr;
}

// Float ONNX networks are for the onnx backend, where there is one, all else for the int8 engine. A
// file that cannot be imported goes to ONNX Runtime, which knows more ops than we do.
std::string PickBackend(const fs::path& file, std::span<const std::unique_ptr<Backend>> backends) {
  if (file.extension() != ".onnx" || Named(backends, "onnx") == nullptr) return "int8";
  if (Named(backends, "int8") == nullptr) return "onnx";
  NoDiag ignored;
  const auto graph = compiler::ImportFile(file, ignored);
  return graph.ok() ? BackendFor(*graph) : "onnx";
}

Status LoadModel(Entry& entry, const compiler::ModelToml* toml,
                 std::span<const std::unique_ptr<Backend>> backends, Diag& diag) {
  entry.backend = PickBackend(entry.file, backends);
  if (toml != nullptr && !toml->backend.empty()) entry.backend = toml->backend;
  Backend* backend = Named(backends, entry.backend);
  if (backend == nullptr) {
    const std::string problem = "needs the backend '" + entry.backend + "', which is not there";
    diag.Report({.subject = entry.file.c_str(), .problem = problem.c_str()});
    return Status(Code::kUnavailable, "model: its backend is not there");
  }
  COVEY_TRY_ASSIGN(entry.model, backend->Load(entry.file, diag));
  return OkStatus();
}

Status LoadParts(Entry& entry, std::span<const std::unique_ptr<Backend>> backends, Diag& diag) {
  std::optional<compiler::ModelToml> toml;
  const fs::path toml_path = compiler::FindModelToml(entry.file);
  if (!toml_path.empty()) {
    COVEY_TRY_ASSIGN(toml, compiler::ReadModelToml(toml_path, diag));
    if (!toml->name.empty()) entry.name = toml->name;
  }
  COVEY_TRY(LoadModel(entry, toml ? &*toml : nullptr, backends, diag));
  DiagText why;
  Result<Classifier> classifier = Classifier::Make(*entry.model, toml ? &*toml : nullptr, why);
  if (classifier.ok()) {
    entry.classifier = *std::move(classifier);
  } else {
    entry.no_classifier = Words(why, classifier.status());
  }
  return OkStatus();
}

// The networks of a repository: files in it, and the one network of each folder.
struct Candidate {
  std::string name;
  fs::path file;
  std::string error;
};

// The network that the folder's model.toml names, or else the only one there.
Candidate FromFolder(const fs::path& folder) {
  Candidate candidate{folder.filename().string(), {}, {}};
  std::error_code error;
  if (fs::is_regular_file(folder / "model.toml", error)) {
    DiagText diag;
    const auto toml = compiler::ReadModelToml(folder / "model.toml", diag);
    if (!toml.ok()) {
      candidate.error = Words(diag, toml.status());
      return candidate;
    }
    if (!toml->file.empty()) {
      candidate.file = folder / toml->file;
      if (fs::path(toml->file).filename() != toml->file) {
        candidate.file.clear();
        candidate.error = (folder / "model.toml").string() + ": file is '" + toml->file +
                          "', expected the name of a file in the same folder";
      }
      return candidate;
    }
  }
  std::vector<fs::path> networks;
  for (const fs::directory_entry& file : fs::directory_iterator(folder, error)) {
    if (file.is_regular_file(error) && IsNetwork(file.path())) networks.push_back(file.path());
  }
  if (networks.size() == 1) {
    candidate.file = networks[0];
  } else {
    candidate.error = folder.string() + ": found " + std::to_string(networks.size()) +
                      " networks (.covey, .tflite, .onnx), expected one, or `file` in model.toml";
  }
  return candidate;
}

std::vector<Candidate> Candidates(const fs::path& directory) {
  std::vector<Candidate> candidates;
  std::error_code error;
  for (const fs::directory_entry& item : fs::directory_iterator(directory, error)) {
    if (item.path().filename().string().starts_with('.')) continue;
    if (item.is_directory(error)) {
      candidates.push_back(FromFolder(item.path()));
    } else if (IsNetwork(item.path())) {
      candidates.push_back({item.path().stem().string(), item.path(), {}});
    }
  }
  // The order of a directory is not defined; the first of two with one name shall be the same
  // every time.
  std::sort(candidates.begin(), candidates.end(),
            [](const Candidate& a, const Candidate& b) { return a.file < b.file; });
  return candidates;
}

// Of a variant: those of the image that it is by itself. 0: nobody can tell.
uint64_t BytesOf(const fs::path& file) {
  const wire::VariantPath variant = wire::SplitVariantPath(file.string());
  std::error_code error;
  const uint64_t size = fs::file_size(variant.file, error);
  if (error) return 0;
  if (!variant.number) return size;
  std::vector<std::byte> bytes(size);
  std::ifstream stream(variant.file, std::ios::binary);
  stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size));
  NoDiag ignored;
  const auto image = wire::ExtractVariant(bytes, *variant.number, ignored);
  return stream && image.ok() ? image->size() : 0;
}

}  // namespace

std::string BackendFor(const compiler::Graph& graph) {
  const bool quantised =
      std::any_of(graph.tensors.begin(), graph.tensors.end(),
                  [](const compiler::Tensor& tensor) { return !tensor.quant.empty(); });
  return quantised ? "int8" : "onnx";
}

std::string ModelNameOf(const fs::path& file) {
  const wire::VariantPath variant = wire::SplitVariantPath(file.string());
  return fs::path(variant.file).stem().string() +
         (variant.number ? "#" + std::to_string(*variant.number) : "");
}

Status LoadEntry(const fs::path& file, std::span<const std::unique_ptr<Backend>> backends,
                 Entry& entry, Diag& diag) {
  entry.file = file;
  entry.name = ModelNameOf(file);
  entry.file_bytes = BytesOf(file);
  const Status loaded = LoadParts(entry, backends, diag);
  if (!loaded.ok()) entry.model.reset();
  return loaded;
}

Status Repository::Open(const fs::path& directory,
                        std::span<const std::unique_ptr<Backend>> backends, Diag& diag) {
  std::error_code error;
  if (!fs::is_directory(directory, error)) {
    diag.Report({.subject = directory.c_str(), .problem = "no such directory of models"});
    return Status(Code::kNotFound, "model repository: no such directory");
  }
  for (const Candidate& candidate : Candidates(directory)) {
    Entry entry;
    if (candidate.file.empty()) {
      entry.error = candidate.error;
    } else {
      DiagText why;
      const Status loaded = LoadEntry(candidate.file, backends, entry, why);
      if (!loaded.ok()) entry.error = Words(why, loaded);
    }
    // A folder's name is the model's, unless model.toml gives another.
    if (entry.name.empty() || entry.name == entry.file.stem()) entry.name = candidate.name;
    const fs::path file = entry.file;
    const std::string name = entry.name;
    const auto [at, added] = entries_.try_emplace(name, std::move(entry));
    if (!added) {
      const std::string problem = "has the name '" + name + "' that " + at->second.file.string() +
                                  " has already; it is left out";
      diag.Report({.subject = file.c_str(), .problem = problem.c_str()});
    }
  }
  return OkStatus();
}

const Entry* Repository::Find(std::string_view name) const {
  const auto at = entries_.find(name);
  return at == entries_.end() ? nullptr : &at->second;
}

}  // namespace covey::serve
