// TextOut writes words into a fixed room: cut off where it ends, always ending in NUL.
//
//   char error[96];
//   TextOut(error).Add("agent: ").Add(words);
#pragma once

#include <cstddef>

namespace covey::micro {

class TextOut {
 public:
  template <size_t size>
  explicit TextOut(char (&room)[size]) : at_(room), end_(room + size - 1) {}

  TextOut& Add(const char* text) {
    while (*text != '\0' && at_ < end_) *at_++ = *text++;
    *at_ = '\0';
    return *this;
  }
  // Goes on behind what the room holds already.
  void SeekEnd() {
    while (at_ < end_ && *at_ != '\0') ++at_;
  }

 private:
  char* at_;
  char* end_;
};

inline bool Fits(const char* text, size_t room) {
  size_t size = 0;
  while (size < room && text[size] != '\0') ++size;
  return size < room;
}

}  // namespace covey::micro
