#include "core/op.hpp"

namespace covey {

const char* OpName(Op op) {
  switch (op) {
#define COVEY_OP_NAME(id, number, name) \
  case Op::id:                          \
    return name;
    COVEY_OPS(COVEY_OP_NAME)
#undef COVEY_OP_NAME
    case Op::kNone:
      break;
  }
  return "none";
}

}  // namespace covey
