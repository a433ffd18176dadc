// covey eval DATA: the same samples at several (model, place) pairs, measured and compared.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>

#include "apps/covey/command.hpp"
#include "apps/covey/eval/options.hpp"
#include "apps/covey/eval/page.hpp"
#include "apps/covey/eval/report.hpp"
#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/file.hpp"
#include "apps/covey/io/numbers.hpp"
#include "core/host/temp_dir.hpp"

namespace covey::app {
namespace {

struct Options {
  std::string data, reference, csv, html, profiles;
  std::vector<std::string> pairs;
  SampleOptions samples;
  EvalOptions eval;
  std::vector<double> power;
  bool json = false;
};

Expected<void> WriteText(const std::string& path, const std::string& text) {
  if (path.empty()) return {};
  return WriteFile(path, std::as_bytes(std::span(text)));
}

Expected<void> WriteAll(const Options& options, const Evaluation& evaluation) {
  for (const auto& [path, text] :
       {std::pair{options.csv, options.csv.empty() ? "" : TrialsCsv(evaluation)},
        std::pair{options.html, options.html.empty() ? "" : EvalPage(evaluation)},
        std::pair{options.profiles, serve::WriteProfiles(ProfilesOf(evaluation))}}) {
    const Expected<void> written = WriteText(path, text);
    if (!written) return written;
  }
  return {};
}

Expected<void> CheckNames(const std::vector<Pair>& pairs, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const auto same = [&](const Pair& pair) { return pair.name == name; };
    if (std::none_of(pairs.begin(), pairs.end(), same))
      return MakeError(Code::kInvalidArgument,
                       "--approximate: found '" + name + "', expected the name of a pair");
  }
  return {};
}

// Two of one name would be one to the router.
Expected<std::vector<Pair>> ParsePairs(const std::vector<std::string>& texts) {
  std::vector<Pair> pairs;
  for (const std::string& text : texts) {
    Expected<Pair> pair = ParsePair(text);
    if (!pair) return pair.error();
    for (const Pair& other : pairs)
      if (other.name == pair.value().name)
        return MakeError(Code::kInvalidArgument, "'" + text + "': found the name '" + other.name +
                                                     "' twice, expected NAME=MODEL@PLACE to tell "
                                                     "them apart");
    pairs.push_back(std::move(pair).value());
  }
  return pairs;
}

int Eval(Options options) {
  RemoveTempDirsOnSignal();
  const Expected<std::vector<Pair>> pairs = ParsePairs(options.pairs);
  const Expected<void> known =
      pairs ? CheckNames(pairs.value(), options.eval.approximate) : pairs.error();
  if (!known) {
    PrintFailure(known.error(), options.json);
    return kUsage;
  }
  if (!options.reference.empty()) {
    const Expected<Pair> reference = ParsePair(options.reference);
    if (!reference) {
      PrintFailure(reference.error(), options.json);
      return kUsage;
    }
    options.eval.reference = reference.value();
  }
  if (!options.power.empty())
    options.eval.energy = {options.power[0], options.power[1], options.power[2], options.power[3]};
  options.eval.quiet = options.json;
  for (const std::string* path : {&options.csv, &options.html, &options.profiles}) {
    const Expected<void> writable = path->empty() ? Expected<void>() : CheckWritable(*path);
    if (!writable) return Fail(writable.error(), options.json);
  }
  Expected<EvalSamples> samples = ReadEvalSamples(options.data, options.samples);
  if (!samples) return Fail(samples.error(), options.json);
  Expected<Evaluation> evaluation =
      Evaluate(pairs.value(), std::move(samples).value(), options.eval);
  if (!evaluation) return Fail(evaluation.error(), options.json);
  evaluation.value().data = options.data;
  const bool stopped = !evaluation.value().stopped.empty();
  if (stopped && !options.json) std::cerr << "covey: " << evaluation.value().stopped << "\n";
  if (options.json) {
    PrintJson(std::cout, ToJson(evaluation.value()));
  } else {
    std::cout << FiguresText(evaluation.value());
  }
  // Last: a disk that is full takes no figure away.
  const Expected<void> written = WriteAll(options, evaluation.value());
  if (!written) return Fail(written.error(), options.json);
  return stopped ? kInterrupted : kDone;
}

constexpr char kFooter[] =
    "PAIR is [NAME=]MODEL@PLACE[+FORM]: a model file on host or board:m33|m4|m55|rv32, a model's\n"
    "name at agent:HOST:PORT; FORM is how pictures are sent (covey forms). A board's latency is "
    "modelled (instructions under QEMU x a cycle model).\n"
    "What each figure is: docs/guide/evaluation.md.\n"
    "Examples:\n"
    "  covey eval photos/ --labels labels.csv --run net.tflite@host --run net.tflite@board:m4\n"
    "  covey eval test.bin --type cifar10 --run mcu=resnet8.tflite@board:m4 \\\n"
    "      --run edge=resnet56@agent:127.0.0.1:7700 --reference resnet56.onnx \\\n"
    "      --rounds 3 --html report.html --csv trials.csv --profiles profiles.toml\n"
    "  covey eval kws01/ --type tensor --run dscnn.tflite@host --run dscnn.tflite@board:m33 --json";

}  // namespace

void AddEval(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "eval", "Measure accuracy and latency of models at places, on the same samples");
  command
      ->add_option("DATA", options->data,
                   "a folder or .tar of pictures, a folder with y_labels.csv, or raw samples")
      ->required();
  command->add_option("--run", options->pairs, "[NAME=]MODEL@PLACE; as often as there are pairs")
      ->required()
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--reference", options->reference,
                      "MODEL[@PLACE] that agreement and confidence deviation compare with");
  command
      ->add_option("--approximate", options->eval.approximate,
                   "names of pairs that are approximate variants, for the profiles")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  AddSampleOptions(*command, options->samples);
  AddPlaceOptions(*command, options->eval.place);
  command->add_option("--rounds", options->eval.rounds, "ask everything so often (default 1)")
      ->check(CLI::Range(1, 1000));
  command
      ->add_option("--power", options->power,
                   "the device's energy model: ACTIVE_MW WAITING_MW SEND_NJ RECEIVE_NJ a byte "
                   "(default 50 10 240 120)")
      ->expected(4)
      ->check(NumberFrom(0, 1e6));
  command->add_option("--html", options->html, "write a report to look at");
  command->add_option("--csv", options->csv, "write a line for each trial");
  command->add_option("--profiles", options->profiles, "write profiles for the router (TOML)");
  command->add_flag("--json", options->json, "print the figures as JSON");
  command->footer(kFooter);
  command->callback([=, &chosen] { chosen = [=] { return Eval(*options); }; });
}

}  // namespace covey::app
