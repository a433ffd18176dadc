#include "apps/covey/compile_dynamic.hpp"

#include <optional>
#include <set>
#include <utility>

#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/table.hpp"
#include "compiler/pipeline.hpp"
#include "kernels/weight_blocks.hpp"
#include "wire/image/reader.hpp"

namespace covey::app {
namespace {

using compiler::DynamicTrial;

constexpr size_t kMostSamples = 1000;  // that are counted

std::string Percent(double share) { return Fixed(100 * share, 1); }
std::string Whole(int64_t number) { return Thousands(static_cast<unsigned long long>(number)); }

}  // namespace

Expected<void> CheckDynamic(const DynamicJob& job) {
  if (!job.asked()) return {};
  if (job.data.target != "m4" && job.data.target != "m33")
    return MakeError(Code::kInvalidArgument,
                     "--dynamic " + job.how +
                         ": loops that pass over zeros are for Cortex-M4 and -M33, expected "
                         "--target m4 or m33 (found " +
                         job.data.target + ")");
  if (job.how == "auto" && job.data.calibrate.empty())
    return MakeError(Code::kInvalidArgument,
                     "--dynamic auto: needs --calibrate, samples of what the network will see; "
                     "without them expected never or all");
  return {};
}

Expected<Dynamic> ChooseDynamic(const compiler::Graph& graph,
                                const compiler::CompileOptions& limits, const DynamicJob& job,
                                const compiler::ByteSamples* given) {
  DiagText diag;
  compiler::CompileOptions how = limits;
  const auto target = compiler::TargetOf(job.data.target, diag);
  if (!target.ok()) return Explain("--dynamic", target.status(), diag);
  how.target = *target;
  compiler::Graph work = graph;
  const Status passed = compiler::RunPasses(work, diag);
  if (!passed.ok()) return Explain(graph.name, passed, diag);
  Dynamic made;
  if (job.how == "all") {
    auto all = compiler::AllPassingOver(work, how, diag);
    if (!all.ok()) return Explain("--dynamic all", all.status(), diag);
    made.choice = *std::move(all);
    return made;
  }
  std::optional<JobData> read;
  if (given == nullptr) {
    Expected<JobData> data = ReadJobData(job.data);
    if (!data) return data.error();
    given = &read.emplace(std::move(data.value())).data.samples;
  }
  const compiler::ByteSamples samples = compiler::EvenlyPicked(*given, kMostSamples);
  auto choice = compiler::WorthPassingOver(work, samples, how, diag);
  if (!choice.ok()) return Explain("--dynamic auto", choice.status(), diag);
  made.choice = *std::move(choice), made.samples = samples.count;
  return made;
}

void KeepWhatFits(std::span<const std::byte> image, Dynamic& made) {
  NoDiag checked;  // the compiler has written these bytes
  const auto view = wire::ImageView::Read(image, checked);
  if (!view.ok()) return;
  std::set<std::string> lists;
  for (uint32_t i = 0; i < view->op_count(); ++i) {
    const OpView op = view->ViewOp(i, nullptr);
    if (op.op == Op::kFullyConnected &&
        op.attr_as<ConvAttr>().weights_order == kernels::kWeightPairs)
      lists.insert(op.name);
  }
  const auto gone = [&](const std::string& layer) { return !lists.contains(layer); };
  std::erase_if(made.choice.layers, gone);
  for (DynamicTrial& trial : made.choice.trials) trial.taken = trial.taken && !gone(trial.layer);
}

std::string Text(const Dynamic& made) {
  if (made.choice.trials.empty())
    return "zero inputs: no fully connected layer that could pass over them\n";
  Table table({"layer", ">outputs", ">inputs", ">kept, %", ">least", ">most", ">instructions",
               ">passing over", ">at worst", "taken"});
  for (const DynamicTrial& trial : made.choice.trials) {
    const bool seen = made.samples > 0;
    table.Add({trial.layer, std::to_string(trial.outputs), std::to_string(trial.inputs),
               seen ? Percent(trial.kept) : "-", seen ? Percent(trial.least) : "-",
               seen ? Percent(trial.most) : "-", Whole(trial.before),
               seen ? Whole(trial.after) : "-", Whole(trial.worst), trial.taken ? "yes" : ""});
  }
  const std::string by =
      made.samples == 0 ? "" : ", by " + Whole(static_cast<int64_t>(made.samples)) + " samples";
  return table.Text() + "zero inputs passed over in " + std::to_string(made.choice.layers.size()) +
         " of " + std::to_string(made.choice.trials.size()) +
         " fully connected layers (instructions are estimates" + by +
         "); the bytes stay the same\n";
}

Json ToJson(const Dynamic& made) {
  Json trials = Json::array();
  for (const DynamicTrial& trial : made.choice.trials)
    trials.push_back({{"layer", trial.layer},
                      {"outputs", trial.outputs},
                      {"inputs", trial.inputs},
                      {"kept", trial.kept},
                      {"kept_least", trial.least},
                      {"kept_most", trial.most},
                      {"estimated_before", trial.before},
                      {"estimated_after", trial.after},
                      {"estimated_worst", trial.worst},
                      {"taken", trial.taken}});
  return {{"layers", made.choice.layers}, {"samples", made.samples}, {"trials", trials}};
}

}  // namespace covey::app
