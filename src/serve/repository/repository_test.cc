#include "serve/repository/repository.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/host/data_dir.hpp"
#include "core/host/diag_text.hpp"
#include "serve/backends/int8/int8_backend.hpp"
#include "serve/backends/onnx/onnx_backend.hpp"
#include "serve/test_parts.hpp"

namespace covey::serve {
namespace {

using testing::HasSubstr;

class RepositoryTest : public testing::Test {
 protected:
  Status Open() { return repository_.Open(dir_.path(), backends_, diag_); }
  test::NoLog no_log_;
  TempDir dir_;
  std::vector<std::unique_ptr<Backend>> backends_ = test::AddOneBackends();
  Repository repository_;
  DiagText diag_;
};

TEST_F(RepositoryTest, FindsFilesAndFolders) {
  dir_.Write("digits.covey", "add one");
  dir_.Write("cars/network.tflite", "add one");
  dir_.Write("notes.txt", "not a model");
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(repository_.entries().size(), 2U);
  ASSERT_NE(repository_.Find("digits"), nullptr);
  ASSERT_NE(repository_.Find("cars"), nullptr);
  EXPECT_NE(repository_.Find("cars")->model, nullptr);
  EXPECT_EQ(repository_.Find("nobody"), nullptr);
}

TEST_F(RepositoryTest, TakesTheNameFromModelToml) {
  dir_.Write("a/network.covey", "add one");
  dir_.Write("a/model.toml", "[model]\nname = \"best\"\n");
  ASSERT_TRUE(Open().ok());
  EXPECT_NE(repository_.Find("best"), nullptr);
}

TEST_F(RepositoryTest, TakesTheFileThatModelTomlNames) {
  dir_.Write("a/old.covey", "no model");
  dir_.Write("a/new.covey", "add one");
  dir_.Write("a/model.toml", "[model]\nfile = \"new.covey\"\n");
  dir_.Write("b/model.toml", "[model]\nfile = \"../a/new.covey\"\n");
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(repository_.Find("a")->error, "");
  EXPECT_THAT(repository_.Find("b")->error, HasSubstr("expected the name of a file"));
}

TEST_F(RepositoryTest, SaysWhichBackendIsMissing) {
  dir_.Write("a/a.onnx", "add one");
  dir_.Write("a/model.toml", "[model]\nbackend = \"onnx\"\n");
  ASSERT_TRUE(Open().ok());
  EXPECT_THAT(repository_.Find("a")->error, HasSubstr("backend 'onnx'"));
}

TEST_F(RepositoryTest, ListsWhatIsBrokenAndGoesOn) {
  dir_.Write("bad.covey", "no model");
  dir_.Write("empty/readme", "");
  dir_.Write("toml/x.covey", "add one");
  dir_.Write("toml/model.toml", "[input\n");
  dir_.Write("good.covey", "add one");
  ASSERT_TRUE(Open().ok());
  EXPECT_THAT(repository_.Find("bad")->error, HasSubstr("is no model"));
  EXPECT_THAT(repository_.Find("empty")->error, HasSubstr("found 0 networks"));
  EXPECT_THAT(repository_.Find("toml")->error, HasSubstr("model.toml"));
  EXPECT_EQ(repository_.Find("good")->error, "");
}

TEST_F(RepositoryTest, RefusesASecondModelOfOneName) {
  dir_.Write("a.covey", "add one");
  dir_.Write("a.tflite", "add one");
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(repository_.entries().size(), 1U);
  EXPECT_THAT(diag_.Text(), HasSubstr("has the name 'a'"));
}

TEST_F(RepositoryTest, SaysWhichDirectoryIsMissing) {
  EXPECT_EQ(repository_.Open("/nowhere/models", backends_, diag_).code(), Code::kNotFound);
  EXPECT_THAT(diag_.Text(), HasSubstr("/nowhere/models"));
}

TEST(BackendFor, SendsQuantisedNetworksToTheInt8Engine) {
  compiler::Graph graph;
  graph.tensors.emplace_back();
  EXPECT_EQ(BackendFor(graph), "onnx");
  graph.tensors[0].quant.scales = {0.5F};
  EXPECT_EQ(BackendFor(graph), "int8");
}

TEST_F(RepositoryTest, ClassifiesRealImagesAtFullPrecision) {
  const auto data = DataDir();
  if (!data) GTEST_SKIP() << "COVEY_DATA: no real models";
  auto onnx = MakeOnnxBackend({.threads = 1}, diag_);
  if (!onnx.ok()) GTEST_SKIP() << diag_.Text();
  backends_.clear();
  backends_.push_back(*std::move(onnx));
  std::filesystem::create_directory(dir_.path() / "resnet20");
  std::filesystem::create_symlink(std::filesystem::absolute(*data / "cifar10_resnet/resnet20.onnx"),
                                  dir_.path() / "resnet20/resnet20.onnx");
  dir_.Write("resnet20/model.toml",
             "[input]\nwidth = 32\nheight = 32\nmean = [0.485, 0.456, 0.406]\n"
             "std = [0.229, 0.224, 0.225]\n[output]\nkind = \"logits\"\n");
  ASSERT_TRUE(Open().ok());
  const Entry& entry = *repository_.Find("resnet20");
  ASSERT_EQ(entry.error, "");
  ASSERT_TRUE(entry.classifier) << entry.no_classifier;
  // 200 lossless test images, each a label byte and planes of red, green, blue.
  std::ifstream file(*data / "cifar10/lossless_test500.bin", std::ios::binary);
  int right = 0;
  for (int i = 0; i < 200; ++i) {
    char record[3073];
    ASSERT_TRUE(file.read(record, sizeof record));
    std::vector<std::byte> rgb(3072);
    for (size_t p = 0; p < 1024; ++p)
      for (size_t c = 0; c < 3; ++c)
        rgb[3 * p + c] = static_cast<std::byte>(record[1 + 1024 * c + p]);
    HostTensor input;
    std::vector<HostTensor> outputs;
    std::vector<ClassScore> classes;
    ASSERT_TRUE(entry.classifier->Prepare({ImageFormat::kRawRgb8, 32, 32, rgb}, input, diag_).ok());
    ASSERT_TRUE(entry.model->Run(std::span(&input, 1), outputs, diag_).ok()) << diag_.Text();
    ASSERT_TRUE(entry.classifier->Classes(outputs, 1, classes, diag_).ok());
    if (classes[0].index == static_cast<uint8_t>(record[0])) ++right;
  }
  // Published: 91.7 % of 10,000. Wrong channels, order or scale leave less than half of that.
  EXPECT_GE(right, 175);
}

}  // namespace
}  // namespace covey::serve
