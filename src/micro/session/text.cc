#include "micro/session/text.hpp"

namespace covey::micro {

TextOut& TextOut::Add(const char* text) {
  while (*text != '\0' && at_ < end_) *at_++ = *text++;
  *at_ = '\0';
  return *this;
}

void TextOut::SeekEnd() {
  while (at_ < end_ && *at_ != '\0') ++at_;
}

bool Fits(const char* text, size_t room) {
  size_t size = 0;
  while (size < room && text[size] != '\0') ++size;
  return size < room;
}

}  // namespace covey::micro
