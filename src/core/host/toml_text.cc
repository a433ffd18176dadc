#include "core/host/toml_text.hpp"

#include <array>
#include <cstdint>
#include <cstdio>
#include <string_view>

namespace covey {
namespace {

// The letter at `from` and the bytes it takes; none if these bytes are no UTF-8.
struct Letter {
  uint32_t point = 0;
  size_t bytes = 0;
};

Letter LetterAt(std::string_view text, size_t from) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const uint32_t first = byte(from);
  const size_t bytes = first >= 0xF0 && first < 0xF5   ? 4
                       : first >= 0xE0 && first < 0xF0 ? 3
                       : first >= 0xC2 && first < 0xE0 ? 2
                                                       : 0;
  if (bytes == 0 || from + bytes > text.size()) return {};
  uint32_t point = first & (0xFFU >> (bytes + 1));
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(from + i) & 0xC0U) != 0x80) return {};
    point = point << 6 | (byte(from + i) & 0x3FU);
  }
  constexpr std::array<uint32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = point >= 0xD800 && point < 0xE000;
  return point < kLeast[bytes] || point > 0x10FFFF || surrogate ? Letter{} : Letter{point, bytes};
}

std::string Escape(uint32_t point) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "\\U%08X", static_cast<unsigned>(point));
  return text.data();
}

// Copies a text piece by piece; what it is in decides what a letter outside of ASCII becomes.
class Copy {
 public:
  explicit Copy(std::string_view text) : text_(text) {}

  std::optional<TomlFault> Run() {
    while (at_ < text_.size() && words_.empty()) {
      if (quotes_.empty())
        Outside();
      else
        Inside();
    }
    if (words_.empty()) return {};
    return TomlFault{line_, words_};
  }
  std::string& copied() { return copied_; }

 private:
  void Take(size_t bytes) {
    for (size_t i = 0; i < bytes && at_ < text_.size(); ++i, ++at_) {
      line_ += text_[at_] == '\n' ? 1 : 0;
      copied_ += text_[at_];
    }
  }

  void Outside() {
    const char c = text_[at_];
    if (static_cast<unsigned char>(c) >= 0x80) {
      words_ = "found a letter outside of ASCII that is in no string";
    } else if (c == '#') {
      for (; at_ < text_.size() && text_[at_] != '\n'; ++at_)
        if (static_cast<unsigned char>(text_[at_]) < 0x80) copied_ += text_[at_];
    } else if (c == '"' || c == '\'') {
      const std::string three(3, c);
      quotes_ = text_.substr(at_, 3) == three ? three : std::string(1, c);
      Take(quotes_.size());
    } else {
      Take(1);
    }
  }

  void Inside() {
    const char c = text_[at_];
    if (static_cast<unsigned char>(c) >= 0x80) {
      Foreign();
    } else if (c == '\\' && quotes_[0] == '"') {
      Take(1);
      if (at_ < text_.size() && static_cast<unsigned char>(text_[at_]) < 0x80) Take(1);
    } else if (text_.substr(at_, quotes_.size()) == quotes_) {
      Take(quotes_.size());
      // As many as five may end a string of several lines: two of them are its own.
      while (quotes_.size() == 3 && at_ < text_.size() && text_[at_] == quotes_[0]) Take(1);
      quotes_.clear();
    } else if (c == '\n' && quotes_.size() == 1) {
      words_ = "found a string that does not end on its line";
    } else {
      Take(1);
    }
  }

  void Foreign() {
    const Letter letter = LetterAt(text_, at_);
    if (letter.bytes == 0) {
      words_ = "found bytes that are not UTF-8";
    } else if (quotes_[0] == '\'') {
      words_ = "found a letter outside of ASCII between '...', expected \"...\" around it";
    } else {
      copied_ += Escape(letter.point);
      at_ += letter.bytes;
    }
  }

  std::string_view text_;
  std::string copied_, quotes_, words_;
  size_t at_ = 0, line_ = 1;
};

}  // namespace

std::optional<TomlFault> AsciiToml(std::string& text) {
  Copy copy(text);
  std::optional<TomlFault> fault = copy.Run();
  if (!fault) text = std::move(copy.copied());
  return fault;
}

}  // namespace covey
