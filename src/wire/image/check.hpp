// CheckImage looks at every byte of a model image that a reader will rely on; ImageView::Read is
// the way in. Header first (what kind of file, which sections), then the digest, then the records.
//
// Errors: as ImageView::Read. Exact: no loop runs longer than the image is large.
#pragma once

#include <cstddef>
#include <span>

#include "core/diag.hpp"
#include "core/status.hpp"
#include "wire/image/reader.hpp"

namespace covey::wire {

Status CheckImage(std::span<const std::byte> bytes, Diag& diag, Digest digest);

// The steps, in order. Each may rely on those before it.
Status CheckHeader(std::span<const std::byte> bytes, Diag& diag);
Status CheckDigest(std::span<const std::byte> bytes, Diag& diag);
Status CheckTensors(const ImageHeader& header, Diag& diag);
Status CheckOps(const ImageHeader& header, Diag& diag);

// A section of the image whose header has been checked.
template <typename T>
const T* Section(const ImageHeader& header, uint32_t offset) {
  return reinterpret_cast<const T*>(reinterpret_cast<const std::byte*>(&header) + offset);
}

}  // namespace covey::wire
