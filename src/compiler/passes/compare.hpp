// For tests of passes: a graph compiled with and without one gives the same bytes.
//
//   ExpectSameBytes(graph, DropDeadChannels);
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include "compiler/emit.hpp"
#include "compiler/ir/check.hpp"
#include "compiler/pipeline.hpp"
#include "core/host/diag_text.hpp"
#include "kernels/ref/table.hpp"
#include "micro/run/engine.hpp"
#include "wire/image/reader.hpp"

namespace covey::compiler {

using PassFunction = Status (*)(Graph& graph, Diag& diag);

// The graph after all passes but `skip`.
inline Graph Passed(Graph graph, PassFunction skip = nullptr) {
  DiagText diag;
  EXPECT_TRUE(CheckGraph(graph, diag).ok()) << diag.Text();
  for (const Pass& pass : Pipeline()) {
    if (pass.run == skip) continue;
    EXPECT_TRUE(pass.run(graph, diag).ok()) << pass.name << ' ' << diag.Text();
  }
  EXPECT_TRUE(CheckGraph(graph, diag).ok()) << diag.Text();
  return graph;
}

// A compiled network, ready to run.
class Compiled {
 public:
  explicit Compiled(const Graph& graph, const CompileOptions& options = {}) {
    DiagText diag;
    const auto contents = Emit(graph, options, diag);
    EXPECT_TRUE(contents.ok()) << diag.Text();
    if (!contents.ok()) return;
    const std::vector<std::byte> bytes = wire::WriteImage(*contents);
    image_.resize(bytes.size() / sizeof(Chunk) + 1);
    std::memcpy(image_.data(), bytes.data(), bytes.size());
    const auto view = wire::ImageView::Read({image_[0].bytes, bytes.size()}, diag);
    EXPECT_TRUE(view.ok()) << diag.Text();
    if (!view.ok()) return;
    for (uint32_t i = 0; i < view->tensor_count(); ++i) bare_ += IsBare(view->tensor(i)) ? 1 : 0;
    arena_.resize(view->header().arena_bytes / sizeof(Chunk) + 1);
    auto engine = micro::Engine::Prepare(*view, kernels::RefKernels(),
                                         {arena_[0].bytes, view->header().arena_bytes}, diag);
    EXPECT_TRUE(engine.ok()) << diag.Text();
    if (engine.ok()) engine_ = std::make_unique<micro::Engine>(*engine);
  }

  bool ok() const { return engine_ != nullptr; }
  // Convolutions whose weights stand in lists alone.
  int bare() const { return bare_; }
  size_t image_bytes() const { return image_.size() * sizeof(Chunk); }
  // All outputs, one after the other; byte i of all inputs comes from `next`.
  template <typename Next>
  std::vector<std::byte> Run(Next next) {
    for (int i = 0; i < engine_->inputs(); ++i) {
      const auto input = engine_->input(i);
      for (size_t at = 0; at < input.bytes; ++at) input.data[at] = static_cast<std::byte>(next());
    }
    engine_->Run();
    std::vector<std::byte> result;
    for (int i = 0; i < engine_->outputs(); ++i) {
      const auto output = engine_->output(i);
      result.insert(result.end(), output.data, output.data + output.bytes);
    }
    return result;
  }

 private:
  struct alignas(16) Chunk {
    std::byte bytes[16];
  };
  std::vector<Chunk> image_, arena_;
  int bare_ = 0;
  std::unique_ptr<micro::Engine> engine_;
};

// With and without the pass, on random and extreme inputs.
inline void ExpectSameBytes(const Graph& graph, PassFunction pass) {
  Compiled whole(Passed(graph, pass)), less(Passed(graph));
  ASSERT_TRUE(whole.ok() && less.ok());
  for (uint32_t i = 0; i < 4; ++i) {
    const auto random = [state = std::minstd_rand(i + 1)]() mutable { return state() >> 8; };
    const auto extreme = [state = std::minstd_rand(i + 9)]() mutable {
      return (state() >> 8 & 1) != 0 ? 0x7F : 0x80;
    };
    EXPECT_EQ(whole.Run(random), less.Run(random));
    EXPECT_EQ(whole.Run(extreme), less.Run(extreme));
  }
  for (int value : {0x80, 0x7F, 0}) {
    const auto same = [value] { return value; };
    EXPECT_EQ(whole.Run(same), less.Run(same)) << value;
  }
}

}  // namespace covey::compiler
