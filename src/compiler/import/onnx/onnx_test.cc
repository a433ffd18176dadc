#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <fstream>

#include "compiler/compile.hpp"
#include "compiler/import/onnx/tiny.hpp"
#include "core/host/data_dir.hpp"
#include "core/host/diag_text.hpp"
#include "core/host/stride.hpp"
#include "kernels/ref/table.hpp"
#include "micro/run/engine.hpp"
#include "wire/image/reader.hpp"

namespace covey::compiler {
namespace {

using onnx_import::TinyModel;
using testing::AllOf;
using testing::HasSubstr;
using Bytes = std::vector<std::byte>;

Code Outcome(const Bytes& bytes, std::string* text = nullptr) {
  DiagText diag;
  const auto graph = ImportOnnx(bytes, diag);
  Status status = graph.status();
  if (graph.ok()) status = Compile(*graph, diag).status();
  if (text != nullptr) *text = diag.Text();
  EXPECT_NE(status.ok(), !diag.Text().empty()) << status.message() << ' ' << diag.Text();
  return status.code();
}

// Compiles and runs a graph on one input.
Bytes RunOnce(const Graph& graph, const Bytes& input) {
  struct alignas(16) Chunk {
    std::byte bytes[16];
  };
  DiagText diag;
  const auto image = Compile(graph, diag);
  EXPECT_TRUE(image.ok()) << diag.Text();
  if (!image.ok()) return {};
  std::vector<Chunk> aligned(image->size() / sizeof(Chunk) + 1);
  std::memcpy(aligned.data(), image->data(), image->size());
  const auto view = wire::ImageView::Read({aligned[0].bytes, image->size()}, diag);
  std::vector<Chunk> arena(view->header().arena_bytes / sizeof(Chunk) + 1);
  auto engine = micro::Engine::Prepare(*view, kernels::RefKernels(),
                                       {arena[0].bytes, view->header().arena_bytes}, diag);
  EXPECT_TRUE(engine.ok()) << diag.Text();
  EXPECT_EQ(engine->input(0).bytes, input.size());
  std::memcpy(engine->input(0).data, input.data(), input.size());
  engine->Run();
  const TensorView output = engine->output(0);
  return {output.data, output.data + output.bytes};
}

Graph Imported(TinyModel& model, bool picture) {
  DiagText diag;
  auto graph = ImportOnnx(model.Bytes(), diag);
  EXPECT_TRUE(graph.ok()) << diag.Text();
  graph->preprocess.picture = picture;
  graph->preprocess.channels = 2;
  return *graph;
}

int AddTo(Graph& graph, const std::string& name, std::vector<int32_t> dims, Quant quant,
          DType dtype = DType::kInt8, Bytes data = {}) {
  Tensor tensor;
  tensor.name = name;
  tensor.dtype = dtype;
  tensor.dims = std::move(dims);
  tensor.quant = std::move(quant);
  if (!data.empty()) tensor.data = std::make_shared<const Bytes>(std::move(data));
  graph.tensors.push_back(std::move(tensor));
  return static_cast<int>(graph.tensors.size()) - 1;
}

Node& AddNodeTo(Graph& graph, Op op, std::vector<int> in, int out) {
  Node node;
  node.op = op;
  node.name = OpName(op);
  node.inputs = std::move(in);
  node.outputs = {out};
  graph.nodes.push_back(std::move(node));
  return graph.nodes.back();
}

// What TinyModel means, written in the IR's own terms.
Graph ByHand() {
  Graph graph;
  graph.name = "tiny";
  Bytes weights;  // (O, H, W, I) from (O, I, H, W)
  for (size_t o = 0; o < 2; ++o) {
    for (size_t tap = 0; tap < 9; ++tap) {
      for (size_t i = 0; i < 2; ++i) {
        weights.push_back(static_cast<std::byte>(TinyModel::Weight((o * 2 + i) * 9 + tap)));
      }
    }
  }
  Bytes dense;
  for (size_t i = 0; i < 6; ++i) dense.push_back(static_cast<std::byte>(TinyModel::Weight(i)));
  const int32_t bias_values[] = {40, -30};
  Bytes bias(sizeof(bias_values));
  std::memcpy(bias.data(), bias_values, sizeof(bias_values));
  const int in = AddTo(graph, "in", {1, 4, 4, 2}, {{0.25F}, {3}, -1});
  const int w = AddTo(graph, "w", {2, 3, 3, 2}, {{0.02F, 0.05F}, {0, 0}, 0}, DType::kInt8, weights);
  const int b = AddTo(graph, "b", {2}, {}, DType::kInt32, bias);
  const int conv = AddTo(graph, "conv", {1, 4, 4, 2}, {{0.5F}, {-128}, -1});
  const int pool = AddTo(graph, "pool", {1, 2}, {{0.125F}, {-128}, -1});
  const int dw =
      AddTo(graph, "dense_w", {3, 2}, {{0.03F, 0.01F, 0.02F}, {0, 0, 0}, 0}, DType::kInt8, dense);
  const int out = AddTo(graph, "out", {1, 3}, {{0.0625F}, {7}, -1});
  Window window;
  window.window_h = window.window_w = 3;
  window.padding = Padding::kSame;
  Node& first = AddNodeTo(graph, Op::kConv2D, {in, w, b}, conv);
  first.attributes = window;
  first.activation = Activation::kRelu;
  AddNodeTo(graph, Op::kMean, {conv}, pool).attributes = Reduce{{1, 2}, false};
  AddNodeTo(graph, Op::kFullyConnected, {pool, dw}, out);
  graph.inputs = {in};
  graph.outputs = {out};
  return graph;
}

Bytes SomePixels(size_t seed) {
  Bytes bytes(32);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(seed * 71 + i * 113);
  return bytes;
}

TEST(ImportOnnx, MakesOfQdqTheNetworkWrittenByHand) {
  TinyModel model;
  const Graph graph = Imported(model, true);
  for (size_t seed = 0; seed < 20; ++seed) {
    EXPECT_EQ(RunOnce(graph, SomePixels(seed)), RunOnce(ByHand(), SomePixels(seed))) << seed;
  }
}

TEST(ImportOnnx, KeepsFloatRimAndLayoutWithoutAModelToml) {
  TinyModel model;
  const Graph graph = Imported(model, false);
  const Bytes pixels = SomePixels(3);  // (H, W, C), int8
  Bytes floats(32 * sizeof(float));    // (C, H, W)
  for (size_t i = 0; i < 32; ++i) {
    const float x = 0.25F * static_cast<float>(static_cast<int8_t>(pixels[i]) - 3);
    std::memcpy(floats.data() + (i % 2 * 16 + i / 2) * sizeof(float), &x, sizeof(x));
  }
  const Bytes raw = RunOnce(ByHand(), pixels);
  const Bytes out = RunOnce(graph, floats);
  ASSERT_EQ(out.size(), 3 * sizeof(float));
  for (size_t i = 0; i < 3; ++i) {
    float x = 0;
    std::memcpy(&x, out.data() + i * sizeof(x), sizeof(x));
    EXPECT_EQ(x, 0.0625F * static_cast<float>(static_cast<int8_t>(raw[i]) - 7));
  }
}

TEST(ImportOnnx, ReadsTypedFieldsAndRawDataAlike) {
  TinyModel raw;
  TinyModel typed;
  onnx::TensorProto& w = typed.Initializer("w");
  const std::string bytes = w.raw_data();
  w.clear_raw_data();
  for (char byte : bytes) w.add_int32_data(static_cast<int8_t>(byte));
  EXPECT_EQ(RunOnce(Imported(raw, true), SomePixels(1)),
            RunOnce(Imported(typed, true), SomePixels(1)));
}

TEST(ImportOnnx, RefusesAnInitializerOfAnotherSizeThanItsDimensions) {
  TinyModel model;
  model.Initializer("w").mutable_raw_data()->pop_back();
  std::string text;
  EXPECT_EQ(Outcome(model.Bytes(), &text), Code::kDataLoss);
  EXPECT_THAT(text, AllOf(HasSubstr("initializer 'w'"), HasSubstr("35 bytes"), HasSubstr("36")));
}

TEST(ImportOnnx, RefusesHugeDimensions) {
  TinyModel model;
  model.Initializer("w").set_dims(0, int64_t{1} << 40);
  EXPECT_EQ(Outcome(model.Bytes()), Code::kDataLoss);
  TinyModel input;
  input.graph()
      .mutable_input(0)
      ->mutable_type()
      ->mutable_tensor_type()
      ->mutable_shape()
      ->mutable_dim(2)
      ->set_dim_value(1 << 30);
  EXPECT_NE(Outcome(input.Bytes()), Code::kOk);
}

TEST(ImportOnnx, RefusesDataOutsideTheFile) {
  TinyModel model;
  model.Initializer("w").set_data_location(onnx::TensorProto::EXTERNAL);
  std::string text;
  EXPECT_EQ(Outcome(model.Bytes(), &text), Code::kUnimplemented);
  EXPECT_THAT(text, AllOf(HasSubstr("initializer 'w'"), HasSubstr("another file")));
}

TEST(ImportOnnx, RefusesACycleAndAMissingInput) {
  TinyModel model;
  model.graph().mutable_node(model.graph().node_size() - 3)->set_input(0, "out");
  std::string text;
  EXPECT_EQ(Outcome(model.Bytes(), &text), Code::kDataLoss);
  EXPECT_THAT(text, AllOf(HasSubstr("Gemm 'dense'"), HasSubstr("'out'"), HasSubstr("cycle")));
}

TEST(ImportOnnx, CompileNamesAnUnsupportedOpItsTensorAndWhatIsSupported) {
  TinyModel model;
  model.Last().set_output(0, "last");
  model.AddNode("LayerNormalization", {"last"}, "out");
  std::string text;
  EXPECT_EQ(Outcome(model.Bytes(), &text), Code::kUnimplemented);
  EXPECT_THAT(text, AllOf(HasSubstr("LayerNormalization"), HasSubstr("tensor 'out' float32[1,3]"),
                          HasSubstr("supported are conv2d")));
}

TEST(ImportOnnx, RefusesEveryTruncation) {
  const Bytes whole = TinyModel().Bytes();
  for (size_t size = 0; size < whole.size(); ++size) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
    // The opset stands last: without it the network is still whole.
    EXPECT_TRUE(Outcome(cut) != Code::kOk || size + 8 >= whole.size()) << size;
  }
}

TEST(ImportOnnx, SurvivesEveryFlippedBit) {
  const Bytes whole = TinyModel().Bytes();
  for (size_t bit = 0; bit < 8 * whole.size(); bit += Stride(7)) {
    Bytes damaged = whole;
    damaged[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    (void)Outcome(damaged);
  }
}

TEST(ImportOnnx, InspectsRealFloatNetworks) {
  const auto data = DataDir();
  if (!data) GTEST_SKIP() << "COVEY_DATA: the folder of real models is absent";
  const std::pair<const char*, uint64_t> networks[] = {
      {"cifar10_resnet/resnet56.onnx", 125'485'696},
      {"imagenet/models/squeezenet1_1.onnx", 349'151'936},
      {"imagenet/models/mobilenet_v1_0.75_224.onnx", 325'400'448},
  };
  for (const auto& [file, macs] : networks) {
    DiagText diag;
    const auto graph = ImportFile(*data / file, diag);
    ASSERT_TRUE(graph.ok()) << diag.Text();
    EXPECT_EQ(Summarise(*graph).macs, macs) << file;
  }
}

// The fuzzer's seed stays readable; COVEY_SEEDS=tests/corpus writes it anew.
TEST(ImportOnnx, ReadsItsFuzzSeed) {
  const std::filesystem::path file = "import_onnx_fuzz/tiny.onnx";
  if (const char* folder = std::getenv("COVEY_SEEDS"); folder != nullptr) {
    const Bytes bytes = TinyModel().Bytes();
    std::filesystem::create_directories((folder / file).parent_path());
    std::ofstream(folder / file, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
  }
  DiagText diag;
  EXPECT_TRUE(ImportFile("tests/corpus" / file, diag).ok()) << diag.Text();
}

}  // namespace
}  // namespace covey::compiler
