#include "apps/covey/compile_unpack.hpp"

#include <algorithm>

#include "apps/covey/approximate/on_chip.hpp"
#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/table.hpp"
#include "compiler/pipeline.hpp"

namespace covey::app {
namespace {

using compiler::UnpackTrial;

bool IsWord(const std::string& name) { return name == "never" || name == "auto" || name == "all"; }

std::string Names(const std::vector<std::string>& layers) {
  std::string text;
  for (const std::string& layer : layers) text += (text.empty() ? "" : ", ") + layer;
  return text.empty() ? "none" : text;
}

}  // namespace

Expected<void> CheckUnpack(const UnpackJob& job) {
  const auto word = std::find_if(job.how.begin(), job.how.end(), IsWord);
  if (word != job.how.end() && job.how.size() > 1)
    return MakeError(Code::kInvalidArgument,
                     "--unpack: '" + *word + "' stands alone, or name layers (covey inspect)");
  if (!job.asked() || job.target == "m4" || job.target == "m33") return {};
  return MakeError(Code::kInvalidArgument,
                   "--unpack " + job.how[0] +
                       ": weights as code are for Cortex-M4 and -M33, expected --target m4 or m33 "
                       "(found " +
                       job.target + ")");
}

Expected<Unpacked> ChooseUnpacked(const compiler::Graph& graph,
                                  const compiler::CompileOptions& limits, const UnpackJob& job) {
  Unpacked made;
  DiagText diag;
  compiler::UnpackOptions options{.compile = limits};
  const auto target = compiler::TargetOf(job.target, diag);
  if (!target.ok()) return Explain("--unpack", target.status(), diag);
  options.compile.target = *target;
  if (!job.automatic() && job.how[0] != "all") {
    made.choice.layers = job.how;
    return made;
  }
  compiler::Graph work = graph;
  const Status passed = compiler::RunPasses(work, diag);
  if (!passed.ok()) return Explain(graph.name, passed, diag);
  if (!job.automatic()) {
    auto all = compiler::UnpackableIn(work, *target, diag);
    if (!all.ok()) return Explain("--unpack all", all.status(), diag);
    made.choice.layers = *std::move(all);
    return made;
  }
  if (!job.chip.empty()) {
    options.on_chip = OnChip(job.chip);
    options.energy = MinimiseOf(job.minimise) == compiler::Minimise::kEnergy;
    made.chip = job.chip, made.unit = options.energy ? "uJ" : "ms";
  }
  auto choice = compiler::WorthUnpacking(work, options, diag);
  if (!choice.ok()) return Explain("--unpack auto", choice.status(), diag);
  made.choice = *std::move(choice);
  return made;
}

std::string Text(const Unpacked& made) {
  std::string text;
  if (!made.chip.empty()) {
    Table table(
        {"layer", ">code, bytes", ">loops, " + made.unit, ">code, " + made.unit, "as code"});
    for (const UnpackTrial& trial : made.choice.trials)
      table.Add({trial.layer, Thousands(static_cast<unsigned long long>(trial.code_bytes)),
                 trial.measured ? Fixed(trial.loops, 3) : "-",
                 trial.measured ? Fixed(trial.code, 3) : "-", trial.taken ? "yes" : ""});
    text += table.Text();
  }
  text += "weights as code: " + Names(made.choice.layers);
  if (!made.chip.empty())
    text += "; modelled for the " + made.chip + " " + Fixed(made.choice.before, 2) + " -> " +
            Fixed(made.choice.after, 2) + " " + made.unit;
  return text + "\n";
}

Json ToJson(const Unpacked& made) {
  Json trials = Json::array();
  for (const UnpackTrial& trial : made.choice.trials)
    trials.push_back({{"layer", trial.layer},
                      {"code_bytes", trial.code_bytes},
                      {"measured", trial.measured},
                      {"loops", trial.loops},
                      {"code", trial.code},
                      {"taken", trial.taken}});
  return {{"layers", made.choice.layers}, {"chip", made.chip},          {"unit", made.unit},
          {"before", made.choice.before}, {"after", made.choice.after}, {"trials", trials}};
}

}  // namespace covey::app
