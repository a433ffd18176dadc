#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "compiler/compile.hpp"
#include "compiler/import/tflite/tiny.hpp"
#include "compiler/passes/compare.hpp"
#include "core/host/data_dir.hpp"
#include "core/host/diag_text.hpp"
#include "core/host/stride.hpp"

namespace covey::compiler {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using tflite::TinyFile;

// What the importer, and if it passes the compiler, say about a file.
Code Outcome(const std::vector<std::byte>& bytes, std::string* text = nullptr) {
  DiagText diag;
  const auto graph = ImportTflite(bytes, diag);
  Status status = graph.status();
  if (graph.ok()) status = Compile(*graph, diag).status();
  if (text != nullptr) *text = diag.Text();
  EXPECT_NE(status.ok(), !diag.Text().empty()) << status.message() << ' ' << diag.Text();
  return status.code();
}

TEST(ImportTflite, ReadsOpsShapesAndScales) {
  DiagText diag;
  const auto graph = ImportTflite(TinyFile::Make(), diag);
  ASSERT_TRUE(graph.ok()) << diag.Text();
  const Summary summary = Summarise(*graph);
  ASSERT_EQ(summary.ops.size(), 4u);
  EXPECT_EQ(summary.ops[0].op, "conv2d");
  EXPECT_EQ(summary.ops[0].inputs[1], "int8[2,3,3,2]");
  EXPECT_EQ(summary.ops[0].macs, 4u * 4 * 2 * 3 * 3 * 2);
  EXPECT_EQ(summary.macs, 576u + 96);
  EXPECT_EQ(summary.weight_bytes, 36u + 8 + 96);
  EXPECT_FLOAT_EQ(graph->tensors[3].quant.scales[0], 0.7F);
  EXPECT_EQ(graph->nodes[0].activation, Activation::kRelu);
}

TEST(ImportTflite, CompilesWhatItReads) { EXPECT_EQ(Outcome(TinyFile::Make()), Code::kOk); }

TEST(ImportTflite, CompilesToTheSameBytesTwice) {
  DiagText diag;
  const auto graph = ImportTflite(TinyFile::Make(), diag);
  EXPECT_EQ(*Compile(*graph, diag), *Compile(*graph, diag));
}

TEST(ImportTflite, RefusesEveryTruncationThatCutsContent) {
  const std::vector<std::byte> whole = TinyFile::Make();
  for (size_t size = 0; size < whole.size(); ++size) {
    const std::vector<std::byte> cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
    EXPECT_NE(Outcome(cut), Code::kOk) << size << " of " << whole.size();
  }
}

// Any answer but a crash will do; Outcome checks that a refusal has words.
TEST(ImportTflite, SurvivesEveryFlippedBit) {
  const std::vector<std::byte> whole = TinyFile::Make();
  for (size_t bit = 0; bit < 8 * whole.size(); bit += Stride(7)) {
    std::vector<std::byte> damaged = whole;
    damaged[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    (void)Outcome(damaged);
  }
}

TEST(ImportTflite, NamesWhatIsWrong) {
  std::string text;
  TinyFile::Twist twist;
  twist.weights_bytes = 35;
  EXPECT_NE(Outcome(TinyFile::Make(twist), &text), Code::kOk);
  EXPECT_THAT(text, AllOf(HasSubstr("conv/weights"), HasSubstr("35"), HasSubstr("expected 36")));

  twist = {};
  twist.weights_buffer = 99;
  EXPECT_EQ(Outcome(TinyFile::Make(twist), &text), Code::kDataLoss);
  EXPECT_THAT(text, AllOf(HasSubstr("conv/weights"), HasSubstr("buffer 99 of 4")));

  twist = {};
  twist.conv_opcode = 7;
  EXPECT_EQ(Outcome(TinyFile::Make(twist), &text), Code::kDataLoss);
  EXPECT_THAT(text, AllOf(HasSubstr("operator 0"), HasSubstr("code 7 of 4")));

  twist = {};
  twist.conv_input = 55;
  EXPECT_EQ(Outcome(TinyFile::Make(twist), &text), Code::kDataLoss);
  EXPECT_THAT(text, AllOf(HasSubstr("operator 0 CONV_2D"), HasSubstr("tensor 55 of 8")));

  twist = {};
  twist.conv_input = 6;  // made later
  EXPECT_EQ(Outcome(TinyFile::Make(twist), &text), Code::kInvalidArgument);
  EXPECT_THAT(text, AllOf(HasSubstr("CONV_2D 'conv'"), HasSubstr("before anything writes it")));

  twist = {};
  twist.weight_scales = 3;
  EXPECT_EQ(Outcome(TinyFile::Make(twist), &text), Code::kInvalidArgument);
  EXPECT_THAT(text, AllOf(HasSubstr("conv/weights"), HasSubstr("3 scales"), HasSubstr("2")));
}

TEST(ImportTflite, CompileNamesAnUnsupportedOpItsTensorAndWhatIsSupported) {
  std::string text;
  TinyFile::Twist twist;
  twist.last = static_cast<tflite::Builtin>(118);
  EXPECT_EQ(Outcome(TinyFile::Make(twist), &text), Code::kUnimplemented);
  EXPECT_THAT(text, AllOf(HasSubstr("IF"), HasSubstr("tensor 'out' int8[1,3]"),
                          HasSubstr("supported are conv2d")));
}

// Twelve blocks of attention that multiply by weights which they compute, behind a spectrogram.
TEST(ImportTflite, AFloatTransformerHearsItsWord) {
  const auto data = DataDir();
  if (!data) GTEST_SKIP() << "COVEY_DATA: the folder of real models is absent";
  DiagText diag;
  const auto graph = ImportFile(*data / "kwt1" / "non_stream.tflite", diag);
  ASSERT_TRUE(graph.ok()) << diag.Text();
  const std::filesystem::path clip =
      *data / "mlperf_tiny" / "kws01_audio" / "tst_000000_Stop_7.bin";
  std::ifstream file(clip, std::ios::binary);
  std::vector<int16_t> samples(16000);
  ASSERT_TRUE(file.read(reinterpret_cast<char*>(samples.data()), 32000)) << clip;
  std::vector<float> sound;
  for (const int16_t sample : samples) sound.push_back(static_cast<float>(sample) / 32768);
  Compiled compiled(Passed(*graph));
  ASSERT_TRUE(compiled.ok());
  const auto* at = reinterpret_cast<const unsigned char*>(sound.data());
  const std::vector<std::byte> out = compiled.Run([&at] { return *at++; });
  std::vector<float> scores(out.size() / sizeof(float));
  std::memcpy(scores.data(), out.data(), out.size());
  ASSERT_EQ(scores.size(), 12u);
  std::ifstream labels(*data / "kwt1" / "labels.txt");
  std::string label;
  for (auto best = std::max_element(scores.begin(), scores.end()) - scores.begin(); best >= 0;
       --best) {
    labels >> label;
  }
  EXPECT_EQ(label, "stop");
}

// The fuzzer's seed stays readable; COVEY_SEEDS=tests/corpus writes it anew.
TEST(ImportTflite, ReadsItsFuzzSeed) {
  const std::filesystem::path file = "import_tflite_fuzz/tiny.tflite";
  if (const char* folder = std::getenv("COVEY_SEEDS"); folder != nullptr) {
    const std::vector<std::byte> bytes = TinyFile::Make();
    std::filesystem::create_directories((folder / file).parent_path());
    std::ofstream(folder / file, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
  }
  DiagText diag;
  EXPECT_TRUE(ImportFile("tests/corpus" / file, diag).ok()) << diag.Text();
}

TEST(ImportTflite, RefusesAnOpWithoutItsSecondInput) {
  DiagText diag;
  auto graph = ImportTflite(TinyFile::Make(), diag);
  ASSERT_TRUE(graph.ok());
  graph->nodes[1].op = Op::kAdd;  // the reshape has one input
  EXPECT_EQ(Compile(*graph, diag).status().code(), Code::kInvalidArgument);
  EXPECT_THAT(diag.Text(), HasSubstr("1 inputs, expected 2"));
}

}  // namespace
}  // namespace covey::compiler
