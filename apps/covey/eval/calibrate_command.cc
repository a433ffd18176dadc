// covey calibrate DATA: when a local answer is sure enough, so that the rest alone is sent.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <numeric>

#include "apps/covey/command.hpp"
#include "apps/covey/eval/calibrate.hpp"
#include "apps/covey/eval/options.hpp"
#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/file.hpp"
#include "apps/covey/io/numbers.hpp"
#include "apps/covey/io/table.hpp"
#include "core/host/temp_dir.hpp"
#include "serve/profiles/profiles.hpp"

namespace covey::app {
namespace {

// Of fewer, all alike, one could believe anything.
constexpr size_t kLeastSamples = 30;

struct Options {
  std::string data, test, test_labels, local, remote, profiles;
  SampleOptions samples;
  PlaceOptions place;
  double target = 0.99;
  bool json = false;
};

// Every second sample of `all`, from `first` on.
EvalSamples Half(const EvalSamples& all, size_t first) {
  EvalSamples half;
  for (size_t i = first; i < all.images.size(); i += 2) {
    half.images.push_back(all.images[i]);
    half.names.push_back(all.names[i]);
    if (!all.labels.empty()) half.labels.push_back(all.labels[i]);
  }
  return half;
}

struct Splits {
  EvalSamples fit, proof;
};

Expected<Splits> ReadSplits(const Options& options) {
  Expected<EvalSamples> all = ReadEvalSamples(options.data, options.samples);
  if (!all) return all.error();
  const size_t least = options.test.empty() ? 2 * kLeastSamples : kLeastSamples;
  if (all.value().images.size() < least)
    return MakeError(Code::kInvalidArgument,
                     options.data + ": found " + std::to_string(all.value().images.size()) +
                         " samples, expected at least " + std::to_string(least) +
                         " to choose on; fewer prove nothing");
  if (options.test.empty()) return Splits{Half(all.value(), 0), Half(all.value(), 1)};
  SampleOptions of_test = options.samples;
  of_test.labels = options.test_labels;
  of_test.most = 0;
  Expected<EvalSamples> test = ReadEvalSamples(options.test, of_test);
  if (!test) return test.error();
  if (test.value().labels.empty() != all.value().labels.empty())
    return MakeError(Code::kInvalidArgument,
                     options.test + ": expected labels for both sets or for neither");
  return Splits{std::move(all).value(), std::move(test).value()};
}

// A file of covey eval that knows both.
Expected<serve::Profiles> ReadProfiles(const std::string& path, const Pair& local,
                                       const Pair& remote) {
  DiagText diag;
  Result<serve::Profiles> profiles = serve::ReadProfileFile(path, diag);
  if (!profiles.ok()) return Explain(path, profiles.status(), diag);
  for (const Pair* pair : {&local, &remote}) {
    if (profiles->Find(pair->name) != nullptr) continue;
    return MakeError(Code::kNotFound, path + ": found no profile '" + pair->name +
                                          "', expected one that covey eval wrote");
  }
  return *std::move(profiles);
}

// The file with this cascade in it, in the place of one between the same two.
Expected<void> WriteCascade(const Options& options, const Pair& local, const Pair& remote,
                            const Calibrated& found, const Proof& proof) {
  Expected<serve::Profiles> read = ReadProfiles(options.profiles, local, remote);
  if (!read) return read.error();
  serve::Profiles& profiles = read.value();
  std::erase_if(profiles.cascades, [&](const serve::CascadeProfile& old) {
    return old.local == local.name && old.remote == remote.name;
  });
  profiles.cascades.push_back({.local = local.name,
                               .remote = remote.name,
                               .calibration = found.table,
                               .temperature = found.temperature,
                               .accuracy = proof.cascade.value,
                               .traffic = proof.traffic.value,
                               .target = found.target,
                               .error_before = proof.error_before,
                               .error_tempered = proof.error_tempered,
                               .error_after = proof.error_after});
  const std::string text = serve::WriteProfiles(profiles);
  return WriteFile(options.profiles, std::as_bytes(std::span(text)));
}

std::string Percent(const serve::Estimate& e) {
  return Fixed(100 * e.value, 2) + " % (" + Fixed(100 * e.low, 2) + " to " +
         Fixed(100 * e.high, 2) + ")";
}

void Print(const Calibrated& found, const Proof& fit, const Proof& proof) {
  Table table({"", ">where it was chosen", ">where it is proven"});
  table.Add({"samples", std::to_string(fit.samples), std::to_string(proof.samples)});
  table.Add({"local alone", Percent(fit.local), Percent(proof.local)});
  table.Add({"remote alone", Percent(fit.remote), Percent(proof.remote)});
  table.Add({"cascade", Percent(fit.cascade), Percent(proof.cascade)});
  table.Add({"... of the remote's", Percent(fit.of_remote), Percent(proof.of_remote)});
  table.Add({"requests sent", Percent(fit.traffic), Percent(proof.traffic)});
  table.Add(
      {"calibration error, as it is", Fixed(fit.error_before, 4), Fixed(proof.error_before, 4)});
  table.Add({"... with temperature " + Fixed(found.temperature, 3), Fixed(fit.error_tempered, 4),
             Fixed(proof.error_tempered, 4)});
  table.Add({"... by the table", Fixed(fit.error_after, 4), Fixed(proof.error_after, 4)});
  std::cout << table.Text();
  if (found.table.keep_at > kOne) {
    std::cout << "Nothing can be kept at this target: every request is sent.\n";
  } else {
    std::cout << "Keep a local answer if its calibrated confidence is at least "
              << Fixed(found.table.keep_at / 1e4, 4) << ".\n";
  }
}

int Calibrate(const Options& options) {
  RemoveTempDirsOnSignal();
  const Expected<Pair> local = ParsePair(options.local), remote = ParsePair(options.remote);
  for (const Expected<Pair>* pair : {&local, &remote}) {
    if (*pair) continue;
    PrintFailure(pair->error(), options.json);
    return kUsage;
  }
  if (!options.profiles.empty()) {  // What is wrong with it is told before the long work.
    const auto known = ReadProfiles(options.profiles, local.value(), remote.value());
    if (!known) return Fail(known.error(), options.json);
    if (local.value().name == remote.value().name)
      return Fail(MakeError(Code::kInvalidArgument,
                            "--local and --remote: found the name '" + local.value().name +
                                "' twice, expected NAME=MODEL@PLACE to tell them apart"),
                  options.json);
  }
  const Expected<Splits> splits = ReadSplits(options);
  if (!splits) return Fail(splits.error(), options.json);
  const auto fit = AskBoth(local.value(), remote.value(), splits.value().fit, options.place);
  if (!fit) return Fail(fit.error(), options.json);
  const auto test = AskBoth(local.value(), remote.value(), splits.value().proof, options.place);
  if (!test) return Fail(test.error(), options.json);
  const Calibrated found = CalibrateOn(fit.value(), options.target);
  const Proof on_fit = ProveOn(fit.value(), found), proof = ProveOn(test.value(), found);
  if (!options.profiles.empty()) {
    const Expected<void> written =
        WriteCascade(options, local.value(), remote.value(), found, proof);
    if (!written) return Fail(written.error(), options.json);
  }
  if (!options.json) {
    Print(found, on_fit, proof);
    return kDone;
  }
  PrintJson(std::cout, {{"local", local.value().name},
                        {"remote", remote.value().name},
                        {"labels", fit.value().labelled},
                        {"chosen", ToJson(found)},
                        {"fit", ToJson(on_fit)},
                        {"proof", ToJson(proof)}});
  return kDone;
}

constexpr char kFooter[] =
    "PAIR is [NAME=]MODEL@PLACE, as for covey eval. All is chosen on DATA, and counted on --test;\n"
    "without --test every second sample of DATA is kept aside for that.\n"
    "Examples:\n"
    "  covey calibrate train.bin --type cifar10 --local mcu=resnet8.tflite \\\n"
    "      --remote edge=resnet56@agent:127.0.0.1:7700 --test test.bin --target 0.99\n"
    "  covey calibrate photos/ --labels labels.csv --local small.covey --remote large.onnx \\\n"
    "      --profiles profiles.toml --json";

}  // namespace

void AddCalibrate(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "calibrate", "Find when a local answer is sure enough, so that the rest alone is sent");
  command->add_option("DATA", options->data, "samples to choose on, as for covey eval")->required();
  command->add_option("--local", options->local, "the pair that answers first")->required();
  command->add_option("--remote", options->remote, "the pair that gets the rest")->required();
  command
      ->add_option("--target", options->target,
                   "least accuracy, as a part of the remote's (default 0.99)")
      ->check(NumberFrom(0, 1));
  command->add_option("--test", options->test, "samples that nothing is chosen on");
  command->add_option("--test-labels", options->test_labels, "their class numbers");
  AddSampleOptions(*command, options->samples);
  AddPlaceOptions(*command, options->place);
  command->add_option("--profiles", options->profiles,
                      "a file of covey eval: the cascade is written into it");
  command->add_flag("--json", options->json, "print JSON");
  command->footer(kFooter);
  command->callback([=, &chosen] { chosen = [=] { return Calibrate(*options); }; });
}

}  // namespace covey::app
