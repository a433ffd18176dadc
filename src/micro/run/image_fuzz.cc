// Any bytes as a model image: read with and without the digest, prepare, run. Whatever passes Read
// and Prepare must run within bounds.
#include <cstring>
#include <new>

#include "kernels/ref/table.hpp"
#include "micro/run/engine.hpp"

namespace {

constexpr size_t kArenaBytes = 1 << 14;  // small: a run's time grows with it

void Try(std::span<const std::byte> bytes, covey::wire::Digest digest) {
  covey::NoDiag diag;
  const auto image = covey::wire::ImageView::Read(bytes, diag, digest);
  if (!image.ok() || image->header().arena_bytes > kArenaBytes) return;
  // Of exactly the size the image states, so that a byte too far shows.
  const size_t size = image->header().arena_bytes;
  auto* arena = static_cast<std::byte*>(::operator new (size, std::align_val_t{16}));
  std::memset(arena, 0x33, size);
  auto engine =
      covey::micro::Engine::Prepare(*image, covey::kernels::RefKernels(), {arena, size}, diag);
  if (engine.ok()) engine->Run();
  ::operator delete (arena, std::align_val_t{16});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto* image = static_cast<std::byte*>(::operator new (size, std::align_val_t{16}));
  if (size != 0) std::memcpy(image, data, size);
  Try({image, size}, covey::wire::Digest::kTrust);
  Try({image, size}, covey::wire::Digest::kCheck);
  ::operator delete (image, std::align_val_t{16});
  return 0;
}
