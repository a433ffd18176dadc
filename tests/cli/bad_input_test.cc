// Hostile and mistaken files: exit code 1, one message that names the file, never a crash.
#include <gtest/gtest.h>

#include "core/host/data_dir.hpp"
#include "core/host/stride.hpp"
#include "tests/cli/material.hpp"

namespace covey::cli_test {
namespace {

// The message names the file and the code; stdout stays empty.
void ExpectFailure(const Ended& run, const std::string& names, const std::string& code) {
  EXPECT_EQ(run.code, 1) << run.err;
  EXPECT_EQ(run.out, "");
  EXPECT_NE(run.err.find(names), std::string::npos) << run.err;
  EXPECT_NE(run.err.find(code), std::string::npos) << run.err;
}

std::string CompiledDevice() {
  const std::string image = TempPath("device.covey");
  const Ended run = Covey({"compile", kDeviceModel, "-o", image});
  EXPECT_EQ(run.code, 0) << run.err;
  const std::string bytes = ReadAll(image);
  (void)unlink(image.c_str());
  return bytes;
}

// inspect and run end with 0 or 1 whatever the bytes; above 128 would be a crash.
void ExpectNoCrash(const std::string& path, const std::string& what) {
  const Ended inspect = Covey({"inspect", path});
  ASSERT_LE(inspect.code, 1) << what << inspect.err;
  if (inspect.code == 1) {
    ASSERT_NE(inspect.err.find(path), std::string::npos) << what << inspect.err;
  }
}

TEST(BadInput, MissingFilesAreNotFound) {
  for (const char* command : {"inspect", "run"}) {
    ExpectFailure(Covey({command, "/nowhere/m.tflite"}), "/nowhere/m.tflite", "NOT_FOUND");
  }
  ExpectFailure(Covey({"compile", "/nowhere/m.tflite", "-o", TempPath("o")}), "/nowhere/m.tflite",
                "NOT_FOUND");
  ExpectFailure(Covey({"run", kDeviceModel, "--input", "/nowhere/in.bin"}), "/nowhere/in.bin",
                "NOT_FOUND");
  ExpectFailure(Covey({"agent", "--config", "/nowhere/a.toml"}), "/nowhere/a.toml", "NOT_FOUND");
  ExpectFailure(Covey({"agent", "--models", "/nowhere/models", "--listen", "127.0.0.1:0"}),
                "/nowhere/models", "NOT_FOUND");
  ExpectFailure(Covey({"classify", "/nowhere/cat.jpg", "--model", kDeviceModel}),
                "/nowhere/cat.jpg", "NOT_FOUND");
}

TEST(BadInput, OutputsThatCannotBeWrittenAreNamed) {
  ExpectFailure(Covey({"compile", kDeviceModel, "-o", "/nowhere/o.covey"}), "/nowhere/o.covey", "");
}

TEST(BadInput, ADirectoryIsNoFileToTryAgain) {
  const std::string dir = std::filesystem::path(TempPath("x")).parent_path();
  ExpectFailure(Covey({"inspect", dir}), dir, "INVALID_ARGUMENT");
  ExpectFailure(Covey({"run", kDeviceModel, "--input", dir}), dir, "INVALID_ARGUMENT");
  ExpectFailure(Covey({"compile", kDeviceModel, "-o", dir}), dir, "INVALID_ARGUMENT");
}

TEST(BadInput, AnEmptyNameIsShown) { ExpectFailure(Covey({"inspect", ""}), "''", "NOT_FOUND"); }

TEST(BadInput, AFullDiskIsNoSuccess) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  ExpectFailure(Covey({"compile", kDeviceModel, "-o", "/dev/full"}), "/dev/full",
                "RESOURCE_EXHAUSTED");
  for (const char* words : {"inspect", "compile -o /dev/null", "run --output /dev/null --json"}) {
    const std::string command = std::string(COVEY_BINARY) + " " + words + " " + kDeviceModel +
                                " </dev/zero >/dev/full 2>/dev/null";
    if (std::string(words).rfind("run", 0) == 0) continue;  // stdin without an end
    EXPECT_EQ(WEXITSTATUS(std::system(command.c_str())), 1) << words;
  }
}

TEST(BadInput, AStreamThatIsClosedIsNamedAndNeverWaitedFor) {
  const std::string program = COVEY_BINARY;
  EXPECT_EQ(
      WEXITSTATUS(std::system((program + " run " + kDeviceModel + " <&- 2>/dev/null").c_str())), 1);
  EXPECT_EQ(
      WEXITSTATUS(std::system((program + " inspect " + kDeviceModel + " >&- 2>/dev/null").c_str())),
      1);
  EXPECT_EQ(WEXITSTATUS(std::system((program + " inspect /nowhere 2>&-").c_str())), 1);
}

TEST(BadInput, AReaderThatLeavesIsAnErrorNotASignal) {
  const std::string line = std::string("bash -c 'set -o pipefail; ") + COVEY_BINARY + " compile " +
                           kDeviceModel + " --emit cpp -o - 2>/dev/null | head -c 1 >/dev/null'";
  EXPECT_EQ(WEXITSTATUS(std::system(line.c_str())), 1);
}

TEST(BadInput, AReaderWhoHasReadEnoughOfAReportIsNoError) {
  const std::string line = std::string("bash -c 'set -o pipefail; ") + COVEY_BINARY + " inspect " +
                           kDeviceModel + " --json | head -c 1 >/dev/null'";
  EXPECT_EQ(WEXITSTATUS(std::system(line.c_str())), 0);
}

TEST(BadInput, AnImageIsCompiledAlready) {
  const std::string image = TempPath("device.covey");
  ASSERT_EQ(Covey({"compile", kDeviceModel, "-o", image}).code, 0);
  for (const Arguments& words : {Arguments{"--target", "m4"}, Arguments{"--ram", "10"},
                                 Arguments{"--flash", "10"}, Arguments{"--dump-after", "fold"}}) {
    Arguments all = {"compile", image, "-o", TempPath("o.covey")};
    all.insert(all.end(), words.begin(), words.end());
    ExpectFailure(Covey(all), "compiled already", words[0]);
  }
}

TEST(BadInput, AQuantisedNetworkIsNotQuantisedAgain) {
  ExpectFailure(Covey({"quantize", kDeviceModel, "--calibrate", WriteTemp("raw", "x"), "-o",
                       TempPath("o.covey")}),
                "expected a float one", "covey compile");
}

TEST(BadInput, CppGoesToACppFileOrAFolder) {
  ExpectFailure(Covey({"compile", kDeviceModel, "--emit", "cpp", "-o", TempPath("x.txt")}),
                "found the ending '.txt'", "expected .cc");
}

TEST(BadInput, AFileThatIsNoModelSaysWhatIsExpected) {
  const std::string path = WriteTemp("notes.txt", "to do: water the plants");
  ExpectFailure(Covey({"inspect", path}), path, "expected");
  (void)unlink(path.c_str());
}

TEST(BadInput, ASampleOfTheWrongSizeSaysFoundAndExpected) {
  const Ended run = Covey({"run", kDeviceModel}, std::string(3073, 'x'));
  ExpectFailure(run, "stdin", "INVALID_ARGUMENT");
  EXPECT_NE(run.err.find("found 3073 bytes, expected a multiple of 3072"), std::string::npos)
      << run.err;
}

TEST(BadInput, NoSampleAtAllIsRefused) {
  ExpectFailure(Covey({"run", kDeviceModel}, ""), "found 0 bytes", "INVALID_ARGUMENT");
}

TEST(BadInput, AnyFlippedBitOfAnImageIsFound) {
  const std::string image = CompiledDevice();
  ASSERT_GT(image.size(), 1000U);
  for (size_t i = 0; i < 40; i += Stride(7)) {
    std::string bytes = image;
    const size_t at = i * (image.size() - 1) / 39;
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << (i % 8)));
    const std::string path = WriteTemp("flipped.covey", bytes);
    const Ended run = Covey({"inspect", path});
    EXPECT_EQ(run.code, 1) << "byte " << at;
    EXPECT_NE(run.err.find(path), std::string::npos) << run.err;
    (void)unlink(path.c_str());
  }
}

TEST(BadInput, AnyTruncatedImageIsFound) {
  const std::string image = CompiledDevice();
  for (size_t i = 0; i < 20; i += Stride(7)) {
    const std::string path = WriteTemp("short.covey", image.substr(0, i * image.size() / 20));
    const Ended run = Covey({"inspect", path});
    EXPECT_EQ(run.code, 1) << "of " << image.size() << " bytes " << i * image.size() / 20;
    (void)unlink(path.c_str());
  }
}

TEST(BadInput, DamagedOnnxNeverCrashes) {
  const std::string model = ReadAll(kDeviceModel);
  for (size_t i = 0; i < 30; i += Stride(7)) {
    std::string bytes = model;
    const size_t at = i * (model.size() - 1) / 29;
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << (i % 8)));
    if (i % 3 == 2) bytes.resize(at);
    const std::string path = WriteTemp("damaged.onnx", bytes);
    ExpectNoCrash(path, "byte " + std::to_string(at) + ": ");
    (void)unlink(path.c_str());
  }
}

class RealFiles : public testing::Test {
 protected:
  void SetUp() override {
    const auto data = DataDir();
    if (!data) GTEST_SKIP() << "COVEY_DATA: the folder of real models is absent";
    models_ = *data / "mlperf_tiny" / "models";
  }
  std::filesystem::path models_;
};

TEST_F(RealFiles, DamagedTfliteNeverCrashes) {
  const std::string model = ReadAll(models_ / "kws_ref_model.tflite");
  // The importer's own tests flip every byte; here it is the program that must live.
  for (size_t i = 0; i < 24; i += Stride(7)) {
    std::string bytes = model;
    // Half of them where the tables are: at the end, and in the first bytes.
    const size_t at = i % 2 == 0 ? bytes.size() - 1 - i * 97 : i * bytes.size() / 24;
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << (i % 8)));
    if (i % 5 == 4) bytes.resize(at);
    const std::string path = WriteTemp("damaged.tflite", bytes);
    ExpectNoCrash(path, "byte " + std::to_string(at) + ": ");
    (void)unlink(path.c_str());
  }
}

TEST_F(RealFiles, AFloatModelCompilesAndIsCalledSlow) {
  const std::string model = models_ / "pretrainedResnet.tflite";  // float32
  const Ended run = Covey({"compile", model, "-o", TempPath("o.covey")});
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_NE(run.out.find("compute in float: slow on a board"), std::string::npos) << run.out;
}

// A network that ships with the project, one of its operators renamed.
std::string Unsupported() {
  std::string bytes = ReadAll(kDeviceModel);
  const size_t at = bytes.find(
      "\x22\x04"
      "Conv");  // NodeProto.op_type
  if (at != std::string::npos) bytes.replace(at + 2, 4, "Zonv");
  return WriteTemp("unsupported.onnx", bytes);
}

TEST(BadInput, AnUnsupportedModelNamesOpTensorAndWhatIsSupported) {
  const std::string model = Unsupported();
  const Ended run = Covey({"compile", model, "-o", TempPath("o.covey")});
  ExpectFailure(run, model, "UNIMPLEMENTED");
  for (const char* words : {"op Zonv", "writing tensor", "supported are conv2d"}) {
    EXPECT_NE(run.err.find(words), std::string::npos) << words << '\n' << run.err;
  }
  (void)unlink(model.c_str());
}

TEST(BadInput, AModelThatDoesNotCompileCanStillBeInspected) {
  const std::string model = Unsupported();
  const Ended run = Covey({"inspect", model, "--json"});
  (void)unlink(model.c_str());
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_TRUE(run.json()["arena_bytes"].is_null());
  EXPECT_NE(run.json()["no_image"], "");
}

TEST(BadInput, IsJsonOnDemand) {
  const Ended run = Covey({"inspect", "/nowhere/m.tflite", "--json"});
  EXPECT_EQ(run.code, 1);
  EXPECT_EQ(run.out, "");
  EXPECT_EQ(run.err_json()["error"]["code"], "NOT_FOUND") << run.err;
}

}  // namespace
}  // namespace covey::cli_test
