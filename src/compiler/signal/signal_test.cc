// Signals compiled as models: alone, and in front of networks.
#include "compiler/signal/signal.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <numbers>

#include "compiler/compile.hpp"
#include "compiler/passes/compare.hpp"
#include "core/host/data_dir.hpp"

namespace covey::compiler {
namespace {

std::vector<std::byte> BytesOf(const std::vector<int16_t>& samples) {
  std::vector<std::byte> bytes(samples.size() * 2);
  std::memcpy(bytes.data(), samples.data(), bytes.size());
  return bytes;
}

template <typename T>
std::vector<T> RunOn(Compiled& compiled, const std::vector<std::byte>& bytes) {
  size_t at = 0;
  const std::vector<std::byte> out = compiled.Run([&] { return bytes[at++]; });
  std::vector<T> values(out.size() / sizeof(T));
  std::memcpy(values.data(), out.data(), out.size());
  return values;
}

std::vector<int16_t> Tone(double hertz, int32_t rate, int32_t samples) {
  std::vector<int16_t> tone;
  for (int32_t n = 0; n < samples; ++n)
    tone.push_back(static_cast<int16_t>(
        std::lround(20000 * std::sin(2 * std::numbers::pi * hertz * n / rate))));
  return tone;
}

// The same tone at the other rate, but for where the filter looks past the ends.
TEST(Signal, ResampledTonesKeepTheirPitchAndSize) {
  for (const int32_t from : {8000, 44100, 48000}) {
    DiagText diag;
    const auto graph = ResampleGraph({.rate = 16000, .from_rate = from, .samples = 1600}, diag);
    ASSERT_TRUE(graph.ok()) << diag.Text();
    Compiled compiled(*graph);
    ASSERT_TRUE(compiled.ok());
    const auto samples = static_cast<int32_t>(graph->tensors[0].elements());
    const auto found = RunOn<int16_t>(compiled, BytesOf(Tone(1000, from, samples)));
    const auto expected = Tone(1000, 16000, 1600);
    ASSERT_EQ(found.size(), expected.size());
    for (size_t i = 100; i < 1500; ++i) ASSERT_NEAR(found[i], expected[i], 4) << from << ' ' << i;
  }
}

TEST(Signal, ResamplingDropsWhatTheLowerRateCannotHold) {
  DiagText diag;
  const auto graph = ResampleGraph({.rate = 16000, .from_rate = 48000, .samples = 800}, diag);
  ASSERT_TRUE(graph.ok()) << diag.Text();
  Compiled compiled(*graph);
  const auto found = RunOn<int16_t>(compiled, BytesOf(Tone(11000, 48000, 2400)));
  for (size_t i = 100; i < 700; ++i) ASSERT_NEAR(found[i], 0, 4) << i;
}

TEST(Signal, ATonesSpectrumIsOneLine) {
  DiagText diag;
  const auto graph = FftGraph({.rate = 16000, .samples = 500}, diag);
  ASSERT_TRUE(graph.ok()) << diag.Text();
  Compiled compiled(*graph);
  const auto lines = RunOn<float>(compiled, BytesOf(Tone(1000, 16000, 500)));
  ASSERT_EQ(lines.size(), 257U * 2);
  size_t highest = 0;
  for (size_t k = 0; k < 257; ++k)
    if (std::hypot(lines[2 * k], lines[2 * k + 1]) >
        std::hypot(lines[2 * highest], lines[2 * highest + 1]))
      highest = k;
  EXPECT_EQ(highest, 32U);  // 1000 Hz of 16000 / 512 each
}

Graph Relu(DType dtype, std::vector<int32_t> dims, const Quant& quant) {
  Graph graph;
  graph.name = "relu";
  for (const char* name : {"in", "out"}) {
    Tensor tensor;
    tensor.name = name, tensor.dtype = dtype, tensor.dims = dims, tensor.quant = quant;
    graph.tensors.push_back(tensor);
  }
  Node node;
  node.op = Op::kRelu, node.name = node.source_op = "relu";
  node.inputs = {0}, node.outputs = {1};
  node.activation = Activation::kRelu;
  graph.nodes = {node};
  graph.inputs = {0}, graph.outputs = {1};
  return graph;
}

// Resampled, then cepstra, then the network: one image, the same bytes as one after the other.
TEST(Signal, AChainInOneImageGivesTheBytesOfItsParts) {
  DiagText diag;
  const Quant quant{{0.25F}, {-7}, -1};
  Graph network = Relu(DType::kInt8, {1, 4, 10}, quant);
  const AudioSource both{.rate = 16000, .from_rate = 48000, .samples = 1500};
  const auto element = InputElement(network, diag);
  ASSERT_TRUE(element.ok()) << diag.Text();
  const auto front = MfccGraph(both, {}, *element, diag);
  const auto first = ResampleGraph(both, diag);
  const auto second = MfccGraph({.rate = 16000, .samples = 1500}, {}, *element, diag);
  ASSERT_TRUE(front.ok() && first.ok() && second.ok()) << diag.Text();
  Graph chain = network;
  ASSERT_TRUE(PutBefore(*front, chain, diag).ok()) << diag.Text();
  Compiled whole(Passed(chain)), resample(*first), mfcc(*second), relu(network);
  const auto audio = BytesOf(Tone(440, 48000, 4500));
  const auto samples = RunOn<std::byte>(resample, audio);
  const auto cepstra = RunOn<std::byte>(mfcc, samples);
  EXPECT_EQ(RunOn<int8_t>(whole, audio), RunOn<int8_t>(relu, cepstra));
}

// Of each kind: resampled, transformed, their cepstra.
TEST(Signal, OfSeveralClipsInOneRunIsThatOfEach) {
  DiagText diag;
  const auto audio = BytesOf(Tone(440, 24000, 3 * 2250));
  for (int kind = 0; kind < 3; ++kind) {
    const auto graph = [&](int32_t clips) {
      const AudioSource source{.rate = 16000, .from_rate = 24000, .samples = 1500, .clips = clips};
      auto made = kind == 0   ? ResampleGraph(source, diag)
                  : kind == 1 ? FftGraph(source, diag)
                              : MfccGraph(source, {}, {DType::kInt8, 0.5F, 3}, diag);
      EXPECT_TRUE(made.ok()) << diag.Text();
      return *std::move(made);
    };
    Compiled one(graph(1)), three(graph(3));
    std::vector<std::byte> expected;
    for (size_t clip = 0; clip < 3; ++clip) {
      const auto begin = audio.begin() + static_cast<ptrdiff_t>(clip * 4500);
      const auto part = RunOn<std::byte>(one, std::vector<std::byte>(begin, begin + 4500));
      expected.insert(expected.end(), part.begin(), part.end());
    }
    EXPECT_EQ(RunOn<std::byte>(three, audio), expected) << kind;
  }
  EXPECT_FALSE(FftGraph({.samples = 1 << 20, .clips = 65}, diag).ok());
}

TEST(Signal, RefusesANetworkThatTakesSomethingElse) {
  const auto complaint = [](Graph network) {
    DiagText diag;
    const auto front = MfccGraph({.samples = 1500}, {}, {DType::kInt8, 0.25F, -7}, diag);
    EXPECT_TRUE(front.ok()) << diag.Text();
    return PutBefore(*front, network, diag).ok() ? "accepted" : diag.Text();
  };
  EXPECT_EQ(complaint(Relu(DType::kInt8, {1, 4, 10}, {{0.25F}, {-7}, -1})), "accepted");
  EXPECT_EQ(complaint(Relu(DType::kInt8, {1, 5, 10}, {{0.25F}, {-7}, -1})),
            "tensor 'in' int8[1,5,10]: is the network's input, the signal's output is "
            "int8[1,4,10,1]: other elements or another scale, or nothing to do");
  EXPECT_NE(complaint(Relu(DType::kInt8, {1, 4, 10}, {{0.5F}, {-7}, -1})), "accepted");
  EXPECT_NE(complaint(Relu(DType::kFloat32, {1, 4, 10}, {})), "accepted");
}

// As a network of floats with classes of its own order becomes the far end of another.
TEST(Signal, SamplesBecomeFloatsAndClassesAnotherOrder) {
  DiagText diag;
  const auto front = SamplesGraph({.samples = 3}, diag);
  ASSERT_TRUE(front.ok()) << diag.Text();
  Graph network = Relu(DType::kFloat32, {1, 3}, {});
  ASSERT_TRUE(PutBefore(*front, network, diag).ok()) << diag.Text();
  ASSERT_TRUE(ReorderOutput({2, 0, 0, 1}, network, diag).ok()) << diag.Text();
  Compiled compiled(Passed(network));
  const std::vector<float> found = RunOn<float>(compiled, BytesOf({16384, -5, 8192}));
  EXPECT_EQ(found, (std::vector<float>{0.25F, 0.5F, 0.5F, 0}));
  EXPECT_FALSE(ReorderOutput({0, 4}, network, diag).ok());
  EXPECT_FALSE(ReorderOutput({-1}, network, diag).ok());
}

TEST(Signal, RefusesWhatNoKernelTakes) {
  DiagText diag;
  EXPECT_FALSE(MfccGraph({.samples = 100}, {.window = 480}, {}, diag).ok());
  EXPECT_FALSE(ResampleGraph({.rate = 16000, .from_rate = 16000}, diag).ok());
  EXPECT_FALSE(ResampleGraph({.rate = 0}, diag).ok());
  EXPECT_FALSE(ResizeGraph({0, 3, 3}, {2, 2, 3}, false, {}, diag).ok());
  for (const MelCepstrum& mel :
       {MelCepstrum{.low_hz = 5000}, MelCepstrum{.high_hz = 9000}, MelCepstrum{.floor = 0}}) {
    const auto graph = MfccGraph({.samples = 1000}, mel, {}, diag);
    ASSERT_TRUE(graph.ok());
    EXPECT_FALSE(Compile(*graph, diag).ok());
  }
  const auto long_fft = FftGraph({.samples = 5000}, diag);
  ASSERT_TRUE(long_fft.ok());
  EXPECT_FALSE(Compile(*long_fft, diag).ok());
}

TEST(Signal, AResizedPictureOfOneColourKeepsIt) {
  DiagText diag;
  for (const bool nearest : {false, true}) {
    const auto graph = ResizeGraph({24, 32, 3}, {9, 7, 3}, nearest, {DType::kInt8, 1, -128}, diag);
    ASSERT_TRUE(graph.ok()) << diag.Text();
    Compiled compiled(*graph);
    const auto out = RunOn<int8_t>(compiled, std::vector<std::byte>(24 * 32 * 3, std::byte{77}));
    EXPECT_EQ(out, std::vector<int8_t>(9 * 7 * 3, 77));
  }
}

std::vector<std::byte> ReadAll(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::vector<std::byte> bytes(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

// The bytes that the benchmark hands its network, from the sound they were made of. The reference
// differs where a coefficient of pure silence is 0 but for the noise of its arithmetic; and its
// bytes wrap where they do not fit, which happens in none of these clips.
TEST(Signal, KeywordAudioGivesTheBenchmarksBytes) {
  const auto data = DataDir();
  if (!data) GTEST_SKIP() << "COVEY_DATA: the folder of real models is absent";
  const auto dir = *data / "mlperf_tiny";
  DiagText diag;
  const auto network = ImportFile(dir / "models/kws_ref_model.tflite", diag);
  ASSERT_TRUE(network.ok()) << diag.Text();
  const auto element = InputElement(*network, diag);
  const auto graph = MfccGraph({}, {}, *element, diag);
  ASSERT_TRUE(graph.ok()) << diag.Text();
  Compiled compiled(*graph);
  std::ifstream list(dir / "kws01/y_labels.csv");
  size_t clips = 0, same = 0, most = 0;
  for (std::string line; clips < 60 && std::getline(list, line); ++clips) {
    const std::string file = line.substr(0, line.find(','));
    const auto found = RunOn<int8_t>(compiled, ReadAll(dir / "kws01_audio" / file));
    const auto expected = ReadAll(dir / "kws01" / file);
    ASSERT_EQ(found.size(), expected.size());
    for (size_t i = 0; i < found.size(); ++i) {
      const auto apart = static_cast<size_t>(std::abs(found[i] - static_cast<int8_t>(expected[i])));
      most = std::max(most, apart);
      same += apart == 0 ? 1 : 0;
    }
  }
  EXPECT_EQ(most, 1U);
  EXPECT_GE(same * 1000, clips * 490 * 995);
}

}  // namespace
}  // namespace covey::compiler
