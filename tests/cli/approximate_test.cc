// covey compile --calibrate and covey explore, on the network and the pictures of this project.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <thread>

#include "pictures/pictures.hpp"
#include "tests/cli/material.hpp"

namespace covey::cli_test {
namespace {

using testing::HasSubstr;

struct Data {
  std::string pixels, labels;  // paths
};

// Raw pixels, and a class number a line.
Data Pictures(const std::string& name, int count, int first_label = 0) {
  std::string pixels, labels;
  for (int i = 0; i < count; ++i) {
    const pictures::Picture drawn =
        pictures::Draw(pictures::kSelectionSeed, static_cast<uint64_t>(i));
    pixels.append(reinterpret_cast<const char*>(drawn.rgb.data()), drawn.rgb.size());
    labels += std::to_string(int{drawn.label} + first_label) + "\n";
  }
  return {WriteTemp(name + ".u8", pixels), WriteTemp(name + ".txt", labels)};
}

Arguments Explore(const Data& data, const std::string& report) {
  return {"explore",   kDeviceModel, "--calibrate", data.pixels, "--type", "uint8", "--labels",
          data.labels, "--points",   "5",           "--report",  report,   "--json"};
}

// What does not depend on when it ran.
std::string Timeless(Json json) {
  json.erase("resumed");
  json.erase("report");
  return json.dump();
}

TEST(CompileApproximated, TellsWhatItLeavesOutAndWhatThatLoses) {
  const Data data = Pictures("some", 90);
  const std::string output = TempPath("approximated.covey");
  const Ended run =
      Covey({"compile", kDeviceModel, "--calibrate", data.pixels, "--type", "uint8", "--labels",
             data.labels, "--max-loss", "5", "--target", "m4", "-o", output, "--json"});
  ASSERT_EQ(run.code, 0) << run.err;
  const Json made = run.json()["approximation"];
  EXPECT_EQ(made["calibrate_samples"], 30);
  EXPECT_EQ(made["select_samples"], 30);
  EXPECT_EQ(made["report_samples"], 30);
  EXPECT_TRUE(made.contains("report_difference")) << made.dump();
  EXPECT_LE(made["best"]["estimated_instructions"], made["exact_estimated_instructions"]);
  EXPECT_EQ(Covey({"inspect", output}).code, 0);
}

TEST(CompileApproximated, GoesByAgreementWithoutLabels) {
  const Data data = Pictures("unlabelled", 90);
  const Ended run = Covey({"compile", kDeviceModel, "--calibrate", data.pixels, "--type", "uint8",
                           "-o", TempPath("unlabelled.covey")});
  ASSERT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("by agreement with the exact network, for want of labels"));
}

TEST(CompileExit, EndsEarlyBehindALayerAndTellsWhatThatSaves) {
  const Data data = Pictures("exits", 300);
  const std::string output = TempPath("exits.covey");
  const Ended run = Covey({"compile", kDeviceModel, "--calibrate", data.pixels, "--type", "uint8",
                           "--labels", data.labels, "--attach-exit", "auto", "--max-loss", "20",
                           "--target", "m4", "-o", output, "--json"});
  ASSERT_EQ(run.code, 0) << run.err;
  const Json made = run.json()["exit"];
  EXPECT_EQ(made["report_samples"], 100);
  EXPECT_GT(made["select_share"], 0);
  EXPECT_LT(made["early_estimated_instructions"], made["full_estimated_instructions"]);
  EXPECT_THAT(Covey({"inspect", output}).out, HasSubstr("select"));
}

// Protocol buffer fields of length below 128 * 128.
std::string Field(int number, const std::string& bytes) {
  std::string text;
  for (size_t value : {static_cast<size_t>(number * 8 + 2), bytes.size()}) {
    for (; value > 127; value >>= 7) text += static_cast<char>(value % 128 + 128);
    text += static_cast<char>(value);
  }
  return text + bytes;
}
std::string NodeOf(const std::string& op, const std::vector<std::string>& inputs,
                   const std::string& output, const std::string& attribute = "") {
  std::string node;
  for (const std::string& input : inputs) node += Field(1, input);
  node += Field(2, output) + Field(4, op);
  return Field(1, attribute.empty() ? node : node + Field(5, attribute));
}

// The device's network with a second output, `early`: a classifier of its own. What is appended to
// a message is merged into it.
std::string WithEarlyOutput() {
  const std::string flat = "/7/7.1/Flatten_output_0_DequantizeLinear_Output";
  const std::string scale = "logits_scale", zero = "logits_zero_point";
  const std::string graph =
      NodeOf("Gemm", {flat, "7.2.weight_DequantizeLinear_Output", "7.2.bias"}, "early_real",
             Field(1, "transB") + std::string("\x18\x01\xa0\x01\x02", 5)) +
      NodeOf("QuantizeLinear", {"early_real", scale, zero}, "early_bytes") +
      NodeOf("DequantizeLinear", {"early_bytes", scale, zero}, "early") +
      Field(12, Field(1, "early") + Field(2, Field(1, std::string("\x08\x01", 2))));
  std::filesystem::copy_file(std::filesystem::path(kDeviceModel).replace_filename("model.toml"),
                             TempPath("early.toml"),
                             std::filesystem::copy_options::overwrite_existing);
  return WriteTemp("early.onnx", ReadAll(kDeviceModel) + Field(7, graph));
}

TEST(CompileExit, EndsEarlyWithAnOutputThatTheNetworkHas) {
  const Data data = Pictures("early", 120);
  const std::string output = TempPath("early.covey"), model = WithEarlyOutput();
  const Ended run =
      Covey({"compile", model, "--calibrate", data.pixels, "--type", "uint8", "--labels",
             data.labels, "--exit", "early", "--target", "m4", "-o", output, "--json"});
  ASSERT_EQ(run.code, 0) << run.err;
  const Json made = run.json()["exit"];
  EXPECT_EQ(made["place"], "early");
  EXPECT_EQ(made["share"], 1);  // its scores are the final ones
  EXPECT_EQ(made["agreement"], 1);
  EXPECT_LT(made["early_estimated_instructions"], made["full_estimated_instructions"]);
  EXPECT_THAT(Covey({"inspect", output}).out, HasSubstr("select"));
}

TEST(CompileExit, LeavesOutWhatDoesNotMatterAsWell) {
  const Data data = Pictures("removed", 300);
  const std::string output = TempPath("removed.covey");
  const Ended run = Covey({"compile",  kDeviceModel, "--calibrate", data.pixels,     "--type",
                           "uint8",    "--labels",   data.labels,   "--attach-exit", "auto",
                           "--remove", "--max-loss", "20",          "--effort",      "quick",
                           "--target", "m4",         "-o",          output,          "--json"});
  ASSERT_EQ(run.code, 0) << run.err;
  const Json made = run.json()["exit"];
  const Json& removed = made["removed"];
  EXPECT_EQ(removed["max_loss_points"], 10);
  EXPECT_LT(removed["best"]["estimated_instructions"], removed["exact_estimated_instructions"]);
  EXPECT_LT(made["mean_estimated_instructions"], removed["best"]["estimated_instructions"]);
  EXPECT_TRUE(made.contains("together_difference"));
  EXPECT_THAT(Covey({"inspect", output}).out, HasSubstr("select"));
}

TEST(CompileExit, RemoveGoesWithAnExit) {
  const Ended run = Covey({"compile", kDeviceModel, "--remove", "-o", TempPath("remove.covey")});
  EXPECT_EQ(run.code, 1);
  EXPECT_THAT(run.err, HasSubstr("--remove: goes with --exit, --attach-exit or --dynamic"));
}

TEST(CompileExit, SaysWhichLayersAndOutputsThereAre) {
  const Data data = Pictures("exit_names", 90);
  const Arguments with = {"compile", kDeviceModel, "--calibrate", data.pixels,
                          "--type",  "uint8",      "-o",          TempPath("exit_names.covey")};
  Arguments layer = with, output = with;
  layer.insert(layer.end(), {"--attach-exit", "nowhere"});
  output.insert(output.end(), {"--exit", "early"});
  EXPECT_THAT(Covey(layer).err, HasSubstr("a head can be attached to '"));
  EXPECT_THAT(Covey(output).err, HasSubstr("output 'early': is none of the network's"));
}

TEST(CompileExit, NeedsSamples) {
  const Ended run =
      Covey({"compile", kDeviceModel, "--attach-exit", "auto", "-o", TempPath("no_samples.covey")});
  EXPECT_EQ(run.code, 1);
  EXPECT_THAT(run.err, HasSubstr("need --calibrate"));
}

TEST(CompileApproximated, RefusesTooFewSamples) {
  const Data data = Pictures("few", 12);
  const Ended run = Covey({"compile", kDeviceModel, "--calibrate", data.pixels, "--type", "uint8",
                           "-o", TempPath("few.covey")});
  EXPECT_EQ(run.code, 1);
  EXPECT_THAT(run.err, HasSubstr("holds 12 samples, at least 60 are needed"));
}

TEST(CompileApproximated, RefusesSamplesOfAnotherShape) {
  const std::string path = WriteTemp("odd.u8", std::string(5000, 'x'));
  const Ended run = Covey({"compile", kDeviceModel, "--calibrate", path, "--type", "uint8", "-o",
                           TempPath("odd.covey")});
  EXPECT_EQ(run.code, 1);
  EXPECT_THAT(run.err, HasSubstr("expected a whole number of samples of 3072 bytes"));
}

TEST(CompileApproximated, RefusesLabelsThatTheNetworkDoesNotHave) {
  const Data data = Pictures("strange", 60, 7);
  const Ended run = Covey({"compile", kDeviceModel, "--calibrate", data.pixels, "--type", "uint8",
                           "--labels", data.labels, "-o", TempPath("strange.covey")});
  EXPECT_EQ(run.code, 1);
  EXPECT_THAT(run.err, HasSubstr("the network has 10 outputs"));
}

// The file is variant 0 to those who know of none; a variant by itself gives the bytes of an image
// compiled alone.
TEST(CompileVariants, ShipsSeveralNetworksInOneFile) {
  const Data data = Pictures("variants", 90);
  const std::string output = TempPath("variants.covey"), exact = TempPath("exact.covey");
  const Ended run = Covey({"compile", kDeviceModel, "--calibrate", data.pixels, "--type", "uint8",
                           "--labels", data.labels, "--variants", "20,5", "--effort", "quick",
                           "--target", "m4", "-o", output, "--json"});
  ASSERT_EQ(run.code, 0) << run.err;
  const Json made = run.json();
  ASSERT_EQ(made["variants"].size(), 3u);
  EXPECT_LE(made["variants"][2]["estimated_instructions"],
            made["variants"][0]["estimated_instructions"]);
  EXPECT_LE(made["file_bytes"], made["bytes_apart"]);
  ASSERT_EQ(Covey({"compile", kDeviceModel, "--target", "m4", "-o", exact}).code, 0);
  const std::string input = WriteTemp("variants.in", std::string(3 * 3072, 'k'));
  const auto bytes = [&](const std::string& model) {
    const std::string to = TempPath("variants.out");
    const Ended ran = Covey({"run", model, "--input", input, "--output", to});
    EXPECT_EQ(ran.code, 0) << ran.err;
    return ReadAll(to);
  };
  EXPECT_EQ(bytes(output), bytes(exact));
  EXPECT_EQ(bytes(output + "#0"), bytes(exact));
  EXPECT_EQ(bytes(output + "#2").size(), bytes(exact).size());
  EXPECT_EQ(Covey({"inspect", output, "--json"}).json()["variants"].size(), 3u);
  const Ended missing = Covey({"run", output + "#3", "--input", input});
  EXPECT_EQ(missing.code, 1);
  EXPECT_THAT(missing.err, HasSubstr("the image has fewer variants"));
}

// The exact variant of a float network is its all int8 form, losses are against itself.
TEST(CompileVariants, OfAFloatNetworkAreAllInt8) {
  const Data data = Pictures("floatvariants", 60);
  const std::string output = TempPath("floatvariants.covey");
  const Ended run =
      Covey({"compile", COVEY_SOURCE "/models/cifar10/lenet/float.onnx", "--calibrate", data.pixels,
             "--type", "uint8", "--labels", data.labels, "--slower", "0", "--effort", "quick",
             "--variants", "0", "--target", "m4", "-o", output, "--json"});
  ASSERT_EQ(run.code, 0) << run.err;
  const Json made = run.json()["variants"][1]["approximation"];
  EXPECT_EQ(made["against_float"], true);
  EXPECT_TRUE(made.contains("report_top1_int8")) << made.dump();
  const Ended inspected = Covey({"inspect", output, "--json"});
  ASSERT_EQ(inspected.code, 0) << inspected.err;
  EXPECT_THAT(inspected.json()["inputs"].dump(), HasSubstr("int8"));
}

TEST(CompileVariants, NeedSamples) {
  const Ended run = Covey({"compile", kDeviceModel, "--variants", "1", "-o", TempPath("no.covey")});
  EXPECT_EQ(run.code, 1);
  EXPECT_THAT(run.err, HasSubstr("needs --calibrate"));
}

// Every design is counted and modelled; what is minimised is what orders them.
TEST(Explore, MinimisesTheEnergyOfAChip) {
  const Data data = Pictures("chip", 90);
  const std::string report = TempPath("chip.html"), csv = TempPath("chip.csv");
  Arguments arguments = Explore(data, report);
  std::replace(arguments.begin(), arguments.end(), std::string("5"), std::string("3"));
  arguments.insert(arguments.end(), {"--effort", "quick", "--csv", csv, "--chip", "STM32L4R5",
                                     "--minimise", "energy"});
  const Ended run = Covey(arguments);
  if (run.code != 0) {
    ASSERT_THAT(run.err, testing::AnyOf(HasSubstr("not measured"), HasSubstr("no firmware")));
    GTEST_SKIP() << "firmware: " << run.err;
  }
  const Json said = run.json();
  EXPECT_EQ(said["minimised"], "energy");
  for (const Json& point : said["points"]) {
    EXPECT_EQ(point["cost"], point["modelled_uj"]);
    EXPECT_GT(point["modelled_ms"], 0);
    EXPECT_GT(point["counted_instructions"], 0);
  }
  EXPECT_THAT(ReadAll(csv), HasSubstr("counted_instructions,modelled_ms,modelled_uj"));
  EXPECT_THAT(ReadAll(report), HasSubstr("microjoules, modelled, STM32L4R5"));
}

TEST(Explore, MinimisesTimeOnlyOfAChipOfTheTarget) {
  const Data data = Pictures("nochip", 90);
  Arguments arguments = Explore(data, TempPath("nochip.html"));
  arguments.insert(arguments.end(), {"--minimise", "latency"});
  const Ended none = Covey(arguments);
  EXPECT_EQ(none.code, 1);
  EXPECT_THAT(none.err, HasSubstr("expected --chip"));
  arguments.insert(arguments.end(), {"--chip", "STM32U575"});
  const Ended other = Covey(arguments);
  EXPECT_EQ(other.code, 1);
  EXPECT_THAT(other.err, HasSubstr("expected --target m33 (found m4)"));
}

TEST(CompileApproximated, ChoosesOnHardenedSamplesWhereTheyTrainedTheNetwork) {
  const Data data = Pictures("trained", 90);
  const Ended run = Covey({"compile", kDeviceModel, "--calibrate", data.pixels, "--type", "uint8",
                           "--labels", data.labels, "--max-loss", "20", "--effort", "quick",
                           "--unseen", "70", "-o", TempPath("trained.covey"), "--json"});
  ASSERT_EQ(run.code, 0) << run.err;
  const Json made = run.json()["approximation"];
  EXPECT_GT(made["hardness"], 0);
  EXPECT_LT(made["report_top1_exact"], 0.85);
}

TEST(Explore, WritesAPageThatNeedsNothingElse) {
  const Data data = Pictures("page", 90);
  const std::string report = TempPath("page.html"), csv = TempPath("page.csv");
  Arguments arguments = Explore(data, report);
  arguments.insert(arguments.end(), {"--csv", csv});
  const Ended run = Covey(arguments);
  ASSERT_EQ(run.code, 0) << run.err;
  EXPECT_EQ(run.json()["points"].size(), 5u);
  EXPECT_EQ(run.json()["points"][0]["recipe"], "exact");
  EXPECT_FALSE(run.json()["front"].empty());
  const std::string page = ReadAll(report);
  EXPECT_THAT(page, HasSubstr("<svg"));
  EXPECT_THAT(page, testing::Not(HasSubstr("http")));
  EXPECT_THAT(ReadAll(csv), HasSubstr("ours channels 0.000"));
}

// Losses are against what a float network answers itself (compiler/approximate/precision_test.cc:
// int16).
TEST(Explore, TakesAFloatNetwork) {
  const Data data = Pictures("floats", 60);
  const Ended run = Covey({"explore", COVEY_SOURCE "/models/cifar10/lenet/float.onnx",
                           "--calibrate", data.pixels, "--type", "uint8", "--effort", "quick",
                           "--points", "2", "--report", TempPath("floats.html"), "--json"});
  ASSERT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(run.json()["precisions"].get<std::string>(),
              HasSubstr("losses are against the float network"));
  EXPECT_EQ(run.json()["points"].size(), 2U);
}

TEST(CompileApproximated, SaysThatAnInt8FileHasNoInt16) {
  const Data data = Pictures("noint16", 90);
  const Ended run = Covey({"compile", kDeviceModel, "--calibrate", data.pixels, "--type", "uint8",
                           "--slower", "50", "-o", TempPath("no.covey")});
  EXPECT_EQ(run.code, 1);
  EXPECT_THAT(run.err, HasSubstr("int16 (--slower) needs the float one"));
}

TEST(Explore, GoesOnWhereItWasKilledAndEndsWithTheSamePoints) {
  const Data data = Pictures("killed", 90);
  const Ended whole = Covey(Explore(data, TempPath("whole.html")));
  ASSERT_EQ(whole.code, 0) << whole.err;
  const std::string report = TempPath("resumed.html"), state = report + ".state.json";
  for (const size_t known : {1u, 3u}) {
    Background run(Explore(data, report));
    const std::string wanted = "\"knobs\"";
    for (size_t seen = 0; seen < known;) {
      seen = 0;
      const std::string text = ReadAll(state);
      for (size_t at = text.find(wanted); at != std::string::npos; at = text.find(wanted, at + 1))
        ++seen;
      std::this_thread::yield();
    }
    run.Stop(SIGKILL);
  }
  const Ended resumed = Covey(Explore(data, report));
  ASSERT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_GE(resumed.json()["resumed"], 3);
  EXPECT_EQ(Timeless(resumed.json()), Timeless(whole.json()));
}

TEST(Explore, RefusesTheStateOfOtherData) {
  const std::string report = TempPath("other.html");
  ASSERT_EQ(Covey(Explore(Pictures("one", 60), report)).code, 0);
  const Ended run = Covey(Explore(Pictures("two", 61), report));
  EXPECT_EQ(run.code, 1);
  EXPECT_THAT(run.err, HasSubstr("is of an exploration of another model"));
}

TEST(Explore, SaysBeforeTheWorkWhatCannotBeWrittenBehindIt) {
  const Data data = Pictures("unwritable", 60);
  for (const char* option : {"--csv", "--images"}) {
    const std::string wrong = data.pixels + "/below";
    Arguments arguments = Explore(data, TempPath("unwritable.html"));
    arguments.insert(arguments.end(), {option, wrong});
    const Ended run = Covey(arguments);
    EXPECT_EQ(run.code, 1) << option;
    EXPECT_THAT(run.err, HasSubstr(wrong));
    EXPECT_FALSE(std::filesystem::exists(TempPath("unwritable.html.state.json"))) << option;
  }
  EXPECT_EQ(Covey({"compile", kDeviceModel, "--calibrate", "/nowhere", "-o", "/dev/null/x"}).code,
            1);
}

TEST(CompileApproximated, WhatSaysHowToChooseNeedsSamples) {
  for (const char* option : {"--labels", "--max-loss", "--samples", "--slower"}) {
    const Ended run = Covey({"compile", kDeviceModel, option, "1", "-o", TempPath("x.covey")});
    EXPECT_EQ(run.code, 2) << option;
    EXPECT_THAT(run.err, HasSubstr("--calibrate")) << option;
  }
}

TEST(Explore, RefusesAStateThatAnotherExplorationHolds) {
  const std::string report = TempPath("held.html"), state = report + ".state.json";
  const Arguments arguments = Explore(Pictures("held", 60), report);
  {
    const int held = open(state.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ASSERT_EQ(flock(held, LOCK_EX), 0);
    const Ended run = Covey(arguments);
    EXPECT_EQ(run.code, 1);
    EXPECT_THAT(run.err, HasSubstr("another exploration goes on with it"));
    (void)close(held);
  }
  EXPECT_FALSE(std::filesystem::exists(report));
  EXPECT_EQ(Covey({"explore", kDeviceModel, "--calibrate", "/nowhere", "--report", report}).code,
            1);
  EXPECT_FALSE(std::filesystem::exists(state)) << "nothing is known, so nothing is left behind";
}

}  // namespace
}  // namespace covey::cli_test
