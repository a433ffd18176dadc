#include "apps/covey/space/answer_json.hpp"

#include <cmath>

#include "apps/covey/io/table.hpp"
#include "plan/place/explain.hpp"

namespace covey::app {
namespace {

Json Number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }
Json Inverse(double seconds) { return seconds > 0 ? Number(1 / seconds) : Json(nullptr); }

Json Chunks(const plan::Space& space, const plan::TenantPlan& plan) {
  Json chunks = Json::array();
  for (const plan::Chunk& chunk : plan.chunks) {
    chunks.push_back({{"device", space.devices[chunk.device].name},
                      {"first", chunk.first},
                      {"last", chunk.end - 1}});
  }
  return chunks;
}

Json RouteJson(const plan::Space& space, const plan::Route& route) {
  return {{"rate_hz", Number(route.rate_hz)},
          {"latency_s", Number(route.latency_s)},
          {"energy_mj", Number(route.energy_mj)},
          {"source", space.devices[route.plan.source].name},
          {"target", space.devices[route.plan.target].name},
          {"chunks", Chunks(space, route.plan)}};
}

Json PipelineJson(const plan::Space& space, const plan::PipelineAnswer& pipeline) {
  const plan::Route& first = pipeline.routes.front();
  Json json = {{"name", space.tenants[pipeline.tenant].name},
               {"rate_hz", Number(pipeline.rate_hz)},
               {"latency_s", Number(pipeline.latency_s)},
               {"chunks", Chunks(space, first.plan)},
               {"source", space.devices[first.plan.source].name},
               {"target", space.devices[first.plan.target].name},
               {"energy_mj", Number(first.energy_mj)}};
  if (pipeline.routes.size() > 1) {
    json["routes"] = Json::array();
    for (const plan::Route& route : pipeline.routes) {
      json["routes"].push_back(RouteJson(space, route));
    }
  }
  return json;
}

std::string PathText(const plan::Space& space, const plan::TenantPlan& plan) {
  std::string text = space.devices[plan.source].name;
  for (const plan::Chunk& chunk : plan.chunks) {
    text += " > " + space.devices[chunk.device].name + " " + std::to_string(chunk.first) + "-" +
            std::to_string(chunk.end - 1);
  }
  return text + " > " + space.devices[plan.target].name;
}

}  // namespace

Json ToJson(const plan::Space& space, const plan::Answer& answer, bool explain) {
  Json json = {{"policy", answer.policy},
               {"objective_s", answer.placed ? Number(answer.objective_s) : Json(nullptr)},
               {"throughput_hz", answer.placed ? Inverse(answer.objective_s) : Json(nullptr)},
               {"bound_hz", Inverse(answer.bound_s)},
               {"optimal", answer.optimal},
               {"epoch", answer.epoch},
               {"pipelines", Json::array()},
               {"units", Json::array()},
               {"refused", Json::array()}};
  for (const plan::PipelineAnswer& pipeline : answer.pipelines) {
    json["pipelines"].push_back(PipelineJson(space, pipeline));
  }
  for (const plan::UnitLoad& unit : answer.units) {
    json["units"].push_back({{"name", plan::UnitName(space, unit.unit)},
                             {"load", Number(unit.load_s)},
                             {"busy", Number(unit.busy_part)}});
  }
  for (const plan::Refusal& refusal : answer.refused) {
    json["refused"].push_back({{"name", space.tenants[refusal.tenant].name},
                               {"reason", refusal.reason},
                               {"nearest", refusal.nearest}});
  }
  json["power_mw"] = Number(answer.power_mw);
  if (!answer.out_of_resource.empty()) json["out_of_resource"] = answer.out_of_resource;
  if (explain) json["explain"] = answer.explain;
  return json;
}

std::string AnswerText(const plan::Space& space, const plan::Answer& answer, bool explain) {
  std::string text;
  if (answer.placed) {
    text += answer.policy + ": " + plan::Digits(1 / answer.objective_s) + " rounds a second (" +
            plan::SecondsText(answer.objective_s) + " a round)";
    if (answer.optimal) {
      text += ", proved the best";
    } else if (answer.bound_s > 0) {
      text += ", at most " + Fixed((answer.objective_s / answer.bound_s - 1) * 100, 1) +
              " % from the best";
    }
    text += "; about " + plan::Digits(answer.power_mw) + " mW (modelled)\n\n";
    Table table({"pipeline", ">Hz", ">latency", ">mJ", "path"});
    for (const plan::PipelineAnswer& pipeline : answer.pipelines) {
      for (const plan::Route& route : pipeline.routes) {
        table.Add({space.tenants[pipeline.tenant].name, plan::Digits(route.rate_hz),
                   plan::SecondsText(route.latency_s), plan::Digits(route.energy_mj),
                   PathText(space, route.plan)});
      }
    }
    text += table.Text() + "\n";
    Table units({"unit", ">a round", ">busy %"});
    for (const plan::UnitLoad& unit : answer.units) {
      if (unit.load_s <= 0) continue;
      units.Add({plan::UnitName(space, unit.unit), plan::SecondsText(unit.load_s),
                 Fixed(100 * unit.busy_part, 1)});
    }
    text += units.Text();
  } else if (!answer.out_of_resource.empty()) {
    text += answer.policy + ": out of resource: " + answer.out_of_resource + "\n";
  } else {
    text += answer.policy + ": nothing could be placed\n";
  }
  for (const plan::Refusal& refusal : answer.refused) {
    text += "\nrefused '" + space.tenants[refusal.tenant].name + "': " + refusal.reason;
    if (!refusal.nearest.empty()) text += "; would work with " + refusal.nearest;
    text += "\n";
  }
  if (explain && !answer.explain.empty()) {
    text += "\n";
    for (const std::string& line : answer.explain) text += line + "\n";
  }
  return text;
}

}  // namespace covey::app
