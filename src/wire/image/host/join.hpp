// JoinVariants makes one file of several images of one model: each constant once, however many of
// them have it (variants.hpp). What comes first is what the file is to those who know of no
// variants.
//
//   COVEY_TRY_ASSIGN(std::vector<std::byte> file, JoinVariants({exact, fast, faster}, diag));
//
//   COVEY_TRY_ASSIGN(std::vector<std::byte> image, ExtractVariant(file, 2, diag));   // that alone
//
// Errors: kInvalidArgument if there is none, or if they differ in inputs and outputs; those of
// ImageView::Read.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/diag.hpp"
#include "core/status.hpp"

namespace covey::wire {

Result<std::vector<std::byte>> JoinVariants(const std::vector<std::vector<std::byte>>& images,
                                            Diag& diag);

// An ordinary image of variant `number`, without what only others need.
Result<std::vector<std::byte>> ExtractVariant(std::span<const std::byte> file, uint32_t number,
                                              Diag& diag);

// "net.covey#2" names variant 2 of net.covey; any other path means the whole file.
struct VariantPath {
  std::string file;
  std::optional<uint32_t> number{};
};
VariantPath SplitVariantPath(const std::string& path);

}  // namespace covey::wire
