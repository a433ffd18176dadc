// What was measured of forms, as sessions use it: classify chooses by it, profiles writes it for a
// board.
#include <gtest/gtest.h>
#include <png.h>

#include "pictures/pictures.hpp"
#include "tests/cli/material.hpp"

namespace covey::cli_test {
namespace {

std::string Place(const std::string& name, const std::string& model, const std::string& place,
                  bool local, const std::string& accuracy) {
  return "[[profile]]\nname = \"" + name + "\"\nmodel = \"" + model + "\"\nplace = \"" + place +
         "\"\nwhere = \"" + (local ? "local" : "agent") +
         "\"\nsamples = 500\naccuracy = " + accuracy +
         "\nlatency_kind = \"measured\"\n"
         "compute_ms = { min = 1.0, median = 2.0, p90 = 3.0, p99 = 4.0, max = 5.0 }\n"
         "latency_ms = { min = 1.0, median = 3.0, p90 = 4.0, p99 = 5.0, max = 6.0 }\n"
         "missed = 0.0\nsent_bytes = 3152.0\nreceived_bytes = 61.0\n";
}

std::string Form(const std::string& form, double bytes, double kept) {
  const std::string share = std::to_string(kept);
  return "[[form]]\nprofile = \"edge\"\nform = \"" + form +
         "\"\nsent_bytes = " + std::to_string(bytes) +
         "\nencode_ms = 0.05\nagreement = { value = " + share + ", low = " + share +
         ", high = " + share + " }\n";
}

std::string Profiles(const std::string& agent, const std::string& forms) {
  return "version = 1\n" +
         Place("mcu", "net", "board:m4", true, "{ value = 0.88, low = 0.85, high = 0.9 }") +
         Place("fast", "net#1", "board:m4", true, "{ value = 0.861, low = 0.84, high = 0.88 }") +
         Place("other", "net#2", "host", true, "{ value = 0.8, low = 0.7, high = 0.9 }") +
         Place("edge", "full", agent, false, "{ value = 0.94, low = 0.92, high = 0.96 }") + forms;
}

std::string ThreeForms() {
  return Form("png", 2000, 0.99) + Form("bare:90", 900, 1.0) + Form("jpeg:80:420", 1200, 0.975) +
         Form("jpeg:95", 1900, 1.0) + Form("jpeg:50@16", 300, 0.9);
}

TEST(Profiles, OfABoardAreLinesForItsConsole) {
  const std::string file = WriteTemp("board.toml", Profiles("agent:edge:7700", ThreeForms()));
  const Ended run = Covey({"profiles", file, "--for", "console"});
  ASSERT_EQ(run.code, 0) << run.err;
  EXPECT_EQ(run.out,
            "config profile local accuracy 88.00 85.00 90.00\n"
            "config profile local compute 2000 3000 4000\n"
            "config profile local sent 3152 61\n"
            "config profile variant1 accuracy 86.10 84.00 88.00\n"
            "config profile variant1 compute 2000 3000 4000\n"
            "config profile variant1 sent 3152 61\n"
            "config profile agent accuracy 94.00 92.00 96.00\n"
            "config profile agent compute 2000 3000 4000\n"
            "config profile agent sent 3152 61\n"
            "config form jpeg:95 1900 100.00\n"
            "config form jpeg:80:420 1200 97.50\n"
            "config form bare:90 900 100.00\n");
}

TEST(Profiles, OfABoardAreCppThatCompiles) {
  const std::string cascade =
      "[[cascade]]\nlocal = \"mcu\"\nremote = \"edge\"\npoints = [[0.53, 0.53], [0.99, 0.99]]\n"
      "keep_at = 0.93\ntemperature = 0.85\naccuracy = 0.936\ntraffic = 0.332\ntarget = 0.99\n"
      "error_before = 0.04\nerror_tempered = 0.04\nerror_after = 0.03\n";
  const std::string file =
      WriteTemp("cpp.toml", Profiles("agent:edge:7700", cascade + ThreeForms()));
  const Ended run = Covey({"profiles", file, "--for", "c++", "--local", "mcu", "--agent", "edge"});
  ASSERT_EQ(run.code, 0) << run.err;
  const std::string header = WriteTemp("profiles.hpp", run.out);
  const std::string source = WriteTemp(
      "profiles.cc", "#include \"" + header +
                         "\"\n"
                         "static_assert(kLocalProfile.accuracy.mid == 8800);\n"
                         "static_assert(sizeof kVariantProfiles == sizeof(covey::Profile));\n"
                         "static_assert(kVariantProfiles[0].approximate);\n"
                         "static_assert(kAgentProfile.compute.p99_us == 4000);\n"
                         "static_assert(kCascadeProfile.kept == 6680);\n"
                         "static_assert(kCalibration.count == 2 && kCalibration.keep_at == 9300);\n"
                         "static_assert(kAgentForms[0].quality == 95);\n"
                         "static_assert(kAgentForms[0].agrees == 9999, \"never without loss\");\n"
                         "static_assert(kAgentForms[1].half_colours);\n"
                         "static_assert(kAgentForms[1].bytes == 1200);\n"
                         "static_assert(kAgentForms[2].bare && !kAgentForms[1].bare);\n");
  const std::string command = "c++ -std=c++20 -Wall -Wextra -Werror -fsyntax-only -I" COVEY_SOURCE
                              "/src -I" COVEY_SOURCE "/include -x c++ " +
                              source + " 2>&1";
  EXPECT_EQ(std::system(command.c_str()), 0) << run.out;
}

TEST(Profiles, ShowAllAndSayWhatIsNotThere) {
  const std::string file = WriteTemp("all.toml", Profiles("agent:edge:7700", ThreeForms()));
  const Ended all = Covey({"profiles", file, "--json"});
  ASSERT_EQ(all.code, 0) << all.err;
  EXPECT_EQ(all.json()["profiles"].size(), 4U);
  EXPECT_EQ(all.json()["forms"].size(), 5U);
  const Ended text = Covey({"profiles", file});
  EXPECT_NE(text.out.find("jpeg:80:420"), std::string::npos) << text.out;
  const Ended wrong = Covey({"profiles", file, "--for", "console", "--agent", "moon"});
  EXPECT_EQ(wrong.code, 1);
  EXPECT_NE(wrong.err.find("found no profile 'moon' of an agent"), std::string::npos) << wrong.err;
  EXPECT_EQ(Covey({"profiles", file, "--for", "console", "--local", "edge"}).code, 1);
  EXPECT_EQ(Covey({"profiles", file, "--for", "fortran"}).code, 2);
  EXPECT_EQ(Covey({"profiles", TempPath("nowhere.toml")}).code, 1);
  const std::string none = WriteTemp("none.toml", "version = 1\n");
  EXPECT_EQ(Covey({"profiles", none, "--for", "c++"}).code, 1);
}

TEST(Profiles, OfMoreFormsThanADeviceKeepsSpreadOverTheSizes) {
  std::string forms;
  for (int q = 1; q <= 20; ++q) forms += Form("jpeg:" + std::to_string(q), 100.0 * q, 0.9);
  const std::string file = WriteTemp("many.toml", Profiles("agent:edge:7700", forms));
  const Ended run = Covey({"profiles", file, "--for", "console"});
  size_t lines = 0;
  for (size_t at = run.out.find("config form"); at != std::string::npos;
       at = run.out.find("config form", at + 1))
    ++lines;
  EXPECT_EQ(lines, 8U);
  EXPECT_NE(run.out.find("jpeg:20 2000"), std::string::npos) << "the largest";
  EXPECT_NE(run.out.find("jpeg:1 100"), std::string::npos) << "and the smallest";
}

// Of four requests the second tries the smallest form that may be sent.
TEST(Profiles, ClassifySendsOnlyFormsThatKeepEnoughAnswersAndSaysWhich) {
  Repository models;
  Agent agent({"--models", models.path()});
  ASSERT_NE(agent.address(), "") << agent.log();
  const std::string png = TempPath("picture.png");
  const pictures::Picture picture = pictures::Draw(pictures::kReportSeed, 3);
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  image.width = image.height = pictures::kSide;
  image.format = PNG_FORMAT_RGB;
  ASSERT_NE(png_image_write_to_file(&image, png.c_str(), 0, picture.rgb.data(), 0, nullptr), 0);
  const std::string profiles =
      WriteTemp("edge.toml", Profiles("agent:" + agent.address(), Form("jpeg:50", 10, 0.95)));
  const auto forms = [&](const Arguments& more) {
    Arguments words = {
        "classify", png,    png,          png,      png,     "--on", "agent:" + agent.address(),
        "--model",  "full", "--profiles", profiles, "--json"};
    words.insert(words.end(), more.begin(), more.end());
    const Ended run = Covey(words);
    EXPECT_EQ(run.code, 0) << run.err;
    std::vector<std::string> used;
    for (const Json& answer : run.json()["answers"]) {
      used.push_back(answer["form"]);
      EXPECT_GT(answer["sent_bytes"], 100);
      EXPECT_NE(answer["reason"].get<std::string>().find("sent as " + used.back()),
                std::string::npos);
    }
    return used;
  };
  const std::vector<std::string> as_it_is(4, "file");
  EXPECT_EQ(forms({}), as_it_is) << "99 % unless told otherwise";
  EXPECT_EQ(forms({"--keep", "0.96"}), as_it_is);
  EXPECT_EQ(forms({"--keep", "0.9", "--exact-only"}), as_it_is);
  const auto small = forms({"--keep", "0.95"});
  ASSERT_EQ(small.size(), 4U);
  EXPECT_EQ(small[1], "jpeg:50");
  EXPECT_EQ(Covey({"classify", png, "--model", kDeviceModel, "--keep", "1.1"}).code, 2);
  const Ended here = Covey({"classify", png, "--model", kDeviceModel, "--json"});
  EXPECT_FALSE(here.json()["answers"][0].contains("form")) << "nothing was sent";
}

}  // namespace
}  // namespace covey::cli_test
