// What a generated network looks like to the app that measures it: functions and numbers with C
// linkage, which src/serve/board/build.cc writes around the generated code.
#pragma once

#include <cstdint>

extern "C" {
extern const uint32_t covey_arena_bytes;
extern const uint32_t covey_inputs, covey_outputs;  // how many
extern const uint32_t covey_tensor_bytes[];         // inputs, then outputs
void* covey_tensor(uint32_t index);
void covey_run();
// The generated code's hook: called after each op, if it was built to.
void covey_after_op(int op);
}
