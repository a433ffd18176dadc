// One pipeline on its way from one route to another.
#pragma once

#include <cstddef>
#include <cstdint>

#include "serve/space/coordinator.hpp"

namespace covey::serve {

struct Coordinator::Switch {
  uint32_t number = 0;
  size_t pipeline = 0;
  Way next{};
  int waiting = 0;         // answers
  bool room_made = false;  // the old way has gone already, for want of room
  bool short_of_room = false;
  uint8_t window = 0;  // 0: the pipeline's; halved where it does not fit
  bool over = false;
  std::string trouble{};
  uint64_t drain_until_ns = 0;
};

}  // namespace covey::serve
