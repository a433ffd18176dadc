// covey simulate SPACE.toml: what the plan gives as devices come and go, by discrete events.
#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <memory>

#include "apps/covey/command.hpp"
#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/numbers.hpp"
#include "apps/covey/io/table.hpp"
#include "apps/covey/space/answer_json.hpp"
#include "apps/covey/space/model_table.hpp"
#include "apps/covey/space/read.hpp"
#include "plan/place/explain.hpp"
#include "plan/sim/sim.hpp"

namespace covey::app {
namespace {

using SteadyClock = std::chrono::steady_clock;

struct Options {
  std::string space, duration = "60s", policy = "exact", models;
  std::vector<std::string> events;
  double jitter = 0, planning_s = 0.3, uptime_s = 60;
  uint64_t seed = 1;
  bool json = false, replicas = false, in_flash = false;
};

// "60s", "500ms", "2m", "60"; nothing if it is none of these.
std::optional<double> Seconds(const std::string& text) {
  size_t used = 0;
  double value = 0;
  try {
    value = std::stod(text, &used);
  } catch (const std::exception&) {
    return std::nullopt;
  }
  const std::string unit = text.substr(used);
  const double scale = unit.empty() || unit == "s" ? 1 : unit == "ms" ? 1e-3 : unit == "m" ? 60 : 0;
  if (scale == 0 || !(value > 0) || value * scale > 1e6) return std::nullopt;
  return value * scale;
}

Json ToJson(const plan::Space& space, const plan::SimReport& report, double wall_s) {
  Json json = {{"throughput_hz", report.throughput_hz},
               {"planned_hz", report.planned_hz},
               {"power_mw", report.power_mw},
               {"events", report.events},
               {"events_per_s", wall_s > 0 ? static_cast<double>(report.events) / wall_s : 0},
               {"pipelines", Json::array()},
               {"epochs", Json::array()},
               {"units", Json::array()},
               {"notes", report.notes}};
  for (const plan::SimPipeline& pipeline : report.pipelines) {
    json["pipelines"].push_back({{"name", space.tenants[pipeline.tenant].name},
                                 {"completed", pipeline.completed},
                                 {"restarted", pipeline.restarted},
                                 {"rate_hz", pipeline.rate_hz},
                                 {"latency_mean_s", pipeline.latency_mean_s},
                                 {"latency_p50_s", pipeline.latency_p50_s},
                                 {"latency_p99_s", pipeline.latency_p99_s}});
  }
  for (const plan::SimEpoch& epoch : report.epochs) {
    json["epochs"].push_back({{"epoch", epoch.epoch},
                              {"reason", epoch.reason},
                              {"from_s", epoch.from_s},
                              {"to_s", epoch.to_s},
                              {"planned_hz", epoch.planned_hz},
                              {"measured_hz", epoch.measured_hz},
                              {"pause_s", epoch.pause_s},
                              {"migration_s", epoch.migration_s},
                              {"refused", epoch.refused}});
  }
  for (const plan::UnitLoad& unit : report.units) {
    json["units"].push_back({{"name", plan::UnitName(space, unit.unit)}, {"busy", unit.busy_part}});
  }
  return json;
}

std::string Text(const plan::Space& space, const plan::SimReport& report) {
  std::string text = "simulated: " + plan::Digits(report.throughput_hz) +
                     " rounds a second over the whole run; the first plan said " +
                     plan::Digits(report.planned_hz) + "; about " + plan::Digits(report.power_mw) +
                     " mW (modelled)\n\n";
  Table pipelines({"pipeline", ">done", ">again", ">Hz", ">mean", ">p50", ">p99"});
  for (const plan::SimPipeline& p : report.pipelines) {
    pipelines.Add({space.tenants[p.tenant].name, std::to_string(p.completed),
                   std::to_string(p.restarted), plan::Digits(p.rate_hz),
                   plan::SecondsText(p.latency_mean_s), plan::SecondsText(p.latency_p50_s),
                   plan::SecondsText(p.latency_p99_s)});
  }
  text += pipelines.Text() + "\n";
  Table epochs({">epoch", "because", ">from", ">to", ">planned Hz", ">measured Hz", ">pause"});
  for (const plan::SimEpoch& e : report.epochs) {
    epochs.Add({std::to_string(e.epoch), e.reason, plan::SecondsText(e.from_s),
                plan::SecondsText(e.to_s), plan::Digits(e.planned_hz), plan::Digits(e.measured_hz),
                e.pause_s > 0 ? plan::SecondsText(e.pause_s) : "-"});
  }
  text += epochs.Text();
  for (const plan::SimEpoch& epoch : report.epochs) {
    for (const std::string& refused : epoch.refused) {
      text += "epoch " + std::to_string(epoch.epoch) + " refuses " + refused + "\n";
    }
  }
  for (const std::string& note : report.notes) text += note + "\n";
  return text;
}

int Simulate(const Options& options) {
  const Expected<SpaceFile> file =
      ReadSpace(options.space, {.models_csv = options.models, .model_file = ModelTable});
  if (!file) return Fail(file.error(), options.json);
  const plan::Space& space = file.value().space;
  plan::SimOptions how;
  how.duration_s = *Seconds(options.duration);
  how.seed = options.seed;
  how.jitter = options.jitter;
  how.planning_s = options.planning_s;
  how.expected_uptime_s = options.uptime_s;
  how.weights_in_flash = options.in_flash;
  how.plan.policy = *plan::PolicyOf(options.policy);
  how.plan.replicas = options.replicas;
  for (const std::string& text : options.events) {
    std::string problem;
    const auto event = plan::ParseSimEvent(space, text, problem);
    if (!event.ok()) {
      return Fail(MakeError(Code::kInvalidArgument, "--event: " + problem), options.json);
    }
    how.events.push_back(*event);
  }
  const auto start = SteadyClock::now();
  const plan::SimReport report = plan::Simulate(space, how);
  const double wall_s = std::chrono::duration<double>(SteadyClock::now() - start).count();
  if (!report.placed) {
    const std::string why = report.first.refused.empty() ? report.first.out_of_resource
                                                         : report.first.refused[0].reason;
    return Fail(
        MakeError(Code::kResourceExhausted, options.space + ": nothing could be placed: " + why),
        options.json);
  }
  if (options.json) {
    PrintJson(std::cout, ToJson(space, report, wall_s));
  } else {
    std::cout << Text(space, report) << report.events << " events in " << plan::SecondsText(wall_s)
              << "\n";
  }
  return kDone;
}

}  // namespace

void AddSimulate(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "simulate", "Run a space by discrete events, with devices that come and go");
  command->add_option("SPACE", options->space, "a SPACE.toml: devices, links, pipelines")
      ->required();
  command->add_option("--duration", options->duration, "simulated time: 60s (default), 500ms, 2m")
      ->check([](const std::string& text) {
        return Seconds(text) ? "" : "found '" + text + "', expected a time such as 60s or 500ms";
      });
  command
      ->add_option("--event", options->events,
                   "leave:DEVICE@20s, join:DEVICE@20s or slow:A-B=KBIT_S@20s; may be given again")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  std::vector<std::string> names;
  for (plan::Policy policy : plan::Policies()) names.emplace_back(plan::PolicyName(policy));
  command->add_option("--policy", options->policy, "exact (default), or a baseline")
      ->check(CLI::IsMember(names));
  command->add_flag("--replicas", options->replicas, "allow several plans a pipeline");
  command->add_option("--seed", options->seed, "of what is random: the jitter")
      ->check(WholeNumber());
  command
      ->add_option("--jitter", options->jitter, "part by which each task may be longer or shorter")
      ->check(NumberFrom(0, 0.9));
  command->add_option("--planning", options->planning_s, "seconds that planning takes (0.3)")
      ->check(NumberFrom(0, 1e6));
  command
      ->add_option("--uptime", options->uptime_s,
                   "seconds within which a change of plan must pay for itself (60)")
      ->check(NumberFrom(0, 1e9));
  command->add_flag("--weights-in-flash", options->in_flash,
                    "every device holds every model: nothing travels when the plan changes");
  command->add_option("--models", options->models, "a csv of layer tables");
  command->add_flag("--json", options->json, "print JSON");
  command->footer(
      "Examples:\n"
      "  covey simulate space.toml --duration 60s --event \"leave:watch@20s\"\n"
      "  covey simulate space.toml --event leave:watch@20s --event join:watch@40s --json\n"
      "  covey simulate space.toml --event slow:watch-glasses=500@30s --policy mindev\n"
      "A device whose first event is a join is not there before.");
  command->callback([=, &chosen] { chosen = [=] { return Simulate(*options); }; });
}

}  // namespace covey::app
