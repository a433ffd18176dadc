#include "known.hpp"

#include "common/print.hpp"
#include "core/text.hpp"

namespace covey::classify {

using board::Print;
using board::PrintNumber;
using Words = std::span<const char* const>;

namespace {

constexpr uint8_t kLocal = 0, kAgent = 1, kFirstVariant = 2, kNone = 255;
constexpr const char* kRows[] = {"local", "agent", "variant1", "variant2", "variant3"};
// As a session without profiles takes them to be.
constexpr uint16_t kUsual[] = {8'900, 9'100, 8'800, 8'800, 8'800};
constexpr char kFormExpected[] =
    "none, or jpeg:1..100[:420] or bare:1..100[:420], bytes, per cent kept";

bool Numbers(Words words, std::span<uint32_t> numbers) {
  if (words.size() != numbers.size()) return false;
  for (size_t i = 0; i < words.size(); ++i)
    if (!ParseNumber(words[i], UINT32_MAX, numbers[i])) return false;
  return true;
}

// "PERCENT", or "PERCENT LOW HIGH".
bool ParseShare(Words words, Share& share) {
  Share read;
  if (words.size() != 1 && words.size() != 3) return false;
  if (!ParsePercent(words[0], read.mid)) return false;
  if (words.size() == 3 &&
      (!ParsePercent(words[1], read.low) || !ParsePercent(words[2], read.high)))
    return false;
  if (read.low > read.mid || read.mid > read.high) return false;
  share = read;
  return true;
}

// "jpeg:80:420", "bare:97"
bool ParseForm(const char* text, micro::JpegProfile& form) {
  form.bare = *text == 'b';
  for (const char* c = form.bare ? "bare:" : "jpeg:"; *c != '\0'; ++c)
    if (*text++ != *c) return false;
  uint32_t quality = 0;
  while (*text >= '0' && *text <= '9' && quality <= 100)
    quality = quality * 10 + static_cast<uint32_t>(*text++ - '0');
  form.quality = static_cast<uint8_t>(quality);
  form.half_colours = Same(text, ":420");
  return quality >= 1 && quality <= 100 && (form.half_colours || *text == '\0');
}

void PrintPercent(uint16_t part) {
  Print(" ");
  board::PrintFixed(part, 2);
}

void PrintNumbers(const char* name, std::span<const uint32_t> numbers) {
  Print(name);
  for (const uint32_t number : numbers) {
    Print(" ");
    PrintNumber(number);
  }
}

}  // namespace

void Known::Clear() {
  for (uint8_t i = 0; i < std::size(rows_); ++i) {
    rows_[i] = {.place = i == kAgent ? PlaceKind::kAgent : PlaceKind::kLocal,
                .accuracy = {0, kUsual[i], kOne},
                .approximate = i >= kFirstVariant};
    told_[i] = false;
  }
}

uint8_t Known::RowOf(const char* word) const {
  for (uint8_t i = 0; i < std::size(kRows); ++i)
    if (Same(word, kRows[i])) return i;
  return kNone;
}

const char* Known::TakeProfile(Words words) {
  if (words.size() == 1 && Same(words[0], "none")) {
    Clear();
    return nullptr;
  }
  const uint8_t row = words.empty() ? kNone : RowOf(words[0]);
  if (row == kNone) return "none, local, agent or variant1 to variant3";
  const char* const what = words.size() > 1 ? words[1] : "";
  const Words rest = words.subspan(words.size() > 1 ? 2 : words.size());
  Profile& profile = rows_[row];
  uint32_t n[3] = {};
  if (Same(what, "accuracy")) {
    if (!ParseShare(rest, profile.accuracy)) return "accuracy PERCENT [LOW HIGH], around PERCENT";
  } else if (Same(what, "compute")) {
    if (!Numbers(rest, n) || n[0] > n[1] || n[1] > n[2])
      return "compute P50 P90 P99, in microseconds, rising";
    profile.compute = {n[0], n[1], n[2]};
  } else if (Same(what, "sent")) {
    if (!Numbers(rest, std::span(n).first(2))) return "sent UP DOWN, in bytes";
    profile.up_bytes = n[0];
    profile.down_bytes = n[1];
  } else if (Same(what, "energy")) {
    if (!Numbers(rest, n)) return "energy COMPUTE_UJ RADIO_NJ_PER_BYTE WAITING_UW";
    profile.energy_uj = n[0];
    profile.energy_nj_per_byte = n[1];
    profile.wait_uw = n[2];
  } else {
    return "accuracy, compute, sent or energy";
  }
  told_[row] = true;
  return nullptr;
}

const char* Known::TakeForm(Words words) {
  if (words.size() == 1 && Same(words[0], "none")) {
    form_count_ = 0;
    return nullptr;
  }
  micro::JpegProfile form;
  if (words.size() != 3 || !ParseForm(words[0], form) ||
      !ParseNumber(words[1], UINT32_MAX, form.bytes) || form.bytes == 0 ||
      !ParsePercent(words[2], form.agrees))
    return kFormExpected;
  for (size_t i = 0; i < form_count_; ++i) {
    if (forms_[i].quality != form.quality || forms_[i].half_colours != form.half_colours ||
        forms_[i].bare != form.bare)
      continue;
    forms_[i] = form;
    return nullptr;
  }
  if (form_count_ == std::size(forms_)) return "at most 8 forms; begin again with config form none";
  forms_[form_count_++] = form;
  return nullptr;
}

void Known::Fill(covey_parts& parts) const {
  parts.local = told_[kLocal] ? &rows_[kLocal] : nullptr;
  parts.agent = told_[kAgent] ? &rows_[kAgent] : nullptr;
  size_t variants = kMostVariants;
  while (variants > 0 && !told_[kFirstVariant + variants - 1]) --variants;
  parts.variant_profiles = std::span(rows_).subspan(kFirstVariant, variants);
}

void Known::Print() const {
  for (size_t i = 0; i < std::size(rows_); ++i) {
    if (!told_[i]) continue;
    const Profile& row = rows_[i];
    board::Print("profile ");
    board::Print(kRows[i]);
    board::Print(" accuracy");
    for (const uint16_t part : {row.accuracy.mid, row.accuracy.low, row.accuracy.high})
      PrintPercent(part);
    const uint32_t compute[] = {row.compute.p50_us, row.compute.p90_us, row.compute.p99_us};
    const uint32_t sent[] = {row.up_bytes, row.down_bytes};
    const uint32_t energy[] = {row.energy_uj, row.energy_nj_per_byte, row.wait_uw};
    PrintNumbers(" compute", compute);
    PrintNumbers(" sent", sent);
    PrintNumbers(" energy", energy);
    board::Print("\n");
  }
  for (const micro::JpegProfile& form : forms()) {
    board::Print(form.bare ? "form bare:" : "form jpeg:");
    PrintNumber(form.quality);
    if (form.half_colours) board::Print(":420");
    board::Print(" bytes ");
    PrintNumber(form.bytes);
    board::Print(" kept");
    PrintPercent(form.agrees);
    board::Print("\n");
  }
}

}  // namespace covey::classify
