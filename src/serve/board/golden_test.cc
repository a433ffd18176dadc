// The four MLPerf Tiny networks on every board, byte for byte against the TFLite reference kernels.

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>

#include "compiler/compile.hpp"
#include "core/host/data_dir.hpp"
#include "core/host/diag_text.hpp"
#include "serve/board/board.hpp"

namespace covey::serve {
namespace {

namespace fs = std::filesystem;
constexpr int kSamples = 8;

struct Network {
  const char* name;  // of the files
  size_t input_bytes;
};
constexpr Network kNetworks[] = {{"pretrainedResnet_quant", 32 * 32 * 3},
                                 {"kws_ref_model", 490},
                                 {"vww_96_int8", 96 * 96 * 3},
                                 {"ad01_int8", 640}};

// The golden set's inputs: input i is the byte stream of xorshift32 started from a seed plus i.
std::vector<std::byte> RandomInputs(size_t input_bytes) {
  std::vector<std::byte> inputs(input_bytes * kSamples);
  for (int i = 0; i < kSamples; ++i) {
    uint32_t state = 0x9E3779B9U + static_cast<uint32_t>(i);
    for (size_t at = 0; at < input_bytes; ++at) {
      if (at % 4 == 0) {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
      }
      inputs[static_cast<size_t>(i) * input_bytes + at] =
          static_cast<std::byte>(state >> (8 * (at % 4)));
    }
  }
  return inputs;
}

std::vector<std::byte> ReadAll(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  std::vector<std::byte> bytes(text.size());
  if (!text.empty()) std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

class BoardGoldenTest : public testing::TestWithParam<std::tuple<const char*, Network>> {};

TEST_P(BoardGoldenTest, EqualsTheReferenceKernels) {
  const auto& [board, network] = GetParam();
  DiagText diag;
  const std::optional<fs::path> data = DataDir();
  if (!data) GTEST_SKIP() << "COVEY_DATA: no golden outputs";
  const Result<fs::path> firmware = FindFirmware(board, "bench", diag);
  if (!firmware.ok()) GTEST_SKIP() << "firmware: " << diag.Text();
  if (!QemuCommand(board, *firmware, {}, false, false, diag).ok()) {
    GTEST_SKIP() << "QEMU: " << diag.Text();
  }
  const fs::path folder = *data / "mlperf_tiny";
  const std::string name = network.name;
  const Result<compiler::Graph> graph =
      compiler::ImportFile(folder / "models" / (name + ".tflite"), diag);
  ASSERT_TRUE(graph.ok()) << graph.status().message() << ": " << diag.Text();
  const Result<std::vector<std::byte>> image = compiler::Compile(*graph, diag);
  ASSERT_TRUE(image.ok()) << image.status().message() << ": " << diag.Text();

  const std::vector<std::byte> golden = ReadAll(folder / "golden" / (name + ".random8.out"));
  ASSERT_FALSE(golden.empty());
  const std::vector<std::byte> inputs = RandomInputs(network.input_bytes);
  // Without counting: the emulator is several times faster then, and the bytes are the same.
  const Result<BoardRun> run = RunOnBoard(
      {.board = board, .image = *image, .inputs = inputs, .count_instructions = false}, diag);
  ASSERT_TRUE(run.ok()) << run.status().message() << ": " << diag.Text();
  EXPECT_EQ(run->outputs, golden);
}

INSTANTIATE_TEST_SUITE_P(Each, BoardGoldenTest,
                         testing::Combine(testing::Values("m33", "m4", "rv32"),
                                          testing::ValuesIn(kNetworks)),
                         [](const auto& each) {
                           return std::string(std::get<0>(each.param)) + "_" +
                                  std::get<1>(each.param).name;
                         });

}  // namespace
}  // namespace covey::serve
