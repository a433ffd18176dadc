#include "line.hpp"

#include "common/print.hpp"

namespace covey::classify {

namespace {
constexpr uint32_t kOneHundredPercent = 10'000;
}
namespace {
constexpr char kBackspace = 0x08, kDelete = 0x7F, kCancel = 0x15;  // Ctrl-U drops the line
}  // namespace

bool Line::Take(char c) {
  if (complete_) {
    complete_ = too_long_ = false;
    size_ = 0;
  }
  // "\r\n" ends one line, not two.
  if (c == '\n' && after_return_) {
    after_return_ = false;
    return false;
  }
  after_return_ = c == '\r';
  if (c == '\r' || c == '\n') {
    Echo("\n");
    Split();
    complete_ = true;
    return true;
  }
  if (c == kBackspace || c == kDelete) {
    Erase();
  } else if (c == kCancel) {
    while (size_ > 0) Erase();
    too_long_ = false;
  } else if (size_ == kMaxBytes) {
    too_long_ = true;
  } else if (c == '\t' || (c >= ' ' && c < kDelete)) {
    text_[size_++] = c == '\t' ? ' ' : c;
    const char shown[] = {c == '\t' ? ' ' : c, '\0'};
    Echo(shown);
  }
  return false;
}

void Line::Echo(const char* text) const {
  if (echo_) board::Print(text);
}

void Line::Erase() {
  if (size_ == 0) return;
  --size_;
  Echo("\b \b");
}

void Line::Split() {
  text_[size_] = '\0';
  count_ = 0;
  bool inside = false;
  for (size_t i = 0; i < size_; ++i) {
    if (text_[i] == ' ') {
      text_[i] = '\0';
      inside = false;
    } else if (!inside && count_ < kMaxWords) {
      words_[count_++] = text_ + i;
      inside = true;
    }
  }
}

bool ParseNumber(const char* text, uint32_t max, uint32_t& number) {
  uint64_t value = 0;
  if (*text == '\0') return false;
  for (; *text != '\0'; ++text) {
    if (*text < '0' || *text > '9') return false;
    value = value * 10 + static_cast<uint64_t>(*text - '0');
    if (value > max) return false;
  }
  number = static_cast<uint32_t>(value);
  return true;
}

bool ParsePercent(const char* text, uint16_t& part) {
  uint32_t value = 0;
  int decimals = -1;  // before the point
  if (*text == '.') return false;
  for (; *text != '\0'; ++text) {
    if (*text == '.' && decimals < 0) {
      decimals = 0;
      continue;
    }
    if (*text < '0' || *text > '9' || decimals == 2 || value > kOneHundredPercent) return false;
    value = value * 10 + static_cast<uint32_t>(*text - '0');
    if (decimals >= 0) ++decimals;
  }
  if (decimals == 0) return false;  // "99."
  for (int i = decimals < 0 ? 0 : decimals; i < 2; ++i) value *= 10;
  part = static_cast<uint16_t>(value);
  return value <= kOneHundredPercent;
}

bool Same(const char* a, const char* b) {
  while (*a != '\0' && *a == *b) {
    ++a;
    ++b;
  }
  return *a == *b;
}

}  // namespace covey::classify
