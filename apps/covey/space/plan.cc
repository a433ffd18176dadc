// covey plan SPACE.toml: where each layer of each pipeline runs.
#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <memory>

#include "apps/covey/command.hpp"
#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/file.hpp"
#include "apps/covey/io/numbers.hpp"
#include "apps/covey/space/answer_json.hpp"
#include "apps/covey/space/model_table.hpp"
#include "apps/covey/space/read.hpp"
#include "apps/covey/space/svg.hpp"
#include "plan/place/planner.hpp"

namespace covey::app {
namespace {

using SteadyClock = std::chrono::steady_clock;

struct Options {
  std::string space, policy = "exact", svg, models;
  double time_limit_s = 10;
  bool explain = false, json = false, replicas = false;
};

double WallSeconds() {
  return std::chrono::duration<double>(SteadyClock::now().time_since_epoch()).count();
}

int Plan(const Options& options) {
  const Expected<SpaceFile> file =
      ReadSpace(options.space, {.models_csv = options.models, .model_file = ModelTable});
  if (!file) return Fail(file.error(), options.json);
  const plan::Space& space = file.value().space;
  plan::PlanOptions how;
  how.policy = *plan::PolicyOf(options.policy);
  how.replicas = options.replicas;
  if (options.time_limit_s > 0) how.spent = plan::Within(options.time_limit_s, WallSeconds);
  const plan::Answer answer = plan::MakePlan(space, how);
  if (options.json) {
    PrintJson(std::cout, ToJson(space, answer, options.explain));
  } else {
    std::cout << AnswerText(space, answer, options.explain);
  }
  if (!options.svg.empty() && answer.placed) {
    const std::string svg = PlanSvg(space, answer);
    const Expected<void> written = WriteFile(options.svg, std::as_bytes(std::span(svg)));
    if (!written) return Fail(written.error(), options.json);
  }
  // Who asked for the impossible is told by the exit code, too.
  for (const plan::Refusal& refusal : answer.refused) {
    if (!refusal.alone && answer.placed) continue;
    const std::string nearest =
        refusal.nearest.empty() ? "" : "; would work with " + refusal.nearest;
    return Fail(MakeError(Code::kResourceExhausted,
                          options.space + ": pipeline '" + space.tenants[refusal.tenant].name +
                              "' is refused: " + refusal.reason + nearest),
                options.json);
  }
  if (answer.placed) return kDone;
  return Fail(
      MakeError(Code::kResourceExhausted, options.space + ": " + answer.policy +
                                              " is out of resource: " + answer.out_of_resource),
      options.json);
}

}  // namespace

void AddPlan(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("plan", "Place the layers of many models on many small devices");
  command->add_option("SPACE", options->space, "a SPACE.toml: devices, links, pipelines")
      ->required();
  std::vector<std::string> names;
  for (plan::Policy policy : plan::Policies()) names.emplace_back(plan::PolicyName(policy));
  command->add_option("--policy", options->policy, "exact (default), or a baseline")
      ->check(CLI::IsMember(names));
  command->add_flag("--explain", options->explain, "say what limits the plan and each pipeline");
  command->add_flag("--json", options->json, "print JSON");
  command->add_flag("--replicas", options->replicas,
                    "allow several plans a pipeline, at fractional rates");
  command->add_option("--svg", options->svg, "write a picture of the plan to this file");
  command->add_option("--models", options->models,
                      "a csv of layer tables that comes before the built-in models");
  command
      ->add_option("--time-limit", options->time_limit_s,
                   "seconds after which the best plan so far is given; 0: none")
      ->check(NumberFrom(0, 1e6));
  command->footer(
      "Examples:\n"
      "  covey plan space.toml --explain\n"
      "  covey plan space.toml --policy mindev --json | jq .objective_s\n"
      "  covey plan space.toml --svg plan.svg\n"
      "A pipeline that no device can hold is an error; one that fits alone but not beside the\n"
      "others is refused in the answer, the lightest first.");
  command->callback([=, &chosen] { chosen = [=] { return Plan(*options); }; });
}

}  // namespace covey::app
