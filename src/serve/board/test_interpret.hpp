// What the reference kernels make of a model image on this machine, for tests that compare boards
// with it.
//
//   EXPECT_EQ(run.outputs, test::Interpret(image, inputs));
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>
#include <span>
#include <vector>

#include "core/host/diag_text.hpp"
#include "kernels/ref/table.hpp"
#include "micro/run/engine.hpp"
#include "wire/image/reader.hpp"

namespace covey::serve::test {

struct alignas(16) Chunk {
  std::byte bytes[16];
};

// Samples one after the other, each the bytes of all inputs; the same of outputs.
inline std::vector<std::byte> Interpret(std::span<const std::byte> image,
                                        std::span<const std::byte> inputs) {
  DiagText diag;
  std::vector<Chunk> copy(image.size() / sizeof(Chunk) + 1);
  std::memcpy(copy[0].bytes, image.data(), image.size());
  const auto view = wire::ImageView::Read({copy[0].bytes, image.size()}, diag);
  EXPECT_TRUE(view.ok()) << diag.Text();
  if (!view.ok()) return {};
  const size_t arena_bytes = view->header().arena_bytes;
  std::vector<Chunk> arena(arena_bytes / sizeof(Chunk) + 1);
  auto engine =
      micro::Engine::Prepare(*view, kernels::RefKernels(), {arena[0].bytes, arena_bytes}, diag);
  EXPECT_TRUE(engine.ok()) << diag.Text();
  if (!engine.ok()) return {};
  std::vector<std::byte> outputs;
  for (size_t at = 0; at < inputs.size();) {
    for (int i = 0; i < engine->inputs(); ++i) {
      const TensorView input = engine->input(i);
      std::memcpy(input.data, inputs.data() + at, input.bytes);
      at += input.bytes;
    }
    engine->Run();
    for (int i = 0; i < engine->outputs(); ++i) {
      const TensorView out = engine->output(i);
      outputs.insert(outputs.end(), out.data, out.data + out.bytes);
    }
  }
  return outputs;
}

}  // namespace covey::serve::test
