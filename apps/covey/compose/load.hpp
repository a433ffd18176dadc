// LoadCompose reads SPACE.toml for running: what the planner wants, link shapes for the switch, and
// the pipelines' networks themselves.
//
//   Expected<ComposeSpace> space = LoadCompose("home.toml");
//
// Errors: those of ReadSpace and of importing; kInvalidArgument for a pipeline whose model is not a
// file: what has no weights cannot run.
#pragma once

#include <string>
#include <vector>

#include "covey/covey.hpp"
#include "plan/place/space.hpp"
#include "serve/space/switch_core.hpp"
#include "serve/space/ways.hpp"

namespace covey::app {

struct ComposeDevice {
  std::string name{}, kind{};
  bool on_board = false;
};

struct ComposeLink {
  std::string a{}, b{};
  serve::LinkShape shape{};
};

struct ComposeSpace {
  plan::Space declared{};
  plan::Link default_link{};
  serve::LinkShape default_shape{};
  std::vector<ComposeLink> shapes{};
  std::vector<ComposeDevice> devices{};
  std::vector<serve::SpacePipeline> pipelines{};
};

Expected<ComposeSpace> LoadCompose(const std::string& path);

}  // namespace covey::app
