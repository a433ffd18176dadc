#include "wire/image/variants.hpp"

namespace covey::wire {

std::span<const std::byte> NextVariant(const ImageView& view) {
  const ImageHeader& header = view.header();
  const uint64_t end = uint64_t{header.strings_offset} + header.strings_bytes;
  const uint64_t next = (end + kImageAlign - 1) / kImageAlign * kImageAlign;
  if (next + sizeof(ImageHeader) > header.data_offset) return {};
  return view.bytes().subspan(static_cast<size_t>(next));
}

Result<std::span<const std::byte>> FindVariant(std::span<const std::byte> bytes, uint32_t number,
                                               Diag& diag) {
  for (uint32_t i = 0; i < number; ++i) {
    // The first digest covers all that follows.
    COVEY_TRY_ASSIGN(const ImageView view,
                     ImageView::Read(bytes, diag, i == 0 ? Digest::kCheck : Digest::kTrust));
    bytes = NextVariant(view);
    if (bytes.empty()) {
      diag.Report({.subject = "variant",
                   .problem = "the image has fewer variants; number",
                   .found = number,
                   .expected = i,
                   .numbers = true});
      return Status(Code::kNotFound, "image: no such variant");
    }
  }
  return bytes;
}

}  // namespace covey::wire
