// `covey eval`: the figures against those that the trials give, the files that it writes.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "pictures/pictures.hpp"
#include "tests/cli/material.hpp"

namespace covey::cli_test {
namespace {

constexpr size_t kCount = 12;

class Eval : public testing::Test {
 protected:
  static std::string Records() {
    const auto bytes = pictures::Records(pictures::kReportSeed, 0, kCount);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  Ended Run(const Arguments& more) const {
    Arguments all = {"eval", data_, "--type", "cifar10"};
    all.insert(all.end(), more.begin(), more.end());
    return Covey(all);
  }
  std::string data_ = WriteTemp("shapes.bin", Records());
};

// The fields of a CSV without quotes.
std::vector<std::vector<std::string>> Lines(const std::string& csv) {
  std::vector<std::vector<std::string>> lines;
  std::istringstream in(csv);
  for (std::string line; std::getline(in, line);) {
    std::istringstream fields(line + ",");
    auto& row = lines.emplace_back();
    for (std::string field; std::getline(fields, field, ',');) row.push_back(field);
  }
  return lines;
}

TEST_F(Eval, FiguresAreThoseOfItsTrials) {
  const std::string csv = TempPath("trials.csv");
  const Ended run = Run({"--run", "small=" + kDeviceModel, "--run", "large=" + kFullModel + "@host",
                         "--reference", kFullModel, "--rounds", "2", "--csv", csv, "--json"});
  ASSERT_EQ(run.code, 0) << run.err;
  const Json report = run.json();
  ASSERT_EQ(report["pairs"].size(), 2U);
  const auto lines = Lines(ReadAll(csv));
  ASSERT_EQ(lines.size(), 1 + 2 * 2 * kCount);
  std::map<std::string, double> right, agree, ms;
  for (size_t i = 1; i < lines.size(); ++i) {
    const auto& f = lines[i];
    ASSERT_EQ(f.size(), lines[0].size()) << i;
    right[f[0]] += f[3] == f[5];
    agree[f[0]] += f[5] == f[9];
    ms[f[0]] += std::stod(f[12]);
  }
  for (const Json& pair : report["pairs"]) {
    const std::string name = pair["name"];
    EXPECT_NEAR(pair["top1"]["value"], right[name] / (2 * kCount), 1e-9) << name;
    EXPECT_NEAR(pair["top1_agreement"]["value"], agree[name] / (2 * kCount), 1e-9) << name;
    EXPECT_NEAR(pair["correct_per_ms"]["value"], right[name] / ms[name], 1e-3 * right[name])
        << name;
    EXPECT_EQ(pair["trials"], 2 * kCount);
    EXPECT_EQ(pair["missed"], 0);
    EXPECT_EQ(pair["changed"], 0);
    EXPECT_EQ(pair["latency_kind"], "measured");
    EXPECT_LE(pair["top1"]["low"], pair["top1"]["value"]);
  }
  EXPECT_EQ(report["pairs"][1]["top1_agreement"]["value"], 1);
  EXPECT_LT(report["pairs"][1]["confidence_deviation"]["value"], 1e-6);
  EXPECT_GT(report["pairs"][0]["confidence_deviation"]["value"], 1e-3);
}

TEST_F(Eval, AnAgentAgreesWithTheSameModelHereAndTellsItsBytes) {
  Repository models;
  Agent agent({"--models", models.path()});
  ASSERT_NE(agent.address(), "") << agent.log();
  const std::string profiles = TempPath("profiles.toml"), html = TempPath("report.html");
  const Ended run =
      Run({"--run", "here=" + kDeviceModel, "--run", "there=device@agent:" + agent.address(),
           "--reference", kDeviceModel, "--json", "--profiles", profiles, "--html", html});
  ASSERT_EQ(run.code, 0) << run.err;
  const Json there = run.json()["pairs"][1];
  EXPECT_EQ(there["top1_agreement"]["value"], 1);
  EXPECT_GT(there["sent_bytes"], 3072);
  EXPECT_LT(there["sent_bytes"], 3300);
  EXPECT_GT(there["received_bytes"], 10);
  EXPECT_GT(there["energy_uj"], 0);
  EXPECT_GE(there["latency_ms"]["median"], there["inference_ms"]["median"]);
  EXPECT_NE(ReadAll(profiles).find("place = \"agent:" + agent.address() + "\""), std::string::npos);
  const std::string page = ReadAll(html);
  EXPECT_EQ(page.rfind("<!doctype html>", 0), 0U);
  EXPECT_NE(page.find("there"), std::string::npos);
  // Self-contained: nothing is fetched.
  for (const char* word : {"http://", "https://", "src=\"/", "@import"})
    EXPECT_EQ(page.find(word), std::string::npos) << word;
}

TEST_F(Eval, APictureThatNobodyCanReadIsMissedAndTheRestGoesOn) {
  Repository models;
  Agent agent({"--models", models.path()});
  ASSERT_NE(agent.address(), "") << agent.log();
  const std::string folder = TempPath("mixed");
  std::filesystem::create_directories(folder);
  std::ofstream(folder + "/broken.jpg") << "\xFF\xD8\xFF no picture";
  std::ofstream(folder + "/worse.png") << "nor this";
  const std::string csv = TempPath("missed.csv");
  const Ended run =
      Covey({"eval", folder, "--run", "here=" + kDeviceModel, "--run",
             "there=device@agent:" + agent.address(), "--labels",
             WriteTemp("two.csv", "broken.jpg,1\nworse.png,2\n"), "--json", "--csv", csv});
  ASSERT_EQ(run.code, 0) << run.err;
  const Json report = run.json();
  for (const Json& pair : report["pairs"]) {
    EXPECT_EQ(pair["missed"], 2) << pair["name"];
    EXPECT_EQ(pair["top1"]["value"], 0);
    EXPECT_GT(pair["mean_latency_ms"]["value"], 0);  // The time that it cost counts.
  }
  EXPECT_NE(ReadAll(csv).find("JPEG image"), std::string::npos);
}

TEST_F(Eval, LabelsComeByNameOrInOrder) {
  std::string labels;
  for (size_t i = 0; i < kCount; ++i) labels += "0\n";
  const Ended zero =
      Run({"--run", kDeviceModel, "--labels", WriteTemp("zero.csv", labels), "--json"});
  const Ended own = Run({"--run", kDeviceModel, "--json"});
  ASSERT_EQ(zero.code, 0) << zero.err;
  ASSERT_EQ(own.code, 0) << own.err;
  EXPECT_LT(zero.json()["pairs"][0]["top1"]["value"], own.json()["pairs"][0]["top1"]["value"]);
  const Ended few = Run({"--run", kDeviceModel, "--labels", WriteTemp("few.csv", "1\n2\n")});
  EXPECT_EQ(few.code, 1);
  EXPECT_NE(few.err.find("found 2 labels, expected one for each of 12"), std::string::npos)
      << few.err;
}

TEST_F(Eval, RefusesWhatIsNoPair) {
  for (const char* pair : {"@host", "m@moon", "m@agent:1", "m@board:m99"}) {
    const Ended run = Run({"--run", pair});
    EXPECT_EQ(run.code, 2) << pair;
    EXPECT_NE(run.err.find("INVALID_ARGUMENT"), std::string::npos) << run.err;
  }
  const Ended twice = Run({"--run", "a=x.tflite", "--run", "a=y.tflite"});
  EXPECT_EQ(twice.code, 2);
  EXPECT_NE(twice.err.find("'a' twice"), std::string::npos) << twice.err;
  EXPECT_EQ(
      Covey({"eval", WriteTemp("bad.bin", "123"), "--type", "cifar10", "--run", kDeviceModel}).code,
      1);
}

class CalibrateCascade : public Eval {
 protected:
  static std::string Many(size_t from) {
    const auto bytes = pictures::Records(pictures::kReportSeed, from, 150);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  std::string fit_ = WriteTemp("fit.bin", Many(0)), test_ = WriteTemp("test.bin", Many(150));
};

TEST_F(CalibrateCascade, ChoosesOnOneSetAndCountsOnAnother) {
  const std::string profiles = TempPath("cascade.toml");
  ASSERT_EQ(Run({"--run", "small=" + kDeviceModel, "--run", "large=" + kFullModel, "--profiles",
                 profiles})
                .code,
            0);
  const Arguments arguments = {"calibrate",  fit_,
                               "--type",     "cifar10",
                               "--local",    "small=" + kDeviceModel,
                               "--remote",   "large=" + kFullModel,
                               "--test",     test_,
                               "--target",   "0.9",
                               "--profiles", profiles,
                               "--json"};
  const Ended run = Covey(arguments);
  ASSERT_EQ(run.code, 0) << run.err;
  const Json report = run.json();
  EXPECT_EQ(report["fit"]["samples"], 150);
  EXPECT_EQ(report["proof"]["samples"], 150);
  // On the samples that it was chosen on the cut keeps its promise, and sends a part only.
  EXPECT_GE(report["fit"]["of_remote"]["value"], 0.9);
  EXPECT_GT(report["fit"]["traffic"]["value"], 0);
  EXPECT_LT(report["fit"]["traffic"]["value"], 1);
  EXPECT_GT(report["chosen"]["points"].size(), 1U);
  EXPECT_NEAR(report["fit"]["traffic"]["value"], report["chosen"]["traffic"], 1e-12);
  EXPECT_LE(report["fit"]["error_after"], report["fit"]["error_before"]);
  const std::string text = ReadAll(profiles);
  EXPECT_NE(text.find("[[cascade]]"), std::string::npos) << text;
  // Again: the same cascade, once.
  ASSERT_EQ(Covey(arguments).code, 0);
  EXPECT_EQ(ReadAll(profiles), text);
}

TEST_F(CalibrateCascade, KeepsEverythingWhereNothingIsAskedForAndNothingWhereItCannot) {
  const auto traffic = [&](const std::string& target, const std::string& local) {
    const Ended run = Covey({"calibrate", fit_, "--type", "cifar10", "--local", "a=" + local,
                             "--remote", "b=" + kFullModel, "--target", target, "--json"});
    EXPECT_EQ(run.code, 0) << run.err;
    return run.json()["proof"]["traffic"]["value"].get<double>();
  };
  EXPECT_EQ(traffic("0", kDeviceModel), 0);
  EXPECT_EQ(traffic("1", kFullModel), 0);  // The same network: as right as itself.
}

TEST_F(CalibrateCascade, RefusesAProfileFileThatKnowsNeither) {
  const Ended run = Covey({"calibrate", fit_, "--type", "cifar10", "--samples", "20", "--local",
                           "a=" + kDeviceModel, "--remote", "b=" + kFullModel, "--profiles",
                           WriteTemp("none.toml", "version = 1\n")});
  EXPECT_EQ(run.code, 1);
  EXPECT_NE(run.err.find("found no profile 'a'"), std::string::npos) << run.err;
  const Ended damaged =
      Covey({"calibrate", fit_, "--type", "cifar10", "--samples", "20", "--local", kDeviceModel,
             "--remote", kFullModel, "--profiles", WriteTemp("damaged.toml", "version = \n")});
  EXPECT_EQ(damaged.code, 1);
  EXPECT_NE(damaged.err.find("damaged.toml:1"), std::string::npos) << damaged.err;
}

TEST_F(Eval, FormsTellsBytesAndAgreementAndWhatIsFastestOverEachLink) {
  Repository models;
  Agent agent({"--models", models.path()});
  ASSERT_NE(agent.address(), "") << agent.log();
  const Ended run =
      Covey({"forms", data_, "--type", "cifar10", "--run", "full@agent:" + agent.address(),
             "--form", "file", "--form", "raw", "--form", "jpeg:90", "--form", "bare:90", "--form",
             "bare:1:420@8", "--keep", "0.9", "--json"});
  ASSERT_EQ(run.code, 0) << run.err;
  const Json forms = run.json()["forms"];
  ASSERT_EQ(forms.size(), 5U);
  EXPECT_EQ(forms[0]["agreement"]["value"], 1);
  EXPECT_EQ(forms[0]["bytes"], forms[1]["bytes"]);  // Pixels are what these samples are.
  EXPECT_NEAR(forms[2]["bytes"].get<double>() - forms[3]["bytes"].get<double>(), 450, 2);
  EXPECT_EQ(forms[2]["agreement"], forms[3]["agreement"]);
  EXPECT_LT(forms[4]["bytes"], forms[3]["bytes"]);
  EXPECT_LT(forms[4]["agreement_choosing"]["value"], 0.9);
  const Json links = run.json()["links"];
  ASSERT_EQ(links.size(), 5U);
  for (const Json& link : links) {
    EXPECT_NE(link["form"], "bare:1:420@8") << link;  // It does not keep the answers.
    EXPECT_LE(link["request_ms"], link["as_it_is_ms"]) << link;
  }
}

TEST_F(Eval, APairMaySendInAForm) {
  Repository models;
  Agent agent({"--models", models.path()});
  ASSERT_NE(agent.address(), "") << agent.log();
  const std::string there = "full@agent:" + agent.address();
  const Ended run = Run({"--run", "whole=" + there, "--run", "small=" + there + "+bare:90",
                         "--reference", there, "--json"});
  ASSERT_EQ(run.code, 0) << run.err;
  const Json pairs = run.json()["pairs"];
  EXPECT_EQ(pairs[0]["top1_agreement"]["value"], 1);
  EXPECT_LT(pairs[1]["sent_bytes"], pairs[0]["sent_bytes"].get<double>() / 2);
  EXPECT_EQ(Run({"--run", there + "+bare:0"}).code, 2);
  EXPECT_EQ(Run({"--run", there + "+zip"}).code, 2);
}

TEST_F(Eval, SplitMeasuresCutsAndAnAgentServesTheTail) {
  const Ended all =
      Covey({"split", kFullModel, data_, "--type", "cifar10", "--cuts", "3", "--json"});
  ASSERT_EQ(all.code, 0) << all.err;
  const Json cuts = all.json()["cuts"];
  ASSERT_EQ(cuts.size(), 3U);
  for (const Json& cut : cuts) {
    EXPECT_GT(cut["bytes"], 0) << cut;
    EXPECT_GE(cut["agreement"]["value"], 0.8) << cut;
    EXPECT_GT(cut["scale"], 0) << cut;
  }
  EXPECT_LT(cuts[0]["head_macs_share"], cuts[2]["head_macs_share"]);

  const std::string folder = TempPath("parts"), name = cuts[1]["cut"];
  std::filesystem::create_directories(folder);
  const Ended one = Covey(
      {"split", kFullModel, data_, "--type", "cifar10", "--at", name, "-o", folder, "--json"});
  ASSERT_EQ(one.code, 0) << one.err;
  ASSERT_EQ(one.json()["cuts"].size(), 1U);
  EXPECT_EQ(one.json()["cuts"][0]["bytes"], cuts[1]["bytes"]);
  Agent agent({"--models", folder});
  ASSERT_NE(agent.address(), "") << agent.log();
  // One int8 tensor of the cut in, the classes out: the same here and there.
  const std::string tensor(cuts[1]["bytes"].get<size_t>(), '\x05');
  const Ended here =
      Covey({"run", folder + "/model-tail/model-tail.onnx", "--backend", "onnx"}, tensor);
  const Ended there = Covey({"run", "model-tail", "--on", "agent:" + agent.address()}, tensor);
  ASSERT_EQ(here.code, 0) << here.err;
  ASSERT_EQ(there.code, 0) << there.err;
  EXPECT_EQ(here.out, there.out);
  const Ended eval = Covey({"eval", WriteTemp("cut.bin", tensor), "--type", "tensor", "--run",
                            "model-tail@agent:" + agent.address(), "--json"});
  ASSERT_EQ(eval.code, 0) << eval.err;
  EXPECT_EQ(eval.json()["pairs"][0]["missed"], 0);
}

TEST_F(Eval, SplitRefusesWhatIsNoCutAndNamesThoseThatAre) {
  const Ended run = Covey(
      {"split", kFullModel, data_, "--type", "cifar10", "--at", "nowhere", "-o", TempPath("none")});
  EXPECT_EQ(run.code, 1);
  EXPECT_NE(run.err.find("'nowhere': is no cut; expected one of '"), std::string::npos)
      << run.err.substr(0, 300);
  EXPECT_EQ(Covey({"split", kFullModel, data_, "--at", "x"}).code, 2);
}

}  // namespace
}  // namespace covey::cli_test
