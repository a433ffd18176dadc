// ReadSpace reads SPACE.toml (docs/guide/composition.md): devices, links, pipelines, options.
//
//   Expected<SpaceFile> file = ReadSpace("home.toml", {});
//   plan::Answer answer = plan::MakePlan(file.value().space, {});
//
// Errors: each names the file, the line, the key, what was found and what was expected.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "covey/covey.hpp"
#include "plan/place/space.hpp"

namespace covey::app {

// What the planner does not look at; one for each device, link or pipeline of the space.
struct DeviceNotes {
  std::string kind{};
  std::vector<std::string> capabilities{};
  bool on_board = false;  // `covey compose`: as firmware on an emulated board
};
struct LinkNotes {
  double delay_us = 0, loss = 0;
};
struct PipelineNotes {
  std::string model{};       // as the file names it
  std::string model_path{};  // of a model file; empty: a name
  std::string source{}, target{};
  int64_t requests = 0, window = 1;  // 0: as many as the command asks for
  double give_up_ms = 0;             // 0: the command's
};

struct SpaceFile {
  plan::Space space;
  std::vector<DeviceNotes> devices;
  std::vector<LinkNotes> links;  // devices x devices
  std::vector<PipelineNotes> pipelines;
};

struct SpaceSources {
  // A csv of layer tables that comes before the built-in models; empty: the reference folder's, if
  // there is one.
  std::string models_csv{};
  // Makes a layer table of a model file.
  std::function<Expected<plan::LayerTable>(const std::string& path)> model_file{};
};

Expected<SpaceFile> ReadSpace(const std::filesystem::path& path, const SpaceSources& sources);
// `path` is for messages and for files that the text names.
Expected<SpaceFile> ParseSpace(std::string_view text, const std::filesystem::path& path,
                               const SpaceSources& sources);

// A built-in kind, or a descriptor file: KIND, or KIND.toml, beside the space's file.
Expected<plan::Part> ReadPart(const std::string& kind, const std::filesystem::path& folder);

// Where models and capabilities come from when a space has none of its own.
Expected<plan::LayerTable> FindModel(const std::string& name, const std::filesystem::path& folder,
                                     const SpaceSources& sources, std::string& model_path);

}  // namespace covey::app
