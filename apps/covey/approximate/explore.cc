// covey explore MODEL --calibrate DATA --report report.html: the designs of an approximated network
// between cost and loss.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>

#include "apps/covey/approximate/choosing.hpp"
#include "apps/covey/approximate/explore_text.hpp"
#include "apps/covey/approximate/exploring.hpp"
#include "apps/covey/approximate/front.hpp"
#include "apps/covey/command.hpp"
#include "apps/covey/compile_unpack.hpp"
#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/file.hpp"
#include "apps/covey/io/json.hpp"
#include "apps/covey/io/numbers.hpp"

namespace covey::app {
namespace {

using compiler::Point;

struct Options : ExploreJob {
  std::string report, csv, images, unpack;
  bool json = false;
};

Expected<void> WriteText(const std::string& path, const std::string& text) {
  return path.empty() ? Expected<void>() : WriteFile(path, std::as_bytes(std::span(text)));
}

// What is told after hours could not be written is told before.
Expected<void> CheckOutputs(const Options& options) {
  for (const std::string* path : {&options.report, &options.csv}) {
    const Expected<void> writable = path->empty() ? Expected<void>() : CheckWritable(*path);
    if (!writable) return writable;
  }
  if (options.images.empty()) return {};
  std::error_code error;
  std::filesystem::create_directories(options.images, error);
  if (!std::filesystem::is_directory(options.images, error))
    return MakeError(Code::kInvalidArgument, options.images + ": is no folder");
  return CheckWritable(options.images + "/front.covey");
}

int Explore(const Options& given) {
  Options options = given;
  if (options.state.empty()) options.state = options.report + ".state.json";
  options.quiet = options.json;
  Expected<void> sane = CheckChoosing(options.job);
  const bool cortex = options.job.target == "m4" || options.job.target == "m33";
  if (options.unpack.empty())
    options.unpack = !options.job.chip.empty() && cortex ? "auto" : "never";
  options.job.unpack = options.unpack == "auto";
  if (sane) sane = CheckUnpack({{options.unpack}, options.job.target, "", ""});
  if (sane) sane = CheckOutputs(options);
  if (!sane) return Fail(sane.error(), options.json);
  Exploring exploring(options);
  const Expected<Exploration> made = exploring.Run();
  if (!made) return Fail(made.error(), options.json);
  Expected<void> written = WriteText(options.report, ReportPage(made.value()));
  if (written) written = WriteText(options.csv, PointsCsv(made.value()));
  if (written && !options.images.empty())
    written = exploring.WriteImages(made.value(), options.images);
  if (!written) return Fail(written.error(), options.json);
  if (!options.json) {
    std::cout << FrontText(made.value(), exploring.resumed()) << options.report << '\n';
    return kDone;
  }
  Json points = Json::array();
  for (const Point& point : made.value().points) points.push_back(PointJson(point));
  PrintJson(std::cout, {{"model", options.job.model},
                        {"target", options.job.target},
                        {"report", options.report},
                        {"minimised", options.job.minimise},
                        {"chip", options.job.chip},
                        {"calibrate_samples", made.value().calibrate},
                        {"select_samples", made.value().select},
                        {"labels", made.value().labelled},
                        {"precisions", made.value().precisions},
                        {"resumed", exploring.resumed()},
                        {"exact", PointJson(made.value().exact)},
                        {"points", points},
                        {"front", FrontOf(made.value().points)}});
  return kDone;
}

constexpr char kFooter[] =
    "Each design is tried with the network as it then is: refitted, compiled, run over samples\n"
    "that did not make it. What is known is kept in the state file: after an end of any kind the\n"
    "same command goes on.\n"
    "Examples:\n"
    "  covey explore net.onnx --calibrate train.tar --report net.html --target m33\n"
    "  covey explore net.tflite --calibrate samples/ --labels labels.csv --report net.html \\\n"
    "      --flash 512k --ram 64k --target m33 \\\n"
    "      --chip STM32U575 --minimise energy --csv net.csv --images front/";

}  // namespace

void AddExplore(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<Options>();
  options->job.target = "m4", options->job.max_loss = 3;
  CLI::App* command = app.add_subcommand(
      "explore", "Find designs of a network between cost and accuracy, and show them on a page");
  command->add_option("MODEL", options->job.model, "an int8 or float .tflite or .onnx file")
      ->required();
  command
      ->add_option("--calibrate", options->job.calibrate,
                   "samples, as for compile: a third calibrates, a third chooses, a third is left")
      ->required();
  command->add_option("--labels", options->job.labels, "a class number a line, for --calibrate");
  command->add_option("--type", options->job.type, "of raw samples, as for compile")
      ->check(CLI::IsMember({"int8", "uint8", "float32", "cifar10"}));
  command->add_option("--samples", options->job.samples, "most samples to use (default 12000)")
      ->check(CLI::Range(1, 1000000));
  command
      ->add_option("--effort", options->job.effort,
                   "quick: layer by layer only; normal (default): tuned; thorough: longer")
      ->check(CLI::IsMember({"quick", "normal", "thorough"}));
  command->add_option("--seed", options->job.seed, "of the split in three (default 1)")
      ->check(WholeNumber(UINT32_MAX));
  command->add_option("--report", options->report, "the page to write (HTML)")->required();
  command->add_option("--csv", options->csv, "all points as CSV");
  command->add_option("--state", options->state,
                      "what is known so far; default: the report's name and .state.json");
  command->add_option("--images", options->images, "a folder for the images of the front");
  command->add_option("--target", options->job.target, "m4 (default), m33, m55 or rv32")
      ->check(CLI::IsMember({"m33", "m4", "m55", "rv32"}));
  command->add_option("--ram", options->job.ram, "bytes that the arena may take (64k)")
      ->transform(WholeBytes());
  command->add_option("--flash", options->job.flash, "bytes that the image may take (512k)")
      ->transform(WholeBytes());
  command
      ->add_option("--most-loss", options->job.max_loss,
                   "points of accuracy at which a row of designs ends (default 3)")
      ->check(NumberFrom(0, 100));
  command->add_option("--points", options->points, "most designs to try (default 80)")
      ->check(CLI::Range(1, 100000));
  AddChoosing(*command, options->job);
  command
      ->add_option("--unpack", options->unpack,
                   "auto (default with --chip, on m4 and m33): what is on the front is tried with "
                   "weights as literals of generated C++ as well, where that pays; or never")
      ->check(CLI::IsMember({"auto", "never"}));
  command->add_flag("--json", options->json, "print all points as JSON");
  command->footer(kFooter);
  command->callback([=, &chosen] { chosen = [=] { return Explore(*options); }; });
}

}  // namespace covey::app
