#include "apps/covey/compose/view.hpp"

#include "apps/covey/io/table.hpp"

namespace covey::app {
namespace {

double Seconds(uint64_t ns, uint64_t now_ns) {
  return static_cast<double>(static_cast<int64_t>(ns - now_ns)) / 1e9;
}

Json MemberJson(const serve::SpaceMember& member, uint64_t now_ns) {
  return {{"name", member.name},
          {"kind", member.kind},
          {"heard_s", -Seconds(member.heard_ns, now_ns)},
          {"images", member.hello.images},
          {"stages", member.hello.stages},
          {"runs", member.hello.runs},
          {"flash_bytes", member.hello.flash_bytes},
          {"flash_free", member.hello.flash_free},
          {"ram_bytes", member.hello.ram_bytes},
          {"ram_free", member.hello.ram_free}};
}

Json PipelineJson(const serve::PipelineView& pipeline) {
  Json chunks = Json::array();
  for (const auto& chunk : pipeline.way.chunks)
    chunks.push_back({{"device", chunk.member}, {"first", chunk.first}, {"last", chunk.end - 1}});
  return {{"name", pipeline.name},
          {"route", pipeline.way.route},
          {"source", pipeline.way.source.member},
          {"target", pipeline.way.target.member},
          {"chunks", chunks},
          {"planned_hz", pipeline.way.rate_hz},
          {"rate_hz", pipeline.rate_hz},
          {"accepted", pipeline.accepted},
          {"answered", pipeline.answered},
          {"failed", pipeline.failed},
          {"in_flight", pipeline.in_flight},
          {"delivered", pipeline.delivered},
          {"repeated", pipeline.repeated},
          {"refused", pipeline.refused}};
}

std::string Text(const Json& json, const char* key) { return json.value(key, std::string()); }
std::string Number(const Json& json, const char* key) {
  return std::to_string(json.value(key, int64_t{0}));
}

std::string WayText(const Json& pipeline) {
  if (pipeline["chunks"].empty()) return "none: " + Text(pipeline, "refused");
  std::string text = Text(pipeline, "source");
  for (const Json& chunk : pipeline["chunks"]) {
    text += " > " + Text(chunk, "device") + "[" + Number(chunk, "first") + "-" +
            Number(chunk, "last") + "]";
  }
  return text + " > " + Text(pipeline, "target");
}

}  // namespace

Json ViewJson(const serve::SpaceView& view) {
  Json members = Json::array(), pipelines = Json::array(), events = Json::array(),
       switches = Json::array();
  for (const auto& member : view.members) members.push_back(MemberJson(member, view.now_ns));
  for (const auto& pipeline : view.pipelines) pipelines.push_back(PipelineJson(pipeline));
  for (const auto& event : view.events.kept()) {
    events.push_back({{"ago_s", -Seconds(event.at_ns, view.now_ns)},
                      {"epoch", event.epoch},
                      {"what", event.what},
                      {"words", event.words}});
  }
  for (const auto& change : view.switchovers) {
    if (!change.done) continue;
    switches.push_back({{"epoch", change.epoch},
                        {"cause", change.cause},
                        {"seconds", Seconds(change.in_force_ns, change.noticed_ns)},
                        {"image_bytes", change.image_bytes}});
  }
  return {{"epoch", view.epoch},       {"steady", view.steady},   {"objective_s", view.objective_s},
          {"bound_hz", view.bound_hz}, {"optimal", view.optimal}, {"nodes", members},
          {"pipelines", pipelines},    {"switches", switches},    {"events", events}};
}

std::string ViewText(const Json& view) {
  std::string text = "epoch " + Number(view, "epoch") +
                     (view.value("steady", false) ? "" : ", a new plan is being put in force") +
                     "\n\n";
  Table nodes(
      {"node", "kind", ">chunks", ">stages", ">runs", ">flash free", ">ram free", ">heard"});
  for (const Json& n : view["nodes"]) {
    nodes.Add({Text(n, "name"), Text(n, "kind"), Number(n, "images"), Number(n, "stages"),
               Number(n, "runs"), Thousands(n.value("flash_free", 0ULL)),
               Thousands(n.value("ram_free", 0ULL)), Fixed(n.value("heard_s", 0.0), 1) + " s"});
  }
  text += nodes.Text() + "\n";
  Table pipelines({"pipeline", ">rate Hz", ">plan Hz", ">answered", ">failed", ">route", "way"});
  for (const Json& p : view["pipelines"]) {
    pipelines.Add({Text(p, "name"), Fixed(p.value("rate_hz", 0.0), 2),
                   Fixed(p.value("planned_hz", 0.0), 2), Number(p, "answered"), Number(p, "failed"),
                   Number(p, "route"), WayText(p)});
  }
  text += pipelines.Text();
  const Json& events = view["events"];
  const size_t from = events.size() > 8 ? events.size() - 8 : 0;
  if (!events.empty()) text += "\n";
  for (size_t i = from; i < events.size(); ++i) {
    text += Fixed(events[i].value("ago_s", 0.0), 1) + " s ago: " + Text(events[i], "what") + ": " +
            Text(events[i], "words") + "\n";
  }
  return text;
}

}  // namespace covey::app
