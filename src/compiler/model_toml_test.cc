#include "compiler/model_toml.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/host/diag_text.hpp"

namespace covey::compiler {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string Refusal(std::string_view text) {
  DiagText diag;
  const auto toml = ParseModelToml(text, "net.toml", diag);
  EXPECT_FALSE(toml.ok()) << text;
  return diag.Text();
}

TEST(ModelToml, ReadsEveryKey) {
  DiagText diag;
  const auto toml = ParseModelToml(R"(
[model]
name = "resnet"
file = "resnet.onnx"
backend = "onnx"
[input]
width = 224
height = 200
color = "bgr"
layout = "nchw"
resize = 256
crop = "center"
mean = [0.5, 0.25, 0]
std = [1, 2, 3.5]
[output]
kind = "logits"
labels = ["cat", "dog"]
[onnx]
threads = 2
spinning = true
)",
                                   "net.toml", diag);
  ASSERT_TRUE(toml.ok()) << diag.Text();
  EXPECT_EQ(toml->name, "resnet");
  EXPECT_EQ(toml->file, "resnet.onnx");
  EXPECT_EQ(toml->backend, "onnx");
  EXPECT_EQ(toml->width, 224);
  EXPECT_EQ(toml->height, 200);
  EXPECT_EQ(toml->color, Color::kBgr);
  EXPECT_EQ(toml->layout, Layout::kNchw);
  EXPECT_EQ(toml->resize, 256);
  EXPECT_EQ(toml->crop, Crop::kCenter);
  EXPECT_THAT(toml->mean, ElementsAre(0.5F, 0.25F, 0.0F));
  EXPECT_THAT(toml->std, ElementsAre(1.0F, 2.0F, 3.5F));
  EXPECT_EQ(toml->kind, OutputKind::kLogits);
  EXPECT_THAT(toml->labels, ElementsAre("cat", "dog"));
  EXPECT_EQ(toml->threads, 2);
  EXPECT_TRUE(toml->spinning);
}

TEST(ModelToml, TakesAnEmptyFile) {
  DiagText diag;
  const auto toml = ParseModelToml("", "net.toml", diag);
  ASSERT_TRUE(toml.ok()) << diag.Text();
  EXPECT_FALSE(toml->has_input);
  EXPECT_FALSE(toml->has_output);
}

TEST(ModelToml, NamesFileLineAndKeyOfWhatIsWrong) {
  EXPECT_THAT(Refusal("[input]\nwidht = 3\n"), HasSubstr("net.toml:2: [input] widht: is unknown"));
  EXPECT_THAT(Refusal("[input]\ncolor = \"cmyk\"\n"), HasSubstr("\"rgb\" \"bgr\" \"gray\""));
  EXPECT_THAT(Refusal("[input]\nwidth = \"3\"\n"), HasSubstr("a whole number from 1 to"));
  EXPECT_THAT(Refusal("[input]\nwidth = 0\n"), HasSubstr("a whole number from 1 to"));
  EXPECT_THAT(Refusal("[input]\nwidth = 3\n"), HasSubstr("come together"));
  EXPECT_THAT(Refusal("[input]\nmean = [0.5]\nstd = [1]\n"), HasSubstr("expected 3 each"));
  EXPECT_THAT(Refusal("[input]\nmean = [0,0,0]\nstd = [1,0,1]\n"), HasSubstr("positive"));
  EXPECT_THAT(Refusal("[input]\ncrop = \"center\"\n"), HasSubstr("needs resize"));
  EXPECT_THAT(Refusal("[output]\nlabels = [1]\n"), HasSubstr("a list of strings"));
  EXPECT_THAT(Refusal("[outptu]\n"), HasSubstr("outptu: is unknown"));
  EXPECT_THAT(Refusal("model = 3\n"), HasSubstr("expected a table"));
  EXPECT_THAT(Refusal("[input\n"), HasSubstr("net.toml:"));
}

TEST(ModelToml, NamesAMissingLabelsFile) {
  EXPECT_THAT(Refusal("[output]\nlabels_file = \"no/such/file\"\n"), HasSubstr("no/such/file"));
  EXPECT_THAT(Refusal("[output]\nlabels_file = \"/dev/zero\"\n"),
              HasSubstr("expected a plain file of at most 16 MiB"));
}

}  // namespace
}  // namespace covey::compiler
