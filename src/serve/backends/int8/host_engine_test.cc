// Whole networks by every kernel table of this machine: the bytes of the reference, run after run,
// and by engines that share their packs.
#include "serve/backends/int8/host_engine.hpp"

#include <gtest/gtest.h>

#include <cctype>
#include <cstring>

#include "compiler/compile.hpp"
#include "core/host/diag_text.hpp"
#include "wire/image/reader.hpp"

namespace covey::serve {
namespace {

class HostEngineTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const auto graph = compiler::ImportFile(GetParam(), diag_);
    ASSERT_TRUE(graph.ok()) << diag_.Text();
    const auto image = compiler::Compile(*graph, diag_);
    ASSERT_TRUE(image.ok()) << diag_.Text();
    bytes_ = AlignedBytes(image->size());
    std::memcpy(bytes_.bytes().data(), image->data(), image->size());
    const auto view = wire::ImageView::Read(bytes_.bytes(), diag_);
    ASSERT_TRUE(view.ok()) << diag_.Text();
    view_ = *view;
  }
  std::unique_ptr<HostEngine> Prepare(const kernels::HostKernels& kernels,
                                      std::shared_ptr<const HostPacks> packs = nullptr) {
    auto engine = HostEngine::Prepare(view_, kernels, std::move(packs), diag_);
    EXPECT_TRUE(engine.ok()) << diag_.Text();
    return *std::move(engine);
  }
  // The output for pseudo-random input number `seed`.
  static std::vector<std::byte> Run(HostEngine& engine, uint32_t seed) {
    const TensorView input = engine.engine().input(0);
    uint32_t state = 0x9E3779B9 + seed;
    for (size_t i = 0; i < input.bytes; ++i) {
      state ^= state << 13, state ^= state >> 17, state ^= state << 5;
      input.data[i] = static_cast<std::byte>(state >> 8);
    }
    engine.Run();
    const TensorView output = engine.engine().output(0);
    return {output.data, output.data + output.bytes};
  }

  DiagText diag_;
  AlignedBytes bytes_;
  wire::ImageView view_;
};

TEST_P(HostEngineTest, GivesTheReferencesBytesWithEveryTable) {
  const auto reference = Prepare(kernels::RefHostKernels());
  for (const kernels::HostKernels& kernels : kernels::AllHostKernels()) {
    const auto engine = Prepare(kernels);
    for (uint32_t seed = 0; seed < 20; ++seed)
      ASSERT_EQ(Run(*engine, seed), Run(*reference, seed)) << kernels.name << " " << seed;
  }
}

TEST_P(HostEngineTest, SharesItsPacksWithTheNextEngine) {
  const kernels::HostKernels kernels = kernels::BestHostKernels();
  const auto first = Prepare(kernels);
  const auto second = Prepare(kernels, first->packs());
  EXPECT_EQ(second->packs(), first->packs());
  EXPECT_EQ(Run(*second, 1), Run(*first, 1));
}

TEST_P(HostEngineTest, GivesUpWhatIsNotWantedAndRunsAgain) {
  const auto engine = Prepare(kernels::BestHostKernels());
  const std::vector<std::byte> expected = Run(*engine, 1);
  std::atomic<bool> stop{true};
  EXPECT_FALSE(engine->Run(&stop));
  stop = false;
  EXPECT_TRUE(engine->Run(&stop));
  EXPECT_EQ(Run(*engine, 1), expected);
}

INSTANTIATE_TEST_SUITE_P(Networks, HostEngineTest,
                         testing::Values("models/shapes/device/model.onnx",
                                         "models/cifar10/lenet/int8.onnx",
                                         "models/cifar10/alexnet/int8.onnx"),
                         [](const auto& network) {
                           std::string name = network.param;
                           for (char& c : name) c = std::isalnum(c) != 0 ? c : '_';
                           return name;
                         });

}  // namespace
}  // namespace covey::serve
