// ReadPlace reads the words that say where a host session's calls run.
//
//   place = "local" | agent | "auto" {" local" | " " agent}     agent = "agent tcp://HOST:PORT"
//
//   Expected<PlaceWords> words = ReadPlace("auto agent tcp://a:7700 agent tcp://b:7700 local");
//
// With "auto", local models take part whether "local" is said or not.
// Errors: kInvalidArgument, in words; more than kMaxAgents agents, or one twice.
#pragma once

#include <string>
#include <vector>

#include "covey/covey.hpp"
#include "serve/client/client.hpp"

namespace covey::api {

struct PlaceWords {
  bool automatic = false;
  std::vector<serve::Target> agents;
};

Expected<PlaceWords> ReadPlace(const std::string& place);

}  // namespace covey::api
