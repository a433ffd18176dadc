// Variants are images of one model that share their constants: heads one after the other, then one
// data section for all (docs/spec/image.md). The bytes from any head to the end are an ordinary
// image; the first is what those who know nothing of variants run.
//
//   COVEY_TRY_ASSIGN(ImageView view, ImageView::Read(bytes, diag));
//   while (std::span<const std::byte> next = NextVariant(view); !next.empty()) ...Read(next, diag)
//
// Memory: borrows, as the view does.
#pragma once

#include "wire/image/reader.hpp"

namespace covey::wire {

// The bytes of the next variant, not checked yet: what lies between an image's strings and its
// data, if that is more than alignment. Empty: none.
std::span<const std::byte> NextVariant(const ImageView& view);

// The bytes of variant `number`, 0 being the whole; the ones before it are checked. kNotFound if
// there are fewer.
Result<std::span<const std::byte>> FindVariant(std::span<const std::byte> bytes, uint32_t number,
                                               Diag& diag);

}  // namespace covey::wire
