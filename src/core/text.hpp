// Text is a short message built on the stack, for a Finding: words and numbers, no printf.
//
//   Text<48> subject;
//   subject.Add("image tensor ").AddNumber(7);
//   diag.Report({.subject = subject.c_str(), .problem = "rank is too large"});
//
// Memory: N bytes; what does not fit is cut off.
#pragma once

#include <cstddef>
#include <cstdint>

namespace covey {

template <size_t N>
class Text {
 public:
  Text& Add(const char* words) {
    for (; *words != '\0'; ++words) Put(*words);
    return *this;
  }

  Text& AddNumber(int64_t number) {
    char digits[20];
    int count = 0;
    uint64_t rest = number < 0 ? 0 - static_cast<uint64_t>(number) : static_cast<uint64_t>(number);
    do {
      digits[count++] = static_cast<char>('0' + rest % 10);
      rest /= 10;
    } while (rest != 0);
    if (number < 0) Put('-');
    while (count > 0) Put(digits[--count]);
    return *this;
  }

  const char* c_str() const { return text_; }

 private:
  void Put(char c) {
    if (size_ + 1 < N) text_[size_++] = c;
  }

  char text_[N] = {};
  size_t size_ = 0;
};

}  // namespace covey
