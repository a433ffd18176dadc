#include "micro/run/variants.hpp"

#include "wire/image/variants.hpp"

namespace covey::micro {
namespace {

bool Remembers(const wire::ImageView& image) {
  for (uint32_t i = 0; i < image.tensor_count(); ++i) {
    if (image.View(i, nullptr).state) return true;
  }
  return false;
}

}  // namespace

Status Variants::Open(std::span<const std::byte> file, std::span<const Kernel> kernels,
                      std::span<std::byte> arena, Diag& diag) {
  count_ = 0;
  while (count_ < kMost) {
    // The first digest covers all that follows.
    const auto trust = count_ == 0 ? wire::Digest::kCheck : wire::Digest::kTrust;
    const Result<wire::ImageView> image = wire::ImageView::Read(file, diag, trust);
    if (!image.ok()) return count_ == 0 ? image.status() : OkStatus();
    const Result<Engine> engine = Engine::Prepare(*image, kernels, arena, diag);
    if (!engine.ok()) {
      if (count_ == 0) return engine.status();
    } else {
      engines_[count_] = *engine;
      pointers_[count_] = &*engines_[count_];
      ++count_;
    }
    file = wire::NextVariant(*image);
    if (file.empty() || Remembers(*image)) break;
  }
  return OkStatus();
}

}  // namespace covey::micro
