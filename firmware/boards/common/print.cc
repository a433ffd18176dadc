#include "common/print.hpp"

#include "common/board.hpp"

namespace covey::board {

void Print(const char* words) {
  for (; *words != '\0'; ++words) {
    if (*words == '\n') PutChar('\r');
    PutChar(*words);
  }
}

void PrintNumber(uint64_t number) { PrintFixed(number, 0); }

void PrintSigned(int64_t number) {
  if (number < 0) PutChar('-');
  PrintNumber(number < 0 ? 0 - static_cast<uint64_t>(number) : static_cast<uint64_t>(number));
}

void PrintFixed(uint64_t number, int decimals) {
  char digits[24];
  int count = 0;
  while (number != 0 || count <= decimals) {
    digits[count++] = static_cast<char>('0' + number % 10);
    number /= 10;
    if (count == 20) break;
  }
  while (count > 0) {
    if (count == decimals) PutChar('.');
    PutChar(digits[--count]);
  }
}

void PrintQuoted(const char* words) {
  PutChar('"');
  for (; *words != '\0'; ++words) {
    const auto c = static_cast<unsigned char>(*words);
    if (c == '"' || c == '\\') PutChar('\\');
    PutChar(c < 0x20 || c > 0x7E ? '?' : static_cast<char>(c));
  }
  PutChar('"');
}

}  // namespace covey::board
