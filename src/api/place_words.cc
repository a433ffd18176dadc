#include "api/place_words.hpp"

#include "api/routing.hpp"
#include "micro/route/place.hpp"

namespace covey::api {
namespace {

std::string Short(const std::string& place) {
  constexpr size_t kMost = 200;
  return place.size() <= kMost ? place : place.substr(0, kMost) + " ...";
}

Error Bad(const std::string& place, const std::string& problem) {
  return {static_cast<uint32_t>(Code::kInvalidArgument),
          "place '" + Short(place) + "': " + problem};
}

// The words behind "auto", each agent's two as one: "local", "agent tcp://a:7700".
std::vector<std::string> Parts(const std::string& words) {
  std::vector<std::string> parts;
  for (size_t at = 0; at <= words.size();) {
    size_t end = words.find(' ', at);
    if (end != std::string::npos && words.compare(at, end - at, "agent") == 0)
      end = words.find(' ', end + 1);
    parts.push_back(words.substr(at, end - at));
    if (end == std::string::npos) break;
    at = end + 1;
  }
  return parts;
}

}  // namespace

Expected<PlaceWords> ReadPlace(const std::string& place) {
  constexpr std::string_view kAuto = "auto ";
  PlaceWords words;
  words.automatic = place.starts_with(kAuto);
  const std::vector<std::string> parts =
      words.automatic ? Parts(place.substr(kAuto.size())) : std::vector{place};
  for (const std::string& part : parts) {
    const Result<micro::PlaceName> name = micro::ParsePlace(part.c_str());
    if (!name.ok()) return Bad(place, name.status().message());
    if (name->automatic) return Bad(place, "\"auto\" stands once, in front");
    if (!name->agent) continue;
    serve::Target target;
    target.host.assign(name->host.begin(), name->host.end());
    target.port = name->port;
    for (const serve::Target& other : words.agents) {
      if (other.host == target.host && other.port == target.port)
        return Bad(place, "names " + part + " twice");
    }
    words.agents.push_back(std::move(target));
  }
  if (words.agents.size() > kMaxAgents)
    return Bad(place, "names " + std::to_string(words.agents.size()) +
                          " agents, expected at most " + std::to_string(kMaxAgents));
  return words;
}

}  // namespace covey::api
