// Repository is a directory of models (docs/guide/models.md):
//
//   models/resnet56/resnet56.onnx    a folder with one network, its model.toml beside it
//   models/resnet56/model.toml
//   models/digits.covey              or a network on its own, `digits.toml` beside it if needed
//
//   Repository repository;
//   COVEY_TRY(repository.Open("models", backends, diag));
//   const Entry* entry = repository.Find("resnet56");
//
// A model that cannot be loaded is listed with its error, and the others go on.
// Threads: after Open, any number may read.
// Errors: kNotFound if the directory is not there.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/ir/graph.hpp"
#include "core/diag.hpp"
#include "core/status.hpp"
#include "serve/backends/backend.hpp"
#include "serve/preprocess/classifier.hpp"

namespace covey::serve {

struct Entry {
  std::string name, backend;
  std::filesystem::path file;
  uint64_t file_bytes = 0;
  std::string error;             // why it cannot be served; empty if it can
  std::unique_ptr<Model> model;  // null if it cannot
  std::optional<Classifier> classifier;
  std::string no_classifier;  // why there is none
};

class Repository {
 public:
  Status Open(const std::filesystem::path& directory,
              std::span<const std::unique_ptr<Backend>> backends, Diag& diag);
  const Entry* Find(std::string_view name) const;
  const std::map<std::string, Entry, std::less<>>& entries() const { return entries_; }

 private:
  std::map<std::string, Entry, std::less<>> entries_;
};

// One model file with what stands beside it. On an error `entry` has no model.
Status LoadEntry(const std::filesystem::path& file,
                 std::span<const std::unique_ptr<Backend>> backends, Entry& entry, Diag& diag);

// What a model file is called: "net" for dir/net.covey, "net#2" for dir/net.covey#2.
std::string ModelNameOf(const std::filesystem::path& file);

// Which backend an ONNX network is for: "int8" if any of its tensors is quantised, else "onnx".
std::string BackendFor(const compiler::Graph& graph);

}  // namespace covey::serve
