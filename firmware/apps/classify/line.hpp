// Line collects what is typed on the console until the end of a line; its words follow.
//
//   Line line(/*echo=*/true);
//   if (line.Take(c)) Run(line.words());
//
// Memory: 128 bytes; a longer line is refused as a whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace covey::classify {

class Line {
 public:
  static constexpr size_t kMaxBytes = 127;
  static constexpr size_t kMaxWords = 8;

  explicit Line(bool echo) : echo_(echo) {}

  // True if the line is complete; it is then valid until the next call.
  bool Take(char c);
  bool too_long() const { return too_long_; }
  std::span<const char* const> words() const { return {words_, count_}; }

 private:
  void Echo(const char* text) const;
  void Erase();
  void Split();

  bool echo_;
  bool complete_ = false;
  bool too_long_ = false;
  bool after_return_ = false;
  size_t size_ = 0;
  char text_[kMaxBytes + 1] = {};
  const char* words_[kMaxWords] = {};
  size_t count_ = 0;
};

// "123" -> 123; false for anything else and above `max`.
bool ParseNumber(const char* text, uint32_t max, uint32_t& number);
// "99", "99.5", "99.25" -> of 10,000; false for anything else and above 100.
bool ParsePercent(const char* text, uint16_t& part);
bool Same(const char* a, const char* b);

}  // namespace covey::classify
