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

  TextOut& Add(const char* text);
  // Goes on behind what the room holds already.
  void SeekEnd();

 private:
  char* at_;
  char* end_;
};

bool Fits(const char* text, size_t room);

}  // namespace covey::micro
