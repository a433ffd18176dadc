#include "apps/covey/approximate/state.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <utility>

#include "apps/covey/approximate/approximate.hpp"
#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/file.hpp"

namespace covey::app {
namespace {

constexpr int kVersion = 3;
constexpr int kMostClaims = 100;  // of a file that somebody replaces all the time

compiler::Proportion ProportionOf(const Json& json) {
  return {json.at("value"), json.at("low"), json.at("high")};
}

Json RecipeJson(const compiler::Recipe& recipe) {
  return {{"policy", static_cast<int>(recipe.policy)},
          {"channels", recipe.channels},
          {"forms", recipe.forms},
          {"compact", recipe.compact},
          {"tuned", recipe.tuned},
          {"int4", recipe.int4},
          {"int16", recipe.int16},
          {"code", static_cast<int>(recipe.code)},
          {"thresholds", recipe.thresholds},
          {"kind", static_cast<int>(recipe.kind)}};
}
compiler::Recipe RecipeOf(const Json& json) {
  compiler::Recipe recipe;
  const int policy = json.at("policy"), kind = json.at("kind");
  if (policy < 0 || policy > static_cast<int>(compiler::Policy::kLanes) || kind < 0 || kind > 1)
    throw std::out_of_range("recipe");
  recipe.policy = static_cast<compiler::Policy>(policy);
  recipe.kind = static_cast<compiler::SignificanceKind>(kind);
  recipe.channels = json.at("channels"), recipe.forms = json.at("forms");
  recipe.compact = json.at("compact");
  const int code = json.value("code", 0);
  if (code < 0 || code > static_cast<int>(compiler::AsCode::kAll)) throw std::out_of_range("code");
  recipe.int16 = json.value("int16", 0);
  if (recipe.int16 < 0) throw std::out_of_range("int16");
  recipe.code = static_cast<compiler::AsCode>(code);
  recipe.tuned = json.at("tuned"), recipe.int4 = json.at("int4");
  recipe.thresholds = json.at("thresholds").get<std::vector<double>>();
  return recipe;
}

compiler::Point PointOf(const Json& json) {
  compiler::Point point;
  point.recipe = RecipeOf(json.at("knobs"));
  point.instructions = json.at("estimated_instructions");
  point.macs = json.at("macs");
  point.image_bytes = json.at("image_bytes"), point.arena_bytes = json.at("arena_bytes");
  point.agreement = json.at("agreement"), point.loss = json.at("loss");
  point.cost = json.at("cost");
  if (json.contains("modelled_ms"))
    point.chip = compiler::ChipCost{.instructions = json.at("counted_instructions"),
                                    .milliseconds = json.at("modelled_ms"),
                                    .microjoules = json.at("modelled_uj"),
                                    .flash_bytes = json.value("cpp_flash_bytes", int64_t{0})};
  point.unpacked = json.value("unpacked", std::vector<std::string>());
  if (json.contains("top1"))
    point.accuracy = {ProportionOf(json.at("top1")), ProportionOf(json.at("difference"))};
  for (const Json& layer : json.at("layers")) {
    compiler::LayerNote& note = point.layers.emplace_back();
    note.op = layer.at("op"), note.name = layer.at("name"), note.form = layer.at("form");
    note.macs = layer.at("macs"), note.macs_exact = layer.at("macs_exact");
    note.removed = layer.at("removed");
  }
  return point;
}

bool WriteAll(int file, const std::string& text) {
  for (size_t at = 0; at < text.size();) {
    const ssize_t wrote = ::write(file, text.data() + at, text.size() - at);
    if (wrote <= 0) return false;
    at += static_cast<size_t>(wrote);
  }
  return true;
}

}  // namespace

Json PointJson(const compiler::Point& point) {
  Json json = ToJson(point);
  json["knobs"] = RecipeJson(point.recipe);
  return json;
}

// A json exception ends here: the file is somebody's.
Expected<ExploreState> LoadState(const std::string& path, const std::string& key) {
  std::error_code error;
  if (!std::filesystem::exists(path, error))
    return ExploreState{.key = key, .points = {}, .unfit = {}};
  const Expected<std::string> text = ReadText(path);
  if (!text) return text.error();
  if (text.value().empty()) return ExploreState{.key = key, .points = {}, .unfit = {}};  // claimed
  try {
    const Json json = Json::parse(text.value());
    if (json.at("version") != kVersion || json.at("key") != key) {
      return MakeError(Code::kFailedPrecondition,
                       path +
                           ": is of an exploration of another model, other data or other options; "
                           "name another file with --state, or remove this one");
    }
    ExploreState state{.key = key, .points = {}, .unfit = json.at("unfit")};
    for (const Json& point : json.at("points")) state.points.push_back(PointOf(point));
    return state;
  } catch (const std::exception& what) {
    return MakeError(Code::kDataLoss,
                     path + ": is no state of an exploration: " + std::string(what.what()));
  }
}

StateFile::~StateFile() {
  if (held_ < 0) return;
  struct stat file = {};
  // What was claimed and never written is nothing to leave behind.
  if (::fstat(held_, &file) == 0 && file.st_size == 0) (void)::unlink(path_.c_str());
  (void)::close(held_);  // Nothing is written through it; the lock ends.
}

Expected<void> StateFile::Claim(const std::string& path) {
  path_ = path;
  for (int attempt = 0;; ++attempt) {
    held_ = ::open(path.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0644);
    if (held_ < 0) return MakeError(Code::kUnavailable, path + ": " + std::strerror(errno));
    // A file system without locks is used without them.
    if (::flock(held_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
      (void)::close(std::exchange(held_, -1));
      return MakeError(Code::kUnavailable,
                       path +
                           ": another exploration goes on with it; wait for its end, or name "
                           "another file with --state");
    }
    // Still the file of that name, not one that its owner replaced in between?
    struct stat mine = {}, named = {};
    if (::fstat(held_, &mine) == 0 && ::stat(path.c_str(), &named) == 0 &&
        (mine.st_ino == named.st_ino || attempt == kMostClaims))
      return {};
    (void)::close(std::exchange(held_, -1));
  }
}

Expected<void> StateFile::Save(const ExploreState& state) {
  Json points = Json::array();
  for (const compiler::Point& point : state.points) points.push_back(PointJson(point));
  const Json json = {
      {"version", kVersion}, {"key", state.key}, {"points", points}, {"unfit", state.unfit}};
  const std::string beside = path_ + ".new";
  const int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file >= 0) (void)::flock(file, LOCK_EX | LOCK_NB);  // It takes the other one's place.
  const bool good = file >= 0 &&
                    WriteAll(file, json.dump(1, ' ', false, Json::error_handler_t::replace)) &&
                    ::fsync(file) == 0;
  if (!good || std::rename(beside.c_str(), path_.c_str()) != 0) {
    const Error error =
        MakeError(Code::kUnavailable, path_ + ": cannot be written: " + std::strerror(errno));
    if (file >= 0) (void)::close(file);  // The write's error is the one to tell.
    (void)::unlink(beside.c_str());
    return error;
  }
  (void)::close(std::exchange(held_, file));  // What matters was flushed.
  return {};
}

}  // namespace covey::app
