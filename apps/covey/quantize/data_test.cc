#include "apps/covey/quantize/data.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "core/host/temp_dir.hpp"

namespace covey::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Inputs a of two numbers and b of one.
compiler::Graph TwoInputs() {
  compiler::Graph graph;
  for (const auto& [name, count] : {std::pair("a", 2), std::pair("b", 1)}) {
    compiler::Tensor tensor;
    tensor.name = name;
    tensor.dtype = DType::kFloat32;
    tensor.dims = {1, count};
    graph.inputs.push_back(static_cast<int>(graph.tensors.size()));
    graph.tensors.push_back(tensor);
  }
  return graph;
}

class DataTest : public testing::Test {
 protected:
  std::string Path(const std::string& name) const { return (dir_.path() / name).string(); }
  Expected<Data> Read(const std::string& name, const DataOptions& options) const {
    return ReadData(Path(name), TwoInputs(), options);
  }
  std::string WhyNot(const std::string& name, const DataOptions& options) const {
    const Expected<Data> data = Read(name, options);
    return data ? "" : data.error().message;
  }

  TempDir dir_;
  const DataOptions bytes_{.type = "uint8", .scale = 0.5F, .zero = 2};
};

TEST_F(DataTest, CutsASampleIntoTheInputsInTheirOrder) {
  ASSERT_TRUE(dir_.Write("raw", "\x02\x04\x06\x03\x05\x07"));
  const Expected<Data> data = Read("raw", bytes_);
  ASSERT_TRUE(data) << data.error().message;
  EXPECT_EQ(data.value().samples.count, 2U);
  EXPECT_THAT(data.value().samples.inputs[0], ElementsAre(0, 1, 0.5F, 1.5F));
  EXPECT_THAT(data.value().samples.inputs[1], ElementsAre(2, 2.5F));
}

TEST_F(DataTest, TakesFloatsAsTheyAreAndInt8WithItsSign) {
  const float numbers[] = {1.5F, -2, 1e-3F};
  std::string text(sizeof(numbers), '\0');
  std::memcpy(text.data(), numbers, sizeof(numbers));
  ASSERT_TRUE(dir_.Write("floats", text));
  const Expected<Data> floats = Read("floats", {});
  ASSERT_TRUE(floats) << floats.error().message;
  EXPECT_THAT(floats.value().samples.inputs[0], ElementsAre(1.5F, -2));
  ASSERT_TRUE(dir_.Write("bytes", "\xFF\x01\x80"));
  const Expected<Data> int8s = Read("bytes", {.type = "int8"});
  ASSERT_TRUE(int8s) << int8s.error().message;
  EXPECT_THAT(int8s.value().samples.inputs[0], ElementsAre(-1, 1));
  EXPECT_THAT(int8s.value().samples.inputs[1], ElementsAre(-128));
}

TEST_F(DataTest, ReadsAFolderInTheOrderOfItsNamesAndPassesOverHiddenFiles) {
  ASSERT_TRUE(dir_.Write("set/b/2", "\x08\x08\x08") && dir_.Write("set/a", "\x04\x04\x04") &&
              dir_.Write("set/.hidden", "x") && dir_.Write("set/b/1", "\x06\x06\x06"));
  const Expected<Data> data = Read("set", bytes_);
  ASSERT_TRUE(data) << data.error().message;
  EXPECT_THAT(data.value().samples.inputs[1], ElementsAre(1, 2, 3));
  EXPECT_THAT(data.value().names, ElementsAre(Path("set/a"), Path("set/b/1"), Path("set/b/2")));
}

TEST_F(DataTest, SpreadsWhatItTakesOverWhatIsThere) {
  std::string text;
  for (char sample = 0; sample < 10; ++sample) text += std::string(3, sample);
  ASSERT_TRUE(dir_.Write("raw", text));
  DataOptions options{.type = "uint8"};
  options.most = 4;
  const Expected<Data> data = Read("raw", options);
  ASSERT_TRUE(data) << data.error().message;
  EXPECT_EQ(data.value().samples.count, 4U);
  EXPECT_THAT(data.value().samples.inputs[1], ElementsAre(0, 2, 5, 7));
  EXPECT_EQ(data.value().names.size(), 4U);
}

TEST_F(DataTest, RefusesPartsOfASampleByNameAndNumbers) {
  ASSERT_TRUE(dir_.Write("raw", "\x01\x02\x03\x04") && dir_.Write("none", ""));
  EXPECT_THAT(WhyNot("raw", bytes_), HasSubstr("raw: holds 4 bytes, expected a whole number of "
                                               "samples of 3 bytes (uint8)"));
  EXPECT_THAT(WhyNot("raw", {}), HasSubstr("samples of 12 bytes (float32)"));
  EXPECT_THAT(WhyNot("none", bytes_), HasSubstr("holds 0 bytes"));
}

TEST_F(DataTest, RefusesWhatIsNotThereAndAFolderWithoutFiles) {
  EXPECT_THAT(WhyNot("nothing", bytes_), HasSubstr("nothing: cannot open"));
  std::filesystem::create_directory(dir_.path() / "empty");
  EXPECT_THAT(WhyNot("empty", bytes_), HasSubstr("holds no file"));
}

TEST_F(DataTest, RefusesPicturesAmongRawSamples) {
  ASSERT_TRUE(dir_.Write("set/a", "\x01\x02\x03") && dir_.Write("set/b.PNG", "\x01\x02\x03"));
  EXPECT_THAT(WhyNot("set", bytes_), HasSubstr("b.PNG: pictures and raw samples are mixed"));
}

}  // namespace
}  // namespace covey::app
