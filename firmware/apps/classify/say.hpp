// What the console's answers have in common.
//
//   PrintError("fast", "latency, accuracy or energy");
//   PrintPair("arena_bytes", 39168);                     // " arena_bytes 39168"
#pragma once

#include <cstdint>

#include "covey/micro.h"

namespace covey::classify {

void PrintError(const char* found, const char* expected);
void PrintPair(const char* name, uint64_t value);
// "place agent tcp://10.0.2.2:7700 model resnet56" and a new line.
void PrintPlace(const covey_session& session);
const char* NameOf(covey_code code);

}  // namespace covey::classify
