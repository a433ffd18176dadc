// Words and numbers on the console, without printf.
//
//   Print("arena "); PrintNumber(arena.size()); Print(" bytes\n");
#pragma once

#include <cstdint>

#include "core/diag.hpp"
#include "core/status.hpp"

namespace covey::board {

void Print(const char* words);
void PrintNumber(uint64_t number);
void PrintSigned(int64_t number);
// 1234567 with 6 decimals: "1.234567".
void PrintFixed(uint64_t number, int decimals);
// A JSON string with its quotes; control characters and everything outside ASCII become '?'.
void PrintQuoted(const char* words);

}  // namespace covey::board
