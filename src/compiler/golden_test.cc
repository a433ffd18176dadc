// The four MLPerf Tiny networks, from the .tflite file through the image to the engine's output:
// every byte equals the TFLite reference kernels' (data/mlperf_tiny/golden).
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>

#include "compiler/compile.hpp"
#include "core/host/data_dir.hpp"
#include "core/host/diag_text.hpp"
#include "kernels/ref/table.hpp"
#include "micro/run/engine.hpp"
#include "wire/image/reader.hpp"

namespace covey::compiler {
namespace {

using Bytes = std::vector<std::byte>;

Bytes ReadAll(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  std::stringstream text;
  text << file.rdbuf();
  const std::string string = text.str();
  Bytes bytes(string.size());
  std::memcpy(bytes.data(), string.data(), string.size());
  return bytes;
}

std::vector<std::string> ListedFiles(const std::filesystem::path& folder) {
  std::ifstream labels(folder / "y_labels.csv");
  std::vector<std::string> files;
  for (std::string line; std::getline(labels, line);) {
    if (!line.empty()) files.push_back(line.substr(0, line.find(',')));
  }
  return files;
}

struct Network {
  const char* file;     // in models/
  const char* folder;   // of the inputs, and golden/<folder>.out
  const char* random8;  // golden/<random8>.random8.out
  size_t inputs;        // that the golden file covers
};
void PrintTo(const Network& network, std::ostream* out) { *out << network.file; }

class Golden : public testing::TestWithParam<Network> {
 protected:
  void SetUp() override {
    const auto data = DataDir();
    if (!data) GTEST_SKIP() << "COVEY_DATA: the folder of real models is absent";
    dir_ = *data / "mlperf_tiny";
    DiagText diag;
    auto graph = ImportFile(dir_ / "models" / GetParam().file, diag);
    ASSERT_TRUE(graph.ok()) << diag.Text();
    auto image = Compile(*graph, diag);
    ASSERT_TRUE(image.ok()) << diag.Text();
    image_.resize(image->size() / sizeof(Chunk) + 1);
    std::memcpy(image_.data(), image->data(), image->size());
    auto view = wire::ImageView::Read({image_[0].bytes, image->size()}, diag);
    ASSERT_TRUE(view.ok()) << diag.Text();
    arena_.resize(view->header().arena_bytes / sizeof(Chunk) + 1);
    auto engine = micro::Engine::Prepare(*view, kernels::RefKernels(),
                                         {arena_[0].bytes, view->header().arena_bytes}, diag);
    ASSERT_TRUE(engine.ok()) << diag.Text();
    engine_ = std::make_unique<micro::Engine>(*engine);
  }

  Bytes Run(const Bytes& input) {
    EXPECT_EQ(input.size(), engine_->input(0).bytes);
    std::memcpy(engine_->input(0).data, input.data(), input.size());
    engine_->Run();
    const TensorView output = engine_->output(0);
    return {output.data, output.data + output.bytes};
  }

  // A listed file as the network's int8 input (data/README.md).
  Bytes InputOf(const std::string& file) const {
    Bytes bytes = ReadAll(dir_ / GetParam().folder / file);
    const std::string folder = GetParam().folder;
    if (folder == "kws01") return bytes;
    if (folder == "ad01") return Quantised(bytes);
    for (std::byte& byte : bytes) byte ^= std::byte{0x80};  // uint8 - 128
    return bytes;
  }

  Bytes Quantised(const Bytes& bytes) const {
    const TensorView input = engine_->input(0);
    Bytes result(input.bytes);
    for (size_t i = 0; i < result.size(); ++i) {
      float x = 0;
      std::memcpy(&x, bytes.data() + i * sizeof(x), sizeof(x));
      const float q = std::nearbyint(x / input.scale) + static_cast<float>(input.zero_point);
      result[i] = static_cast<std::byte>(static_cast<int8_t>(std::fmin(std::fmax(q, -128), 127)));
    }
    return result;
  }

  // Counts the inputs whose output differs in any byte.
  size_t Different(const std::string& golden, size_t count,
                   const std::function<Bytes(size_t)>& input) {
    const Bytes expected = ReadAll(dir_ / "golden" / golden);
    const size_t bytes = engine_->output(0).bytes;
    EXPECT_EQ(expected.size(), count * bytes);
    size_t different = 0;
    for (size_t i = 0; i < count; ++i) {
      const Bytes output = Run(input(i));
      if (std::memcmp(output.data(), expected.data() + i * bytes, bytes) != 0) ++different;
    }
    return different;
  }

  struct alignas(16) Chunk {
    std::byte bytes[16];
  };
  std::filesystem::path dir_;
  std::vector<Chunk> image_, arena_;
  std::unique_ptr<micro::Engine> engine_;
};

TEST_P(Golden, EqualsTheReferenceOnRealInputs) {
  const std::vector<std::string> files = ListedFiles(dir_ / GetParam().folder);
  ASSERT_GE(files.size(), GetParam().inputs);
  EXPECT_EQ(Different(std::string(GetParam().folder) + ".out", GetParam().inputs,
                      [&](size_t i) { return InputOf(files[i]); }),
            0u);
}

// Input i: the byte stream of xorshift32 (13, 17, 5) started from 0x9E3779B9 + i.
TEST_P(Golden, EqualsTheReferenceOnPseudoRandomInputs) {
  const auto input = [&](size_t i) {
    uint32_t state = 0x9E3779B9U + static_cast<uint32_t>(i);
    Bytes bytes(engine_->input(0).bytes);
    for (size_t at = 0; at < bytes.size(); ++at) {
      if (at % 4 == 0) {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
      }
      bytes[at] = static_cast<std::byte>(state >> (8 * (at % 4)));
    }
    return bytes;
  };
  EXPECT_EQ(Different(std::string(GetParam().random8) + ".random8.out", 8, input), 0u);
}

INSTANTIATE_TEST_SUITE_P(
    MlperfTiny, Golden,
    testing::Values(Network{"pretrainedResnet_quant.tflite", "ic01", "pretrainedResnet_quant", 200},
                    Network{"kws_ref_model.tflite", "kws01", "kws_ref_model", 700},
                    Network{"vww_96_int8.tflite", "vww01", "vww_96_int8", 100},
                    Network{"ad01_int8.tflite", "ad01", "ad01_int8", 124}),
    [](const auto& network) { return std::string(network.param.folder); });

}  // namespace
}  // namespace covey::compiler
