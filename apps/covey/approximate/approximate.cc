#include "apps/covey/approximate/approximate.hpp"

#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "apps/covey/approximate/on_chip.hpp"
#include "apps/covey/approximate/split.hpp"
#include "apps/covey/data/labels.hpp"
#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/table.hpp"
#include "apps/covey/model/file.hpp"
#include "apps/covey/quantize/data.hpp"
#include "compiler/pipeline.hpp"

namespace covey::app {
namespace {

// One line on a terminal that says what is being tried.
class Notes {
 public:
  ~Notes() { Wipe(); }
  void Say(const std::string& what) {
    if (!shown_) return;
    Wipe();
    std::cerr << ++count_ << ": " << what << std::flush;
    length_ = what.size() + 12;
  }

 private:
  void Wipe() {
    if (length_ > 0) std::cerr << '\r' << std::string(length_, ' ') << '\r' << std::flush;
    length_ = 0;
  }
  const bool shown_ = isatty(STDERR_FILENO) != 0;
  size_t count_ = 0, length_ = 0;
};

Expected<void> CheckLabels(const LabelledBytes& data, size_t classes, const std::string& path) {
  for (size_t i = 0; i < data.labels.size(); ++i) {
    if (data.labels[i] < static_cast<int>(classes)) continue;
    return MakeError(Code::kInvalidArgument, path + ": sample " + std::to_string(i) +
                                                 " has label " + std::to_string(data.labels[i]) +
                                                 ", the network has " + std::to_string(classes) +
                                                 " outputs");
  }
  return {};
}

std::string PercentText(double part) { return Fixed(100 * part, 2) + " %"; }
std::string IntervalText(const compiler::Proportion& p) {
  return PercentText(p.value) + " (95 % interval " + PercentText(p.low) + " to " +
         PercentText(p.high) + ")";
}

Json ToJson(const compiler::Proportion& p) {
  return {{"value", p.value}, {"low", p.low}, {"high", p.high}};
}

// A float network becomes an int8 one, and others with more and more int16.
Expected<void> QuantiseFloats(const ApproximateJob& job, const DataReader::Options& how,
                              JobData& made) {
  if (!IsFloat(made.graph)) {
    if (!job.slower) return {};
    return MakeError(Code::kInvalidArgument,
                     job.model +
                         ": is an int8 network: int16 (--slower) needs the float one, whose "
                         "numbers an int8 file no longer holds");
  }
  if (job.unseen)
    return MakeError(Code::kInvalidArgument,
                     job.model +
                         ": is a float network, whose answers are what losses are measured "
                         "against: --unseen is for int8 networks");
  DiagText diag;
  const auto target = compiler::TargetOf(job.target, diag);
  if (!target.ok()) return Explain("compile", target.status(), diag);
  Expected<Floats> floats = ReadFloats(
      made.graph, job.calibrate,
      {.data = how, .slower = job.slower.value_or(kSlower), .target = *target, .seed = job.seed});
  if (!floats) return floats.error();
  made.graph = floats.value().narrow();
  made.graph.source = floats.value().graph.source;
  made.floats = std::move(floats.value());
  return {};
}

}  // namespace

Expected<ReadyJob> ReadyOf(JobData&& read, const ApproximateJob& job) {
  ReadyJob ready;
  ready.parts = SplitInThree(read.data, job.seed);
  ready.data = {ready.parts.calibrate.samples, ready.parts.select.samples,
                ready.parts.select.labels};
  if (!read.floats) return ready;
  const ThreeParts parts = SplitInThree(read.floats->data, job.seed);
  Expected<compiler::Answers> select = read.floats->AnswersOf(parts.select);
  if (!select) return select.error();
  ready.data.floats = std::move(select.value());
  ready.precisions = read.floats->precisions();
  ready.floats = std::move(read.floats);
  return ready;
}

Expected<JobData> ReadJobData(const ApproximateJob& job) {
  DiagText diag;
  JobData made;
  Result<compiler::Graph> graph = compiler::ImportFile(job.model, diag);
  if (!graph.ok()) return Explain(job.model, graph.status(), diag);
  made.graph = *std::move(graph);
  const DataReader::Options how{
      .type = job.type, .scale = job.scale, .zero = job.zero, .most = job.samples};
  const Expected<void> floats = QuantiseFloats(job, how, made);
  if (!floats) return floats.error();
  const Result<std::vector<std::byte>> image = compiler::Compile(made.graph, diag);
  if (!image.ok()) return Explain(job.model, image.status(), diag);
  const ImageBytes bytes(*image);
  const auto reader = DataReader::Make(bytes.span(), job.model);
  if (!reader) return reader.error();
  Expected<LabelledBytes> data = made.floats ? made.floats->Bytes(job.calibrate, how)
                                             : reader.value()->Read(job.calibrate, how);
  if (!data) return data.error();
  made.data = std::move(data.value());
  const size_t count = made.data.samples.count;
  if (count < kFewestSamples) {
    return MakeError(Code::kInvalidArgument,
                     job.calibrate + (count == job.samples ? ": --samples is " : ": holds ") +
                         std::to_string(count) + (count == job.samples ? "" : " samples") +
                         ", at least " + std::to_string(kFewestSamples) +
                         " are needed: a third calibrates, a third chooses, a third reports");
  }
  if (!job.labels.empty()) {
    Expected<std::vector<int>> labels = ReadClasses(job.labels, count);
    if (!labels) return labels.error();
    made.data.labels = std::move(labels.value());
  }
  if (made.floats) made.floats->data.labels = made.data.labels;
  const Result<wire::ImageView> view = wire::ImageView::Read(bytes.span(), diag);
  if (!view.ok()) return Explain(job.model, view.status(), diag);
  const wire::TensorRecord& output = view->tensor(view->output_tensor(0));
  const Expected<void> fit =
      CheckLabels(made.data, output.bytes, job.labels.empty() ? job.calibrate : job.labels);
  if (!fit) return fit.error();
  return made;
}

compiler::TuneOptions TuningOf(const ApproximateJob& job) {
  compiler::TuneOptions tune;
  if (job.effort == "quick") tune.visits = 0;
  if (job.effort == "thorough") tune.visits *= 4;
  return tune;
}

compiler::ExploreOptions OptionsOf(const ApproximateJob& job, const compiler::CompileOptions& how) {
  compiler::ExploreOptions options;
  options.compile = how;
  options.compile.wait = WaitOf(job.chip, job.minimise);
  options.tune = TuningOf(job);
  if (!job.chip.empty()) options.on_chip = OnChip(job.chip);
  options.minimise = MinimiseOf(job.minimise);
  options.unpack = job.unpack;
  if (job.unseen) options.harden = compiler::HardenOptions{.accuracy = *job.unseen / 100};
  return options;
}

Expected<std::vector<Approximated>> ApproximateAll(const ApproximateJob& job,
                                                   const std::vector<double>& losses) {
  Expected<JobData> read = ReadJobData(job);
  if (!read) return read.error();
  DiagText diag;
  const Result<compiler::Target> target = compiler::TargetOf(job.target, diag);
  if (!target.ok()) return Explain("compile", target.status(), diag);
  const compiler::Graph graph = read.value().graph;
  Expected<ReadyJob> ready = ReadyOf(std::move(read.value()), job);
  if (!ready) return ready.error();
  ThreeParts& parts = ready.value().parts;
  Notes notes;
  compiler::ExploreOptions options =
      OptionsOf(job, {.target = *target, .ram_bytes = job.ram, .flash_bytes = job.flash});
  options.progress = [&](const std::string& what) { notes.Say(what); };
  options.precisions = ready.value().precisions;
  auto explorer = compiler::Explorer::Make(graph, ready.value().data, options, diag);
  if (!explorer.ok()) return Explain(job.model, explorer.status(), diag);
  std::vector<Approximated> all;
  for (const double loss : losses) {
    Approximated& made = all.emplace_back();
    made.max_loss = loss;
    made.calibrate = parts.calibrate.samples.count, made.select = parts.select.samples.count;
    made.report = parts.report.samples.count;
    auto found = compiler::FindBest(*explorer, loss / 100, diag);
    if (!found.ok()) return Explain(job.model, found.status(), diag);
    made.found = *std::move(found);
    made.exact = explorer->exact();
    made.graph = made.found.best.graph, made.base = graph;
    made.hardness = explorer->hardness(), made.seen = explorer->seen();
  }
  notes.Say("reporting");
  size_t repeats = 1;
  if (options.harden) {
    auto hard = compiler::Hardened(explorer->study().graph(), parts.report.samples,
                                   parts.report.labels, *options.harden, diag);
    if (!hard.ok()) return Explain(job.calibrate, hard.status(), diag);
    parts.report.samples = std::move(hard->samples), parts.report.labels = std::move(hard->labels);
    repeats = options.harden->copies;
  }
  auto exact = compiler::AnswersOf(explorer->study().graph(), parts.report.samples, nullptr, diag);
  if (!exact.ok()) return Explain(job.model, exact.status(), diag);
  if (const auto& floats = ready.value().floats) {
    Expected<compiler::Answers> answers =
        floats->AnswersOf(SplitInThree(floats->data, job.seed).report);
    if (!answers) return answers.error();
    if (!parts.report.labels.empty())
      all.front().int8_top1 =
          compiler::Compare(answers.value(), *exact, parts.report.labels, repeats).top1.value;
    exact = std::move(answers.value());
  }
  for (Approximated& made : all) {
    made.floats = ready.value().floats.has_value();
    made.precisions = PrecisionText(ready.value().floats);
    made.int8_top1 = all.front().int8_top1;
    compiler::Graph small = made.graph;
    const Status passed = compiler::RunPasses(small, diag);
    if (!passed.ok()) return Explain(job.model, passed, diag);
    const auto answers = compiler::AnswersOf(small, parts.report.samples, nullptr, diag);
    if (!answers.ok()) return Explain(job.model, answers.status(), diag);
    made.agreement = compiler::Agreement(*exact, *answers);
    if (parts.report.labels.empty()) continue;
    made.reported = compiler::Compare(*exact, *answers, parts.report.labels, repeats);
    made.exact_top1 = compiler::Compare(*exact, *exact, parts.report.labels, repeats).top1.value;
  }
  return all;
}

Expected<Approximated> Approximate(const ApproximateJob& job) {
  Expected<std::vector<Approximated>> all = ApproximateAll(job, {job.max_loss});
  if (!all) return all.error();
  return std::move(all.value().front());
}

std::string PrecisionText(const std::optional<Floats>& floats) {
  if (!floats)
    return "int16 was no choice: an int8 file no longer holds what it would keep (the float "
           "network does)\n";
  const auto& steps = floats->quantised.precisions;
  if (steps.size() < 2)
    return "losses are against the float network; no tensor was worth int16 (--slower)\n";
  std::string text = "losses are against the float network; int16 1 to " +
                     std::to_string(steps.size() - 1) + " widen";
  for (size_t i = 1; i < steps.size(); ++i)
    text += (i == 1 ? " '" : ", '") + steps[i].raised + "' (" + Fixed(steps[i].sqnr_db, 1) + " dB)";
  return text + "; all int8: " + Fixed(steps[0].sqnr_db, 1) + " dB\n";
}

std::string Text(const Approximated& made) {
  const compiler::Point& best = made.found.best.point;
  const compiler::Point& exact = made.exact;
  Table table({"layer", "op", ">MACs", ">left", "form", ">removed"});
  for (const compiler::LayerNote& layer : best.layers)
    table.Add({layer.name, layer.op, Thousands(layer.macs_exact), Thousands(layer.macs),
               layer.form.empty() ? "-" : layer.form,
               layer.removed > 0 ? PercentText(layer.removed) : "-"});
  std::string text = table.Text();
  const double part =
      static_cast<double>(best.instructions) / static_cast<double>(exact.instructions) - 1;
  text += "approximated: " + best.recipe.Text() + ", the best of " +
          std::to_string(made.found.points.size()) + "; instructions, by estimate, " +
          Thousands(static_cast<unsigned long long>(exact.instructions)) + " -> " +
          Thousands(static_cast<unsigned long long>(best.instructions)) + " (" + PercentText(part) +
          ")\n";
  if (best.chip && exact.chip) {
    text += "counted under QEMU " +
            Thousands(static_cast<unsigned long long>(exact.chip->instructions)) + " -> " +
            Thousands(static_cast<unsigned long long>(best.chip->instructions)) + "; modelled " +
            Fixed(exact.chip->milliseconds, 2) + " -> " + Fixed(best.chip->milliseconds, 2) +
            " ms, " + Fixed(exact.chip->microjoules, 0) + " -> " +
            Fixed(best.chip->microjoules, 0) + " uJ\n";
  }
  text += made.precisions;
  text += std::to_string(made.calibrate) + " samples calibrated, " + std::to_string(made.select) +
          " others chose" +
          (made.reported ? "" : " by agreement with the exact network, for want of labels") + "\n";
  if (made.hardness > 0)
    text +=
        "both changed, three times each, until the exact network is as often wrong as on samples "
        "that did not train it\n";
  if (made.seen)
    text +=
        "note: the exact network is right on nearly all samples that chose; if it was trained on "
        "them, losses elsewhere do not show there: see --unseen\n";
  if (made.reported) {
    text += "on " + std::to_string(made.report) + " further samples: top-1 " +
            (made.floats ? "float " : "exact ") + PercentText(made.exact_top1) +
            (made.floats ? ", all int8 " + PercentText(made.int8_top1) : "") + ", approximated " +
            IntervalText(made.reported->top1) + "; difference " +
            IntervalText(made.reported->difference) + "\n";
  }
  text += std::string("agrees with the ") + (made.floats ? "float" : "exact") + " network on " +
          PercentText(made.agreement) + " of " + std::to_string(made.report) + " further samples\n";
  return text;
}

Json ToJson(const compiler::Point& point) {
  Json layers = Json::array();
  for (const compiler::LayerNote& layer : point.layers)
    layers.push_back({{"op", layer.op},
                      {"name", layer.name},
                      {"macs_exact", layer.macs_exact},
                      {"macs", layer.macs},
                      {"form", layer.form},
                      {"removed", layer.removed}});
  Json json = {{"recipe", point.recipe.Text()},
               {"policy", compiler::PolicyName(point.recipe.policy)},
               {"estimated_instructions", point.instructions},
               {"macs", point.macs},
               {"image_bytes", point.image_bytes},
               {"arena_bytes", point.arena_bytes},
               {"cost", point.cost},
               {"agreement", point.agreement},
               {"loss", point.loss},
               {"unpacked", point.unpacked},
               {"layers", layers}};
  if (point.chip) {
    json["cpp_flash_bytes"] = point.chip->flash_bytes;
    json["counted_instructions"] = point.chip->instructions;
    json["modelled_ms"] = point.chip->milliseconds;
    json["modelled_uj"] = point.chip->microjoules;
  }
  if (point.accuracy) {
    json["top1"] = ToJson(point.accuracy->top1);
    json["difference"] = ToJson(point.accuracy->difference);
  }
  return json;
}

Json ToJson(const Approximated& made) {
  Json json = {{"max_loss_points", made.max_loss},
               {"calibrate_samples", made.calibrate},
               {"select_samples", made.select},
               {"report_samples", made.report},
               {"labels", made.reported.has_value()},
               {"tried", made.found.points.size()},
               {"hardness", made.hardness},
               {"probably_trained_on", made.seen},
               {"against_float", made.floats},
               {"exact_estimated_instructions", made.exact.instructions},
               {"best", ToJson(made.found.best.point)},
               {"report_agreement", made.agreement}};
  if (made.reported) {
    json["report_top1_exact"] = made.exact_top1;
    if (made.floats) json["report_top1_int8"] = made.int8_top1;
    json["report_top1"] = ToJson(made.reported->top1);
    json["report_difference"] = ToJson(made.reported->difference);
  }
  return json;
}

}  // namespace covey::app
