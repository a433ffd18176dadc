// The four MLPerf Tiny networks on every board, byte for byte against the TFLite reference kernels.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <fstream>

#include "compiler/compile.hpp"
#include "core/host/data_dir.hpp"
#include "core/host/diag_text.hpp"
#include "serve/board/board.hpp"
#include "serve/board/test_board.hpp"
#include "wire/image/reader.hpp"

namespace covey::serve {
namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<std::byte>;
constexpr int kSamples = 8;
constexpr size_t kRealSamples = 16;

struct Network {
  const char* name;    // of the model, and of golden/<name>.random8.out
  const char* folder;  // of the real inputs, and of golden/<folder>.out
  size_t input_bytes;
};
void PrintTo(const Network& network, std::ostream* out) { *out << network.name; }
constexpr Network kNetworks[] = {{"pretrainedResnet_quant", "ic01", 32 * 32 * 3},
                                 {"kws_ref_model", "kws01", 490},
                                 {"vww_96_int8", "vww01", 96 * 96 * 3},
                                 {"ad01_int8", "ad01", 640}};

// The golden set's inputs: input i is the byte stream of xorshift32 started from a seed plus i.
Bytes RandomInputs(size_t input_bytes) {
  Bytes inputs(input_bytes * kSamples);
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

Bytes ReadAll(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  Bytes bytes(text.size());
  if (!text.empty()) std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

class BoardGoldenTest : public testing::TestWithParam<std::tuple<const char*, Network>> {
 protected:
  void SetUp() override {
    const auto& [board, network] = GetParam();
    const std::optional<fs::path> data = DataDir();
    if (!data) GTEST_SKIP() << "COVEY_DATA: no golden outputs";
    if (const auto missing = test::MissingFor(board)) GTEST_SKIP() << *missing;
    folder_ = *data / "mlperf_tiny";
    const std::string file = std::string(network.name) + ".tflite";
    const Result<compiler::Graph> graph = compiler::ImportFile(folder_ / "models" / file, diag_);
    ASSERT_TRUE(graph.ok()) << graph.status().message() << ": " << diag_.Text();
    const Result<compiler::Target> target = compiler::TargetOf(board, diag_);
    ASSERT_TRUE(target.ok()) << diag_.Text();
    const Result<Bytes> image = compiler::Compile(*graph, diag_, {.target = *target});
    ASSERT_TRUE(image.ok()) << image.status().message() << ": " << diag_.Text();
    image_ = *image;
  }

  // A listed file as the network's int8 input (what the data's README says of each folder).
  Bytes RealInput(const std::string& file) const {
    const Network& network = std::get<1>(GetParam());
    const std::string folder = network.folder;
    Bytes bytes = ReadAll(folder_ / folder / file);
    if (folder == "ad01") return Quantised(bytes, network.input_bytes);
    if (folder != "kws01") {
      for (std::byte& byte : bytes) byte ^= std::byte{0x80};  // uint8 - 128
    }
    return bytes;
  }

  Bytes Quantised(const Bytes& floats, size_t count) const {
    DiagText diag;
    std::vector<std::max_align_t> aligned(image_.size() / sizeof(std::max_align_t) + 1);
    std::memcpy(aligned.data(), image_.data(), image_.size());
    const Result<wire::ImageView> view = wire::ImageView::Read(
        {reinterpret_cast<const std::byte*>(aligned.data()), image_.size()}, diag);
    EXPECT_TRUE(view.ok()) << diag.Text();
    const wire::TensorRecord& input = view->tensor(view->input_tensor(0));
    Bytes bytes(count);
    for (size_t i = 0; i < count; ++i) {
      float value = 0;
      std::memcpy(&value, floats.data() + 4 * i, 4);
      const float stored =
          std::nearbyint(value / input.scale) + static_cast<float>(input.zero_point);
      bytes[i] = static_cast<std::byte>(static_cast<int8_t>(std::clamp(stored, -128.0F, 127.0F)));
    }
    return bytes;
  }

  // Without counting: the emulator is several times faster then, and the bytes are the same.
  Bytes Run(const Bytes& inputs) {
    const Result<BoardRun> run = RunOnBoard({.board = std::get<0>(GetParam()),
                                             .image = image_,
                                             .inputs = inputs,
                                             .count_instructions = false},
                                            diag_);
    EXPECT_TRUE(run.ok()) << run.status().message() << ": " << diag_.Text();
    return run.ok() ? run->outputs : Bytes();
  }

  DiagText diag_;
  fs::path folder_;
  Bytes image_;
};

TEST_P(BoardGoldenTest, EqualsTheReferenceOnPseudoRandomInputs) {
  const Network& network = std::get<1>(GetParam());
  const Bytes golden = ReadAll(folder_ / "golden" / (std::string(network.name) + ".random8.out"));
  ASSERT_FALSE(golden.empty());
  EXPECT_EQ(Run(RandomInputs(network.input_bytes)), golden);
}

TEST_P(BoardGoldenTest, EqualsTheReferenceOnRealInputs) {
  const Network& network = std::get<1>(GetParam());
  const Bytes golden = ReadAll(folder_ / "golden" / (std::string(network.folder) + ".out"));
  std::ifstream labels(folder_ / network.folder / "y_labels.csv");
  Bytes inputs;
  size_t count = 0;
  for (std::string line; count < kRealSamples && std::getline(labels, line); ++count) {
    const Bytes input = RealInput(line.substr(0, line.find(',')));
    ASSERT_EQ(input.size(), network.input_bytes) << line;
    inputs.insert(inputs.end(), input.begin(), input.end());
  }
  ASSERT_EQ(count, kRealSamples);
  const Bytes outputs = Run(inputs);
  ASSERT_GE(outputs.size(), kRealSamples);
  ASSERT_LE(outputs.size(), golden.size());
  EXPECT_EQ(outputs, Bytes(golden.begin(), golden.begin() + static_cast<long>(outputs.size())));
}

INSTANTIATE_TEST_SUITE_P(Each, BoardGoldenTest,
                         testing::Combine(testing::Values("m33", "m4", "m55", "rv32"),
                                          testing::ValuesIn(kNetworks)),
                         [](const auto& each) {
                           return std::string(std::get<0>(each.param)) + "_" +
                                  std::get<1>(each.param).name;
                         });

}  // namespace
}  // namespace covey::serve
