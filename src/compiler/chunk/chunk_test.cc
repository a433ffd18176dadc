// Split equals whole: the four MLPerf Tiny networks, cut anywhere, give the bytes of the whole.
#include "compiler/chunk/chunk.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <numeric>

#include "compiler/passes/small_network.hpp"
#include "core/host/data_dir.hpp"
#include "core/host/diag_text.hpp"
#include "kernels/ref/table.hpp"
#include "micro/run/engine.hpp"
#include "wire/image/reader.hpp"

namespace covey::compiler {
namespace {

using Bytes = std::vector<std::byte>;

// One image, ready to run; Run takes and gives all tensors in a row.
class Piece {
 public:
  explicit Piece(const Bytes& image) : image_(image.size() / 16 + 1) {
    std::memcpy(image_.data(), image.data(), image.size());
    DiagText diag;
    auto view = wire::ImageView::Read({image_[0].bytes, image.size()}, diag);
    EXPECT_TRUE(view.ok()) << diag.Text();
    arena_.resize(view->header().arena_bytes / 16 + 1);
    auto engine = micro::Engine::Prepare(*view, kernels::RefKernels(),
                                         {arena_[0].bytes, view->header().arena_bytes}, diag);
    EXPECT_TRUE(engine.ok()) << diag.Text();
    engine_.emplace(*engine);
  }

  Bytes Run(const Bytes& input) {
    size_t at = 0;
    for (int i = 0; i < engine_->inputs(); ++i) {
      const TensorView to = engine_->input(i);
      EXPECT_LE(at + to.bytes, input.size());
      std::memcpy(to.data, input.data() + at, to.bytes);
      at += to.bytes;
    }
    EXPECT_EQ(at, input.size());
    engine_->Run();
    Bytes result;
    for (int i = 0; i < engine_->outputs(); ++i) {
      const TensorView from = engine_->output(i);
      result.insert(result.end(), from.data, from.data + from.bytes);
    }
    return result;
  }
  size_t input_bytes() const {
    size_t bytes = 0;
    for (int i = 0; i < engine_->inputs(); ++i) bytes += engine_->input(i).bytes;
    return bytes;
  }

 private:
  struct alignas(16) Word {
    std::byte bytes[16];
  };
  std::vector<Word> image_, arena_;
  std::optional<micro::Engine> engine_;
};

Bytes RunChunks(const Graph& graph, const std::vector<int>& cuts, Bytes input) {
  DiagText diag;
  const auto chunks = CompileChunks(graph, cuts, {}, diag);
  EXPECT_TRUE(chunks.ok()) << diag.Text();
  if (!chunks.ok()) return {};
  for (const Chunk& chunk : *chunks) input = Piece(chunk.image).Run(input);
  return input;
}

Bytes Random(size_t bytes, uint32_t seed) {
  std::mt19937 random(seed);
  Bytes result(bytes);
  for (std::byte& byte : result) byte = static_cast<std::byte>(random());
  return result;
}

class EveryCut : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const auto data = DataDir();
    if (!data) GTEST_SKIP() << "COVEY_DATA: the folder of real models is absent";
    DiagText diag;
    const auto graph = ImportFile(*data / "mlperf_tiny" / "models" / GetParam(), diag);
    ASSERT_TRUE(graph.ok()) << diag.Text();
    auto image = Compile(*graph, diag);
    ASSERT_TRUE(image.ok()) << diag.Text();
    whole_.emplace(*image);
    auto ready = Prepare(*graph, diag);
    ASSERT_TRUE(ready.ok()) << diag.Text();
    graph_ = *std::move(ready);
  }
  int ops() const { return static_cast<int>(graph_.nodes.size()); }

  Graph graph_;
  std::optional<Piece> whole_;
};

TEST_P(EveryCut, GivesTheBytesOfTheWhole) {
  const Bytes input = Random(whole_->input_bytes(), 7);
  const Bytes expected = whole_->Run(input);
  for (int cut = 1; cut < ops(); ++cut) {
    EXPECT_EQ(RunChunks(graph_, {cut}, input), expected) << "cut before op " << cut;
  }
}

TEST_P(EveryCut, AllAtOnceGiveTheBytesOfTheWhole) {
  std::vector<int> cuts(static_cast<size_t>(ops()) - 1);
  std::iota(cuts.begin(), cuts.end(), 1);
  for (uint32_t seed = 0; seed < 3; ++seed) {
    const Bytes input = Random(whole_->input_bytes(), seed);
    EXPECT_EQ(RunChunks(graph_, cuts, input), whole_->Run(input)) << "seed " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(MlperfTiny, EveryCut,
                         testing::Values("pretrainedResnet_quant.tflite", "kws_ref_model.tflite",
                                         "vww_96_int8.tflite", "ad01_int8.tflite"),
                         [](const auto& name) {
                           const std::string file = name.param;
                           return file.substr(0, file.find('.'));
                         });

// a -> b -> add(a, b): the skip crosses both cuts, beside what the op between them makes.
Graph Skip(SmallNetwork& net) {
  const int in = net.Input({1, 4, 4, 2});
  const int a = net.Conv(in, {.outputs = 2});
  const int b = net.Conv(a, {.outputs = 2});
  const int c = net.Op1(Op::kAdd, {a, b}, net.Like(b));
  net.graph().outputs = {c};
  net.graph().name = "skip";
  return net.graph();
}

TEST(Chunk, CarriesASkipAcrossEveryCutBetween) {
  SmallNetwork net(3);
  const Graph graph = Skip(net);
  EXPECT_EQ(LiveAcross(graph, 0), graph.inputs);
  EXPECT_EQ(LiveAcross(graph, 1).size(), 1u);
  EXPECT_EQ(LiveAcross(graph, 2).size(), 2u);
  EXPECT_EQ(LiveAcross(graph, 3), graph.outputs);
  EXPECT_EQ(CutBytes(graph, 2), 2 * 32);
  const Bytes input = Random(32, 1);
  EXPECT_EQ(RunChunks(graph, {1, 2}, input), RunChunks(graph, {}, input));
}

TEST(Chunk, PassesOnAnEarlyOutputOfTheNetwork) {
  SmallNetwork net(5);
  Graph graph = Skip(net);
  graph.outputs.insert(graph.outputs.begin(), graph.nodes[0].outputs[0]);
  const Bytes input = Random(32, 2);
  EXPECT_EQ(RunChunks(graph, {1, 2}, input), RunChunks(graph, {}, input));
}

TEST(Chunk, RefusesARangeThatIsNone) {
  SmallNetwork net(3);
  const Graph graph = Skip(net);
  for (const auto& [first, end] : {std::pair{0, 4}, {2, 2}, {-1, 2}, {3, 1}}) {
    DiagText diag;
    EXPECT_EQ(ChunkGraph(graph, first, end, diag).status().code(), Code::kInvalidArgument);
    EXPECT_NE(diag.Text().find("has ops 0 to 2"), std::string::npos) << diag.Text();
  }
}

}  // namespace
}  // namespace covey::compiler
