#include "say.hpp"

#include "common/print.hpp"
#include "core/status.hpp"

namespace covey::classify {

using board::Print;

void PrintError(const char* found, const char* expected) {
  Print("error: found '");
  Print(found);
  Print("', expected ");
  Print(expected);
  Print("\n");
}

void PrintPair(const char* name, uint64_t value) {
  Print(" ");
  Print(name);
  Print(" ");
  board::PrintNumber(value);
}

void PrintPlace(const covey_session& session) {
  Print("place ");
  Print(covey_place(&session));
  if (const char* const model = covey_model(&session); model[0] != '\0') {
    Print(" model ");
    Print(model);
  }
  Print("\n");
}

const char* NameOf(covey_code code) { return CodeName(static_cast<Code>(code)); }

}  // namespace covey::classify
