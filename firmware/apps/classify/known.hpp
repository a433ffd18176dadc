// Known is what the console has been told of the places, for "auto": profiles, and the forms that
// the agent's pictures may be sent in. `covey profiles FILE --for console` prints the lines.
//
//   config profile local|agent|variant1.. accuracy PERCENT LOW HIGH
//   config profile ...                    compute P50_US P90_US P99_US
//   config profile ...                    sent UP_BYTES DOWN_BYTES
//   config profile ...                    energy COMPUTE_UJ RADIO_NJ_PER_BYTE WAITING_UW
//   config form jpeg|bare:QUALITY[:420] BYTES PERCENT_KEPT
//   config profile none | config form none
//
// Memory: 450 bytes; the session's parts point into it.
#pragma once

#include "line.hpp"
#include "micro/forms/jpeg_forms.hpp"
#include "micro/session/parts.hpp"

namespace covey::classify {

class Known {
 public:
  static constexpr size_t kMostVariants = 3;

  Known() { Clear(); }
  // The words behind `config profile`, `config form`. Null, or what was expected; then nothing has
  // changed.
  const char* TakeProfile(std::span<const char* const> words);
  const char* TakeForm(std::span<const char* const> words);
  void Print() const;

  // The places that were told, for a session that opens.
  void Fill(covey_parts& parts) const;
  std::span<const micro::JpegProfile> forms() const { return {forms_, form_count_}; }

 private:
  void Clear();
  uint8_t RowOf(const char* word) const;

  // local, agent, variants
  Profile rows_[2 + kMostVariants];
  bool told_[2 + kMostVariants];
  micro::JpegProfile forms_[micro::JpegForms::kMost];
  size_t form_count_ = 0;
};

}  // namespace covey::classify
