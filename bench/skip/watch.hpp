// Watched runs an image over samples of its input 0, on the host by the reference kernels, and lets
// a counter look at each op before it runs.
//
//   return Watched<Counter, Zeros>(image, samples, diag);   // one Zeros an op
//
// Counter: a micro::Trace made of (image, arena, counts).
#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <vector>

#include "kernels/ref/table.hpp"
#include "micro/run/engine.hpp"

namespace covey::bench {

template <typename Counter, typename Count>
Result<std::vector<Count>> Watched(std::span<const std::byte> image,
                                   std::span<const std::byte> samples, Diag& diag) {
  struct alignas(16) Chunk {
    std::byte bytes[16];
  };
  std::vector<Chunk> bytes((image.size() + 15) / 16);
  std::memcpy(bytes.data(), image.data(), image.size());
  COVEY_TRY_ASSIGN(const wire::ImageView view,
                   wire::ImageView::Read({bytes[0].bytes, image.size()}, diag));
  const size_t size = view.header().arena_bytes;
  std::vector<Chunk> arena(size / 16 + 1);
  COVEY_TRY_ASSIGN(auto engine, micro::Engine::Prepare(view, kernels::RefKernels(),
                                                       {arena[0].bytes, size}, diag));
  std::vector<Count> counts(view.op_count());
  Counter counter(view, arena[0].bytes, counts);
  const size_t each = engine.input(0).bytes;
  for (size_t at = 0; at + each <= samples.size(); at += each) {
    std::memcpy(engine.input(0).data, samples.data() + at, each);
    engine.Run(&counter);
  }
  return counts;
}

}  // namespace covey::bench
